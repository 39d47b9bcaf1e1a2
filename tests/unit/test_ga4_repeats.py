"""The same event twice counts once, whatever delivered it twice; two events that only look alike are two."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.worlds.ga4_delivery import (
    as_bigquery_json,
    event,
    events_read,
    parameter,
    reading,
    rows_of,
    write_avro,
    write_lines,
    write_parquet,
)

OLD = {"batch_event_index": None, "batch_page_id": None, "batch_ordering_id": None}
ONE = event("2026-10-07T10:00:00.123456+00:00", event_bundle_sequence_id=77)
ONE_OF_OLD = ONE | OLD


def params(session: Any, engaged: Any = "1", milliseconds: int = 1500) -> list[dict[str, Any]]:
    number = {"whole": session} if isinstance(session, int) else {"string": session}
    return [
        parameter("ga_session_id", **number),
        parameter("session_engaged", engaged),
        parameter("engagement_time_msec", whole=milliseconds),
    ]


def privacy(flag: str | None) -> dict[str, Any]:
    return {"privacy_info": {"analytics_storage": flag}}


def write(folder: Path, name: str, *events: dict[str, Any]) -> None:
    path = folder / name
    if "avro" in name:
        write_avro(path, list(events))
    elif "parquet" in name:
        write_parquet(path, list(events), nesting="bigquery")
    else:
        write_lines(path, [as_bigquery_json(record) for record in events])


def counted(folder: Path, *, days: tuple[str, str] = ("2026-10-07", "2026-10-07")) -> dict[str, int]:
    with reading(folder, *days) as con:
        return dict(con.execute("select what, sum(events)::int from ga4_counts group by what").fetchall())


FILES = [
    ("one file", ["events_20261007.json"] * 2),
    ("two shards of a day", ["events_20261007000000000000.json.gz", "events_20261007000000000001.json.gz"]),
    ("shards of two formats", ["events_20261007-000000000000.parquet", "events_20261007_000000000001.json"]),
    ("shards of two binary formats", ["events_20261007-000000000000.parquet", "events_20261007-000000000001.avro"]),
    ("the day before", ["events_20261006.json", "events_20261007.json"]),
    ("the day after", ["events_20261007.parquet", "events_20261008.json"]),
    ("daily, and intraday of the day after", ["events_20261007.json", "events_intraday_20261008.json"]),
    ("three times", ["events_20261006.json", "events_20261007.parquet", "events_20261008.json"]),
]


@pytest.mark.clause("ga4-once")
@pytest.mark.parametrize("record", [ONE, ONE_OF_OLD], ids=["with batch fields", "without"])
@pytest.mark.parametrize("names", [names for _, names in FILES], ids=[what for what, _ in FILES])
def test_one_event_counts_once_wherever_it_lies(tmp_path: Path, names: list[str], record: dict[str, Any]) -> None:
    for name in dict.fromkeys(names):
        write(tmp_path, name, *[record] * names.count(name))
    assert len(events_read(tmp_path)) == 1
    assert counted(tmp_path) == {"duplicates": len(names) - 1}


# What is changed in the second copy, and whether it is the same event still.
CHANGES: list[tuple[str, dict[str, Any], dict[str, Any], bool]] = [
    ("nothing", ONE, {}, True),
    ("the flag, rewritten", ONE, privacy("Unset"), True),
    ("the account, filled in", ONE, {"user_id": "anna"}, True),
    ("the place", ONE, {"geo": {"country": "Belgium", "region": None}}, True),
    ("the date that the file gives", ONE, {"event_date": "20261008"}, True),
    ("a parameter that is not read", ONE, {"event_params": [*params(1759838400), parameter("x", "y")]}, True),
    ("a microsecond", ONE, {"event_timestamp": ONE["event_timestamp"] + 1}, False),
    ("the name", ONE, {"event_name": "scroll"}, False),
    ("the browser", ONE, {"user_pseudo_id": "2697787.2422183098"}, False),
    ("the stream", ONE, {"stream_id": "1234567891"}, False),
    ("the bundle", ONE, {"event_bundle_sequence_id": 78}, False),
    ("the page load", ONE, {"batch_page_id": 2}, False),
    ("the request", ONE, {"batch_ordering_id": 2}, False),
    ("the place in the request", ONE, {"batch_event_index": 2}, False),
    ("no batch fields: nothing", ONE_OF_OLD, {}, True),
    ("no batch fields: the flag, rewritten", ONE_OF_OLD, privacy("Unset"), True),
    ("no batch fields: the session", ONE_OF_OLD, {"event_params": params(1759838401)}, False),
    ("no batch fields: engaged", ONE_OF_OLD, {"event_params": params(1759838400, "0")}, False),
    ("no batch fields: how long", ONE_OF_OLD, {"event_params": params(1759838400, "1", 1501)}, False),
    ("no batch fields: the session's other form", ONE_OF_OLD, {"event_params": params("s1759838400$o5$g1$j0")}, True),
]  # fmt: skip


@pytest.mark.clause("ga4-once")
@pytest.mark.parametrize(
    ("record", "changes", "is_same"), [rest for _, *rest in CHANGES], ids=[what for what, *_ in CHANGES]
)
def test_what_makes_two_rows_one_event(
    tmp_path: Path, record: dict[str, Any], changes: dict[str, Any], is_same: bool
) -> None:
    write(tmp_path, "events_20261007_1.json", record)
    write(tmp_path, "events_20261007_2.parquet", record | changes)
    assert len(events_read(tmp_path)) == (1 if is_same else 2)
    assert counted(tmp_path).get("duplicates", 0) == int(is_same)


# Flags by file, in the order of names; the flag that counts; flips.
FLAGS = [
    ({"events_20261007_1.json": "Yes", "events_20261007_2.json": "Unset"}, "Unset", 1),
    ({"events_20261007_1.json": "No", "events_20261007_2.json": "Yes"}, "No", 1),
    ({"events_20261007_1.json": None, "events_20261007_2.json": "Yes"}, None, 1),
    ({"events_20261007_1.json": "Yes", "events_20261007_2.json": "Yes"}, "Yes", 0),
    ({"events_20261007.json": "Yes", "events_intraday_20261008.json": "No"}, "Yes", 1),
    ({"events_20261007.json": "Yes", "events_intraday_20261007.json": "No"}, "Yes", 1),
    ({"events_20261007.json": "Yes", "events_fresh_20261007.json": "Yes", "events_intraday_20261007.json": "No"},
     "Yes", 1),
    ({"events_20261007.json": "No", "events_intraday_20261007.json": "Yes"}, "No", 1),
    ({"events_20261007.json": "Yes", "events_intraday_20261007.json": "Yes"}, "Yes", 0),
    ({"events_fresh_20261007.json": "Yes", "events_intraday_20261007.json": "Unset"}, "Yes", 1),
]  # fmt: skip


@pytest.mark.clause("ga4-once")
@pytest.mark.parametrize(("flags", "counts", "flips"), FLAGS)
def test_of_two_flags_the_later_kind_counts_then_the_denial(
    tmp_path: Path, flags: dict[str, str | None], counts: str | None, flips: int
) -> None:
    for name, flag in flags.items():
        write(tmp_path, name, ONE | privacy(flag))
    assert [row["analytics_storage"] for row in events_read(tmp_path)] == [counts]
    assert counted(tmp_path).get("flag_flips", 0) == flips


def test_a_rewritten_flag_is_seen_though_the_browser_was_filled_in(tmp_path: Path) -> None:
    """As Google does it: the intraday file has no id and no batch fields, the daily one has both."""
    write(tmp_path, "events_intraday_20261007.json", ONE_OF_OLD | privacy("No") | {"user_pseudo_id": None}, event())
    write(tmp_path, "events_20261007.json", ONE, event())
    assert len(events_read(tmp_path)) == 2
    assert counted(tmp_path) == {"flag_flips": 1}


def test_what_cannot_be_told_apart_is_no_flip(tmp_path: Path) -> None:
    write(tmp_path, "events_intraday_20261007.json", ONE | privacy("No"), ONE | privacy("No"))
    write(tmp_path, "events_20261007.json", ONE)
    assert counted(tmp_path) == {}


def test_a_damaged_file_that_does_not_count_tells_no_flips(tmp_path: Path) -> None:
    write(tmp_path, "events_20261007.json", ONE)
    (tmp_path / "events_intraday_20261007.parquet").write_bytes(b"PAR1 and then nothing")
    assert len(events_read(tmp_path)) == 1 and counted(tmp_path) == {}


@pytest.mark.clause("ga4-days")
def test_the_daily_file_alone_counts_of_its_date(tmp_path: Path) -> None:
    """An event that the intraday file alone has was taken back; one that came late is there."""
    both, taken_back, late = (event(f"2026-10-07T1{hour}:00:00+00:00") for hour in range(3))
    write(tmp_path, "events_intraday_20261007.json", both, taken_back)
    write(tmp_path, "events_20261007.json", late, both)
    found = [row["event_at"].hour for row in events_read(tmp_path)]
    assert found == [10, 12]
    assert counted(tmp_path) == {}


@pytest.mark.clause("ga4-sessions")
def test_a_session_is_one_over_midnight_and_over_forms(tmp_path: Path) -> None:
    """23:50 on the 6th to 00:20 on the 7th in Amsterdam; a late event lies in the file of the day after."""
    moments = ["2026-10-06T21:50:00+00:00", "2026-10-06T22:05:00+00:00", "2026-10-06T22:20:00+00:00"]
    forms = [1759838400, "GS2.1.s1759838400$o5$g0$t1759838999", "s1759838400$o5$g1$t1759839999"]
    first, second, third = (event(at, event_params=params(form)) for at, form in zip(moments, forms, strict=True))
    other_stream = event(moments[0], event_params=params(forms[0]), stream_id="5823456789")
    write(tmp_path, "events_20261006.json", first, other_stream)
    write(tmp_path, "events_20261007.parquet", second)
    write(tmp_path, "events_intraday_20261008.json", third)
    found = events_read(tmp_path, "2026-10-05", "2026-10-11")
    assert [row["event_day"] for row in found] == [date(2026, 10, 6)] * 2 + [date(2026, 10, 7)] * 2
    sessions = [row["ga4_session"].split("\x1f")[1:] for row in found]
    assert sorted(sessions) == [["1234567890", "1759838400"]] * 3 + [["5823456789", "1759838400"]]


def test_an_app_stream_is_read_like_a_web_stream(tmp_path: Path) -> None:
    """Firebase: 32 hexadecimal digits for the browser, no page, no web_info, screen views."""
    instance = "3f2a9c4b5d6e7f8091a2b3c4d5e6f708"
    app = event(
        user_pseudo_id=instance, platform="ANDROID", event_name="screen_view", stream_id="5823456789",
        device={"category": "mobile", "mobile_model_name": "Pixel 9", "web_info": None},
        event_params=[parameter("ga_session_id", whole=1759838400), parameter("engagement_time_msec", whole=20)],
        app_info={"id": "example.app", "version": "1", "install_source": "com.android.vending"},
        collected_traffic_source=None, session_traffic_source_last_click=None, **OLD,
    )  # fmt: skip
    for name in ("events_20261007.json", "events_20261008.parquet"):
        write(tmp_path, name, app)
    [row] = events_read(tmp_path)
    assert (row["user_pseudo_id"], row["ga4_session"]) == (instance, f"{instance}\x1f5823456789\x1f1759838400")
    assert (row["is_view"], row["is_engaged"], row["engagement_us"]) == (True, False, 20_000)
    assert rows_of(tmp_path, "bad_records") == []
