"""Whole deliveries that mutations begin with, in each format and in each way of writing it."""

import gzip
import io
import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.worlds.app_deliveries import SESSION, SESSION_COLUMNS, content
from tests.worlds.city_databases import NETWORKS, city, write_database
from tests.worlds.ga4_delivery import as_bigquery_json, event, parameter, write_parquet

SESSIONS: list[dict[str, str | None]] = [
    SESSION,
    {**SESSION, "session_id": "00123", "user_id": "2697787.2422183099"},
    {**SESSION, "session_id": 'quoted "once", twice', "ended_at": None, "platform": "tv\nbox"},
    {**SESSION, "session_id": "s4", "started_at": "2026-10-20 10:00:00.123456789+0200", "ip_address": "2001:db8::1"},
    {**SESSION, "session_id": "s5", "user_id": None, "ip_address": "::ffff:192.0.2.7", "platform": None},
    {**SESSION, "session_id": "s6", "started_at": "2026-10-20T10:00Z", "ended_at": "2026-10-20T09:00Z"},
    {**SESSION, "session_id": "sé😀", "started_at": "2099-01-01T00:00:00Z", "ip_address": "no address"},
]
EVENTS: list[dict[str, Any]] = [
    event(),
    event("2026-10-07T10:00:00+00:00", user_id="anna", geo={"country": "France", "region": "Brittany"}),
    event("2026-10-07T11:00:00+00:00", privacy_info={"analytics_storage": "No"}, user_pseudo_id=None),
    event(None, event_params=[parameter("ga_session_id", "GS2.1.s1747075570$o5$g1")], device=None, geo=None),
]


@cache
def seeds() -> dict[str, list[bytes]]:
    """Contents by the reader that they are for."""
    csv = [
        content("csv", SESSIONS, SESSION_COLUMNS),
        content("csv", SESSIONS, SESSION_COLUMNS).replace(b"\r\n", b"\n"),
        b"\xef\xbb\xbf" + content("csv", SESSIONS, [*SESSION_COLUMNS[::-1]]),
        # Members of the kind that interpreters read differently: a stray quote, a field more, a line that is cut.
        ",".join(SESSION_COLUMNS).encode()
        + b'\ns1,u1,2026-10-20T10:00:00Z,,192.0.2.7,ios,extra\ns2,"u2"x,2026-10-20T10:00:00Z,,,\n'
        + b's3,u3,2026-10-20T10:00:00Z,,"192.0.2.7\n\n\n,,,,,\n"s4",u4,2026-10-20T10:00:00Z,,,"\r\n"\ns5,u5,2026-1',
    ]
    lines = [content("jsonl", SESSIONS, SESSION_COLUMNS), _lines(SESSIONS, numbers=True)]
    events = [_event_lines(EVENTS), _event_lines([as_bigquery_json(record) for record in EVENTS])]
    parquet = _app_parquet()
    with TemporaryDirectory() as name:
        folder = Path(name)
        ga4_parquet = [
            write_parquet(folder / "events.parquet", EVENTS, nesting).read_bytes() for nesting in ("plain", "bigquery")
        ]
        databases = [
            write_database(folder / "a.mmdb").read_bytes(),
            write_database(folder / "b.mmdb", [("10.0.0.0/8", city("NL", "NH"))], version=4).read_bytes(),
            write_database(folder / "c.mmdb", NETWORKS[:4]).read_bytes(),
        ]
    return {
        "csv": csv,
        "json lines": lines,
        "parquet": parquet,
        "csv.gz": [gzip.compress(text, mtime=0) for text in csv],
        "json lines.gz": [gzip.compress(text, mtime=0) for text in lines],
        "parquet.gz": [gzip.compress(file, mtime=0) for file in parquet],
        "ga4 json": events,
        "ga4 json.gz": [gzip.compress(text, mtime=0) for text in events],
        "ga4 parquet": ga4_parquet,
        "city database": databases,
        "config": [CONFIG.encode()],
    }


CONFIG = """home = "var"
[app]
files = "landing/app"
ignore = ["sessions/*.tmp", "old.csv"]
[ga4.export]
files = "landing/ga4"
consent_basis = "consent_mode"
[geo]
mmdb = "city.mmdb"
[policy]
directory = "policy"
[[destination]]
name = "copy"
folder = "published"
"""


def _lines(rows: list[dict[str, str | None]], numbers: bool) -> bytes:
    written = "".join(json.dumps(row, ensure_ascii=not numbers) + "\n" for row in rows)
    return written.replace('"00123"', "123.50").replace('"2697787.2422183099"', "2697787.2422183099").encode()


def _event_lines(records: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def _app_parquet() -> list[bytes]:
    texts = {name: [row[name] for row in SESSIONS] for name in SESSION_COLUMNS}
    table = pa.table({name: pa.array(values, pa.string()) for name, values in texts.items()})
    typed = table.set_column(2, "started_at", pa.array([1_792_483_200_000_000_000] * len(SESSIONS), _TIME))
    typed = typed.set_column(3, "ended_at", pa.nulls(len(SESSIONS)))
    wide = pa.concat_tables([table] * 60)
    files = []
    for made, options in (
        (table, {"compression": "none", "use_dictionary": False}),
        (typed, {"compression": "snappy"}),
        (wide, {"compression": "zstd", "data_page_size": 256, "row_group_size": 100}),
        (wide, {"compression": "gzip", "data_page_version": "2.0", "column_encoding": "DELTA_BYTE_ARRAY",
                "use_dictionary": False}),
        (table, {"compression": "lz4", "store_schema": False}),
    ):  # fmt: skip
        buffer = io.BytesIO()
        pq.write_table(made, buffer, **options)
        files.append(buffer.getvalue())
    return files


_TIME = pa.timestamp("ns", "UTC")
