"""Which day files count, and which are refused."""

import gzip
import json
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from home.settings.settings import Ga4ExportSource
from ingestion.ga4.day_files import choose_day_files
from refusals.errors import InputRefused
from tests.worlds.ga4_delivery import CANARY, event, events_read, reading, rows_of, write_lines, write_parquet


def chosen(folder: Path, names: list[str], *ignore: str) -> list[str]:
    for name in names:
        (folder / name).touch()
    source = Ga4ExportSource(files=folder, consent_basis="basic", ignore=ignore)
    return [day_file.file.name for day_file in choose_day_files(source).files]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["events_intraday_20261007.json", "events_20261007.json", "events_fresh_20261007.json"],
         ["events_20261007.json"]),
        (["events_intraday_20261007.json.gz", "events_fresh_20261007.parquet"], ["events_fresh_20261007.parquet"]),
        (["events_intraday_20261007.jsonl"], ["events_intraday_20261007.jsonl"]),
        (["events_20261006.json", "events_fresh_20261007.json"],
         ["events_20261006.json", "events_fresh_20261007.json"]),
        (["events_20261007_000000000000.json.gz", "events_20261007_000000000001.json.gz"],
         ["events_20261007_000000000000.json.gz", "events_20261007_000000000001.json.gz"]),
        (["events_20261007000000000000.parquet", "events_20261007000000000001.json"],
         ["events_20261007000000000000.parquet", "events_20261007000000000001.json"]),
        (["events_intraday_20261007_1.json", "events_intraday_20261007_2.json", "events_20261007_1.json"],
         ["events_20261007_1.json"]),
        # As `bq extract` shards a table; what stands before the number is the exporter's choice.
        (["events_20261007000000000000.json.gz", "events_20261007000000000010.json.gz"],
         ["events_20261007000000000000.json.gz", "events_20261007000000000010.json.gz"]),
        (["events_20261007-000000000000.parquet", "events_20261007-000000000001.parquet"],
         ["events_20261007-000000000000.parquet", "events_20261007-000000000001.parquet"]),
        (["events_20261007_000000000000.avro", "events_20261007.000000000001.AVRO"],
         ["events_20261007.000000000001.AVRO", "events_20261007_000000000000.avro"]),
        (["events_intraday_20261007000000000000.json.gz", "events_fresh_20261007-000000000000.avro.gz"],
         ["events_fresh_20261007-000000000000.avro.gz"]),
        ([".events_20261007.json.swp", ".DS_Store"], []),
        ([], []),
    ],
)  # fmt: skip
def test_daily_wins_over_fresh_over_intraday(tmp_path: Path, names: list[str], expected: list[str]) -> None:
    assert chosen(tmp_path, names) == expected


@pytest.mark.parametrize(
    "name",
    ["notes.txt", "events_20261007.csv", "events_20261307.json", "events_2026100.json", "events_20261007.json.part",
     "events_20261007.json.gz.gz", "Events_20261007.json", "pseudonymous_users.json", "all_users_20261007.json",
     "events_weekly_20261007.json", "events_20261007 (1).json", "events_\u0662\u0660261007.json"],
)  # fmt: skip
def test_other_names_are_refused_unless_ignored(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputRefused, match=r"events_|notes|users"):
        chosen(tmp_path, [name])
    assert chosen(tmp_path, ["events_20261008.json"], name) == ["events_20261008.json"]


def test_what_is_passed_over_is_told(tmp_path: Path) -> None:
    write_lines(tmp_path / "events_20261007.json", [event()])
    for name in ("notes.txt", ".hidden", "events_intraday_20261007.json"):
        (tmp_path / name).touch()
    assert rows_of(tmp_path, "drift_notes", ignore=("notes.txt",)) == [
        ("ga4_export", ".hidden", "passed over: hidden file"),
        ("ga4_export", "events_intraday_20261007.json", "passed over: the daily file of its date is there"),
        ("ga4_export", "notes.txt", "passed over: named in 'ignore'"),
    ]


@pytest.mark.parametrize(
    "names",
    [
        ["events_20261007.json", "events_20261007.json.gz"],
        ["events_20261007.jsonl", "events_20261007.parquet"],
        ["events_20261007.json", "events_20261007_000000000000.json"],
    ],
)
def test_a_day_that_is_there_twice_is_refused(tmp_path: Path, names: list[str]) -> None:
    with pytest.raises(InputRefused, match="events_20261007"):
        chosen(tmp_path, names)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="drop folder"):
        chosen(tmp_path / "none", [])


def test_parts_of_a_day_are_all_read_and_daily_days_are_told(tmp_path: Path) -> None:
    write_lines(tmp_path / "events_20261007_000000000000.json.gz", [event("2026-10-07T10:00:00+00:00")])
    write_parquet(tmp_path / "events_20261007_000000000001.parquet", [event("2026-10-07T11:00:00+00:00")])
    write_lines(tmp_path / "events_intraday_20261007.json", [event(), event()])
    write_lines(tmp_path / "events_fresh_20261008.json", [event("2026-10-07T21:59:00+00:00")])
    with reading(tmp_path, "2026-10-07", "2026-10-07") as con:
        rows = con.execute("select event_row, file_date from ga4_events").fetchall()
    assert len(rows) == len({row for row, _ in rows}) == 3
    assert rows_of(tmp_path, "ga4_days") == [(date(2026, 10, 7), True), (date(2026, 10, 8), False)]


