"""GA4 day files made by hand for tests, in the full current schema, and a reading of them."""

import copy
import gzip
import io
import itertools
import json
from collections.abc import Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq

from home.duck import open_duckdb
from home.layout import Home
from home.settings.settings import Ga4ExportSource
from ingestion.ga4.source import read_ga4_events
from policy.policy import load_policy

CANARY = "https://app.example/me?email=canary%40example.org"
AS_OF = datetime(2026, 10, 20, tzinfo=UTC)


BATCH = ("page_id", "ordering_id", "event_index")
BUNDLES = itertools.count(1)
"""Each event that is made is another one."""


def micros(text: str) -> int:
    """An ISO 8601 instant as microseconds since 1970."""
    return round((datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1_000_000)


def parameter(key: str, string: str | None = None, whole: int | None = None) -> dict[str, Any]:
    value = {"string_value": string, "int_value": whole, "float_value": None, "double_value": None}
    return {"key": key, "value": value}


def event(at: str | int | None = "2026-10-07T12:00:00+00:00", **changes: Any) -> dict[str, Any]:
    """One event with all 30 fields of the schema; `changes` replace top-level fields."""
    record = {
        "event_date": "20261007",
        "event_timestamp": micros(at) if isinstance(at, str) else at,
        "event_name": "page_view",
        "event_params": [
            parameter("page_location", CANARY),
            parameter("ga_session_id", whole=1759838400),
            parameter("session_engaged", "1"),
            parameter("engagement_time_msec", whole=1500),
        ],
        "event_previous_timestamp": None,
        "event_value_in_usd": None,
        "event_bundle_sequence_id": next(BUNDLES),
        "event_server_timestamp_offset": None,
        "user_id": None,
        "user_pseudo_id": "2697787.2422183099",
        "privacy_info": {"analytics_storage": "Yes", "ads_storage": "No", "uses_transient_token": "No"},
        "user_properties": [{"key": "plan", "value": {"string_value": CANARY, "set_timestamp_micros": 1}}],
        "user_first_touch_timestamp": 1,
        "user_ltv": {"revenue": 0.0, "currency": "EUR"},
        "device": {"category": "mobile", "mobile_model_name": CANARY, "web_info": {"browser": "Chrome"}},
        "geo": {"city": CANARY, "country": "Netherlands", "region": "Utrecht", "metro": "(not set)"},
        "app_info": None,
        "traffic_source": {"name": "(direct)", "medium": "(none)", "source": "(direct)"},
        "stream_id": "1234567890",
        "platform": "WEB",
        "event_dimensions": None,
        "ecommerce": {"purchase_revenue": 1.5, "transaction_id": CANARY},
        "items": [{"item_id": "1", "item_params": [parameter("x", CANARY)]}],
        "collected_traffic_source": {"manual_source": "news", "gclid": CANARY},
        "is_active_user": True,
        "batch_event_index": 1,
        "batch_page_id": 1,
        "batch_ordering_id": 1,
        "session_traffic_source_last_click": {"manual_campaign": {"source": "news"}},
        "publisher": {"ad_revenue_in_usd": 0.1},
    }
    assert len(record) == 30
    return copy.deepcopy(record | changes)


def as_bigquery_json(value: Any) -> Any:
    """BigQuery's JSON: whole numbers as text, and no fields without a value."""
    if isinstance(value, dict):
        return {key: as_bigquery_json(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [as_bigquery_json(item) for item in value]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def write_lines(path: Path, lines: Sequence[str | dict[str, Any]], newline: str = "\n") -> Path:
    text = "".join((line if isinstance(line, str) else json.dumps(line)) + newline for line in lines)
    content = text.encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


VALUE = pa.struct([
    ("string_value", pa.string()), ("int_value", pa.int64()),
    ("float_value", pa.float64()), ("double_value", pa.float64()),
])  # fmt: skip
PARAMETER = pa.struct([("key", pa.string()), ("value", VALUE)])
TYPES = {
    "event_timestamp": pa.int64(),
    "user_pseudo_id": pa.string(),
    "user_id": pa.string(),
    "stream_id": pa.string(),
    "event_name": pa.string(),
    "event_params": pa.list_(PARAMETER),
    "geo": pa.struct([("city", pa.string()), ("country", pa.string()), ("region", pa.string())]),
    "device": pa.struct([("category", pa.string()), ("mobile_model_name", pa.string())]),
    "privacy_info": pa.struct([("analytics_storage", pa.string()), ("ads_storage", pa.string())]),
}
LIST_IN_BIGQUERY = pa.struct([("list", pa.list_(pa.struct([("element", PARAMETER)])))])


def write_parquet(path: Path, events: list[dict[str, Any]], nesting: str = "plain", **types: pa.DataType) -> Path:
    columns = {}
    for name in {name: None for record in events for name in record} if events else dict.fromkeys(TYPES):
        values = [record.get(name) for record in events]
        kind = types.get(name, TYPES.get(name))
        if name == "event_params" and nesting == "bigquery" and "event_params" not in types:
            kind = LIST_IN_BIGQUERY
            values = [None if items is None else {"list": [{"element": item} for item in items]} for items in values]
        columns[name] = pa.array(values, kind)
    plain = path.with_suffix("") if path.suffix == ".gz" else path
    pq.write_table(pa.table(columns), plain)
    if plain != path:
        path.write_bytes(gzip.compress(plain.read_bytes()))
        plain.unlink()
    return path


def _nullable(name: str, kind: object) -> dict[str, Any]:
    return {"name": name, "type": ["null", kind], "default": None}


def _avro_record(name: str, *fields: dict[str, Any], space: str = "root") -> dict[str, Any]:
    return {"type": "record", "name": name, "namespace": space, "fields": list(fields)}


#: As BigQuery writes it: each field may be null, a repeated one is an array.
AVRO_SCHEMA = _avro_record(
    "Root",
    *(
        _nullable(name, "long")
        for name in ("event_timestamp", *(f"batch_{w}" for w in BATCH), "event_bundle_sequence_id")
    ),
    *(_nullable(name, "string") for name in ("user_pseudo_id", "user_id", "stream_id", "event_name", "platform")),
    {
        "name": "event_params",
        "type": {
            "type": "array",
            "items": _avro_record(
                "Event_params",
                _nullable("key", "string"),
                _nullable(
                    "value",
                    _avro_record(
                        "Value",
                        _nullable("string_value", "string"),
                        _nullable("int_value", "long"),
                        _nullable("float_value", "double"),
                        _nullable("double_value", "double"),
                        space="root.event_params",
                    ),
                ),
            ),
        },
    },
    _nullable("geo", _avro_record("Geo", *(_nullable(name, "string") for name in ("city", "country", "region")))),
    _nullable(
        "device", _avro_record("Device", *(_nullable(name, "string") for name in ("category", "mobile_model_name")))
    ),
    _nullable(
        "privacy_info",
        _avro_record("Privacy_info", *(_nullable(n, "string") for n in ("analytics_storage", "ads_storage"))),
    ),
)


def write_avro(path: Path, events: list[dict[str, Any]], codec: str = "snappy") -> Path:
    """The events as BigQuery's Avro, in blocks of some records."""
    names = [field["name"] for field in AVRO_SCHEMA["fields"]]
    rows = [
        {name: record.get(name) or ([] if name == "event_params" else record.get(name)) for name in names}
        for record in events
    ]
    content = io.BytesIO()
    fastavro.writer(content, AVRO_SCHEMA, rows, codec=codec, sync_interval=4_000, strict=False)
    path.write_bytes(gzip.compress(content.getvalue()) if path.suffix == ".gz" else content.getvalue())
    return path


@contextmanager
def reading(folder: Path, first: str, last: str, as_of: datetime = AS_OF, ignore: tuple[str, ...] = ()):
    """A connection in which the folder's events of the days are read; the home is beside the folder."""
    home = Home(folder.parent / f"{folder.name}-home")
    home.root.mkdir(exist_ok=True)
    home.make()
    export = Ga4ExportSource(files=folder, consent_basis="consent_mode", ignore=ignore)
    settings = SimpleNamespace(file=Path("cmn.toml"), home=home, ga4_export=export, policy=load_policy())
    con = open_duckdb(home)
    try:
        read_ga4_events(con, settings, date.fromisoformat(first), date.fromisoformat(last), as_of)  # type: ignore[arg-type]
        yield con
    finally:
        con.close()


def events_read(
    folder: Path, first: str = "2026-10-07", last: str = "2026-10-07", **options: Any
) -> list[dict[str, Any]]:
    """The rows of `ga4_events`, in order of time, without their row numbers."""
    with reading(folder, first, last, **options) as con:
        return (
            con.execute("select * exclude (event_row) from ga4_events order by event_at, event_row")
            .to_arrow_table()
            .to_pylist()
        )


def rows_of(
    folder: Path, table: str, first: str = "2026-10-07", last: str = "2026-10-07", **options: Any
) -> list[tuple]:
    with reading(folder, first, last, **options) as con:
        return con.execute(f"select * from {table} order by all").fetchall()
