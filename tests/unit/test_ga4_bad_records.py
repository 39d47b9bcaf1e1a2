"""Bad GA4 records: told by reason, file and position, known again in any format, never by a value."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.worlds.ga4_delivery import as_bigquery_json, event, events_read, micros, rows_of, write_lines, write_parquet

AS_OF = datetime(2026, 10, 7, 20, tzinfo=UTC)
GOOD = event("2026-10-07T20:00:00+00:00")


def bad(folder: Path, *days: str) -> list[tuple]:
    first, last = days if days else ("2026-10-07", "2026-10-07")
    return rows_of(folder, "bad_records", first, last, as_of=AS_OF)


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        (None, "missing_field"),
        ("", "missing_field"),
        ("2026-10-07", "bad_timestamp"),
        ("2026-10-07T10:00:00Z", "bad_timestamp"),
        (micros("2026-10-07T10:00:00+00:00") / 10**6, "bad_timestamp"),
        (micros("2026-10-07T10:00:00+00:00") // 10**6, "bad_timestamp"),  # seconds
        (micros("2026-10-07T10:00:00+00:00") * 1000, "bad_timestamp"),  # nanoseconds
        (-1, "bad_timestamp"),
        (0, "bad_timestamp"),
        (10**30, "bad_timestamp"),
        ("infinity", "bad_timestamp"),
        (True, "bad_timestamp"),
        (micros("2026-10-07T20:00:00.000001+00:00"), "in_future"),
        (micros("2999-01-01T00:00:00+00:00"), "in_future"),
        (micros("2026-10-05T21:59:59+00:00"), "bad_timestamp"),  # two local days before the file's date
        (micros("2026-10-05T22:00:00+00:00"), None),
        (micros("2026-10-07T20:00:00+00:00"), None),
    ],
)
def test_reasons_of_times(tmp_path: Path, at: Any, reason: str | None) -> None:
    write_lines(tmp_path / "events_20261007.json", [GOOD, event() | {"event_timestamp": at}])
    found = bad(tmp_path, "2026-10-06", "2026-10-07")
    assert [row[:4] for row in found] == ([("ga4_export", reason, "events_20261007.json", 2)] if reason else [])
    assert len(events_read(tmp_path, "2026-10-06", "2026-10-07", as_of=AS_OF)) == (1 if reason else 2)


@pytest.mark.parametrize(
    "line",
    ['{"event_timestamp": 1', "not json", "[1, 2]", "7", "null", '"text"', "{}{}", '{"event_timestamp": 1,}',
     '{"event_timestamp": "1", "event_timestamp": "2"}', '{"user_id": "\\ud800"}'],
)  # fmt: skip
def test_lines_that_do_not_parse(tmp_path: Path, line: str) -> None:
    write_lines(
        tmp_path / "events_20261007.json", [json.dumps(GOOD), "", line, json.dumps(event("2026-10-07T19:00:00+00:00"))]
    )
    assert [row[:4] for row in bad(tmp_path)] == [("ga4_export", "unreadable", "events_20261007.json", 2)]
    assert len(events_read(tmp_path, as_of=AS_OF)) == 2


def test_a_repeat_is_known_in_every_format(tmp_path: Path) -> None:
    records = [event(None), event("2026-10-08T10:00:00+00:00"), event(5), event(None, user_id="other")]
    write_lines(tmp_path / "events_20261006.json", [*map(json.dumps, records), "{", "{"])
    as_exported = [as_bigquery_json(record) for record in records]
    write_lines(tmp_path / "events_20261007.jsonl.gz", [*as_exported, "{", GOOD], newline="\r\n")
    write_parquet(tmp_path / "events_20261008.parquet", [*records, GOOD], nesting="bigquery")
    found = bad(tmp_path)
    assert len(found) == 4 * 3 + 3
    identities: dict[str, set[str]] = {}
    for _, reason, _, _, identity in found:
        identities.setdefault(reason, set()).add(identity)
    assert {reason: len(known) for reason, known in identities.items()} == {
        "missing_field": 2, "in_future": 1, "bad_timestamp": 1, "unreadable": 1,
    }  # fmt: skip
    assert all(len(identity) == 64 and set(identity) <= set("0123456789abcdef") for *_, identity in found)


def test_files_outside_the_interval_are_not_judged(tmp_path: Path) -> None:
    write_lines(tmp_path / "events_20261001.json", ["{", "not json", event(None, user_id="anna")])
    write_lines(tmp_path / "events_20261007.json", [GOOD])
    assert bad(tmp_path) == []
    assert rows_of(tmp_path, "ga4_links", as_of=AS_OF) == [("2697787.2422183099", "anna")]