def refused(folder: Path, first: str = "2026-10-07", last: str = "2026-10-07") -> str:
    with pytest.raises(InputRefused) as refusal:
        events_read(folder, first, last)
    message = str(refusal.value)
    assert "events_20261007" in message and message.count("\n") == 0
    assert CANARY not in message and "2697787" not in message and "canary" not in message
    return message


ONE_MEBIBYTE = 2**20
JSON = b"\n".join([json.dumps(event()).encode()] * 50)


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def parquet(folder: Path) -> bytes:
    path = write_parquet(folder.parent / "made.parquet", [event(user_id=f"{n}") for n in range(2000)])
    return path.read_bytes()


def damaged(content: bytes) -> bytes:
    """Values overwritten all over; the schema at the end is whole."""
    end = len(content) - int.from_bytes(content[-8:-4], "little") - 8
    return content[:8] + b"\xff" * (end - 8) + content[end:]


BROKEN: dict[str, tuple[str, Callable[[Path], bytes]]] = {
    "truncated gzip": ("json.gz", lambda _: half(gzip.compress(os.urandom(ONE_MEBIBYTE).hex().encode()))),
    "empty gzip": ("json.gz", lambda _: b""),
    "not gzip": ("json.gz", lambda _: JSON),
    "truncated parquet": ("parquet", lambda folder: half(parquet(folder))),
    "damaged parquet": ("parquet", lambda folder: damaged(parquet(folder))),
    "JSON named parquet": ("parquet", lambda _: JSON),
    "truncated parquet.gz": ("parquet.gz", lambda folder: half(gzip.compress(parquet(folder)))),
    "Parquet named JSON": ("json", parquet),
    "NUL bytes": ("json", lambda _: JSON + b"\n\0\0\0"),
    "Latin-1": ("json", lambda _: '{"user_pseudo_id": "caf\xe9"}\n'.encode("latin-1")),
    "web page": ("json", lambda _: b"<!DOCTYPE html><html>sorry</html>"),
    "a long line": ("json", lambda _: b'{"user_pseudo_id": "' + b"x" * (17 * ONE_MEBIBYTE) + b'"}\n'),
}


@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize("day", ["2026-10-07", "2026-12-07"])
def test_a_file_that_is_not_what_its_name_says_is_refused(tmp_path: Path, kind: str, day: str) -> None:
    """Outside the interval too: the links of such a file are unknown."""
    folder = tmp_path / "ga4"
    folder.mkdir()
    suffix, content = BROKEN[kind]
    (folder / f"events_20261007.{suffix}").write_bytes(content(folder))
    refused(folder, day, day)


def test_a_link_out_and_a_folder_are_refused(tmp_path: Path) -> None:
    for name in ("linked", "nested"):
        (tmp_path / name).mkdir()
    write_lines(tmp_path / "elsewhere.json", [event()])
    (tmp_path / "linked" / "events_20261007.json").symlink_to(tmp_path / "elsewhere.json")
    (tmp_path / "nested" / "events_20261007.json").mkdir()
    assert "link" in refused(tmp_path / "linked")
    refused(tmp_path / "nested")


@pytest.mark.parametrize("field", ["event_timestamp", "user_pseudo_id"])
@pytest.mark.parametrize("suffix", ["json", "parquet"])
def test_a_file_without_a_needed_field_is_refused(tmp_path: Path, field: str, suffix: str) -> None:
    records = [event() | {"platform": field}, event()]
    for record in records:
        del record[field]
    path = tmp_path / f"events_20261007.{suffix}"
    write_lines(path, records) if suffix == "json" else write_parquet(path, records)
    assert field in refused(tmp_path)


def test_json_of_denied_rows_alone_may_name_no_pseudo_id(tmp_path: Path) -> None:
    denied = event(privacy_info={"analytics_storage": "No"})
    del denied["user_pseudo_id"]
    write_lines(tmp_path / "events_20261007.json", [denied])
    assert [row["analytics_storage"] for row in events_read(tmp_path)] == ["No"]


RETYPED = {
    "event_timestamp": pa.timestamp("us", "UTC"),
    "user_pseudo_id": pa.float64(),
    "user_id": pa.float64(),
    "stream_id": pa.float64(),
    "privacy_info": pa.string(),
    "geo": pa.string(),
    "event_params": pa.string(),
}


@pytest.mark.parametrize("field", sorted(RETYPED))
def test_a_retyped_column_is_refused_by_name(tmp_path: Path, field: str) -> None:
    write_parquet(tmp_path / "events_20261007.parquet", [event(**{field: None})], **{field: RETYPED[field]})
    assert field in refused(tmp_path)


def test_a_retyped_flag_is_refused_by_name(tmp_path: Path) -> None:
    kind = pa.struct([("analytics_storage", pa.bool_())])
    row = event(privacy_info={"analytics_storage": False})
    write_parquet(tmp_path / "events_20261007.parquet", [row], privacy_info=kind)
    assert "privacy_info.analytics_storage" in refused(tmp_path)
