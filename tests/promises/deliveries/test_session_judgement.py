"""Every delivered session is good, or bad for the first reason that applies, in the contract's order."""

from pathlib import Path

import pytest

from ingestion.store.quarantine import quarantine_counts
from tests.worlds.app_deliveries import FORMATS, SESSION, Row, app_folder, deliver, read_all, rows_of

# What is delivered, the columns that differ, and the reason
CASES: list[tuple[str, Row, str | None]] = [
    ("a whole session", {}, None),
    ("still open", {"ended_at": None}, None),
    ("no address", {"ip_address": None}, None),
    ("no platform", {"platform": None}, None),
    ("no session id", {"session_id": None}, "missing_field"),
    ("no user id", {"user_id": None}, "missing_field"),
    ("no start", {"started_at": None}, "missing_field"),
    ("no user id and a bad end", {"user_id": None, "ended_at": "soon"}, "missing_field"),
    ("start without offset", {"started_at": "2026-10-20T10:00:00"}, "bad_timestamp"),
    ("end without offset", {"ended_at": "2026-10-20 10:30:00"}, "bad_timestamp"),
    ("a bare date", {"started_at": "2026-10-20"}, "bad_timestamp"),
    ("infinity", {"ended_at": "infinity"}, "bad_timestamp"),
    ("hour 24", {"ended_at": "2026-10-20T24:00:00+02:00"}, "bad_timestamp"),
    ("second 60", {"ended_at": "2026-10-20T10:30:60+02:00"}, "bad_timestamp"),
    ("30 February", {"started_at": "2026-02-30T10:00:00Z"}, "bad_timestamp"),
    ("year 0", {"started_at": "0000-10-20T10:00:00Z"}, "bad_timestamp"),
    ("year 10000 in UTC", {"ended_at": "9999-12-31T23:59:59-01:00"}, "bad_timestamp"),
    ("offset of a day", {"ended_at": "2026-10-20T10:30:00+24:00"}, "bad_timestamp"),
    ("space before the time", {"started_at": " 2026-10-20T10:00:00Z"}, "bad_timestamp"),
    ("other digits", {"started_at": "\uff12026-10-20T10:00:00Z"}, "bad_timestamp"),
    ("offset Z", {"ended_at": "2026-10-20T08:30:00Z"}, None),
    ("offset +0200", {"ended_at": "2026-10-20T10:30:00+0200"}, None),
    ("offset +02", {"ended_at": "2026-10-20 10:30:00+02"}, None),
    ("offset of half an hour", {"ended_at": "2026-10-20T14:00:00+05:30"}, None),
    ("no seconds", {"ended_at": "2026-10-20T10:30+02:00"}, None),
    ("nanoseconds", {"ended_at": "2026-10-20T10:30:00.123456789+02:00"}, None),
    ("ends a microsecond before its start", {"ended_at": "2026-10-20T09:59:59.999999+02:00"}, "ends_before_start"),
    ("ends as it starts", {"ended_at": "2026-10-20T10:00:00+02:00"}, None),
    ("ends before its start, by the offset", {"ended_at": "2026-10-20T10:30:00+03:00"}, "ends_before_start"),
    ("24 hours", {"ended_at": "2026-10-21T10:00:00+02:00"}, None),
    ("a microsecond over 24 hours", {"ended_at": "2026-10-21T10:00:00.000001+02:00"}, "too_long"),
    ("25 local hours over the end of summer time",
     {"started_at": "2026-10-25T00:30:00+02:00", "ended_at": "2026-10-26T00:30:00+01:00"}, "too_long"),
    ("starts as the run does", {"started_at": "2026-11-01T12:00:00Z", "ended_at": None}, None),
    ("starts a microsecond later", {"started_at": "2026-11-01T12:00:00.000001Z", "ended_at": None}, "in_future"),
    ("in the future and ends before", {"started_at": "2027-01-01T00:00:00Z"}, "ends_before_start"),
    ("in the future with a bad address",
     {"started_at": "2027-01-01T00:00:00Z", "ended_at": None, "ip_address": "x"}, "in_future"),
    ("IPv6", {"ip_address": "2001:db8::7"}, None),
    ("IPv6 with a zone", {"ip_address": "fe80::1%eth0"}, None),
    ("IPv4 within IPv6", {"ip_address": "::ffff:192.0.2.7"}, None),
    ("an octet over 255", {"ip_address": "192.0.2.256"}, "bad_ip"),
    ("a leading zero", {"ip_address": "192.0.2.07"}, "bad_ip"),
    ("a network", {"ip_address": "192.0.2.0/24"}, "bad_ip"),
    ("a host name", {"ip_address": "example.org"}, "bad_ip"),
    ("an address with a space", {"ip_address": "192.0.2.7 "}, "bad_ip"),
]  # fmt: skip


@pytest.mark.clause("judge-reasons", "delivery-formats")
@pytest.mark.parametrize("form", FORMATS)
def test_first_reason_that_applies(tmp_path: Path, form: str) -> None:
    sessions = [{**SESSION, "session_id": f"s{number}", **change} for number, (_, change, _) in enumerate(CASES)]
    deliver(tmp_path, sessions, form=form)
    con = read_all(tmp_path)
    reasons = dict(rows_of(con, "select position, reason from bad_records where source = 'app'"))
    told = [(what, reasons.get(number)) for number, (what, _, _) in enumerate(CASES, start=1)]
    assert told == [(what, reason) for what, _, reason in CASES]
    good = {f"s{number}" for number, (_, _, reason) in enumerate(CASES) if reason is None}
    assert {name for (name,) in rows_of(con, "select session_id from app_sessions")} == good


@pytest.mark.clause("judge-once")
def test_a_bad_record_counts_once_in_whatever_format_it_comes(tmp_path: Path) -> None:
    bad = [
        {**SESSION, "user_id": None},
        {**SESSION, "started_at": "2026-10-20T10:00:00"},
        {**SESSION, "ended_at": "2026-10-20T09:00:00+02:00"},
        {**SESSION, "ip_address": "192.0.2.256", "platform": None},
    ]
    folder = deliver(tmp_path, bad)
    for form in FORMATS[1:]:
        elsewhere = tmp_path / f"elsewhere-{form}"
        file = deliver(elsewhere, [*bad, *bad], form=form) / "sessions" / f"day.{form}"
        (folder / "sessions" / f"day.{form}").write_bytes(file.read_bytes())
    counts = quarantine_counts(read_all(tmp_path))
    assert counts == {"app": {"missing_field": 1, "bad_timestamp": 1, "ends_before_start": 1, "bad_ip": 1}}


@pytest.mark.clause("judge-once")
def test_one_instant_written_in_two_ways_is_one_value(tmp_path: Path) -> None:
    bad = {**SESSION, "ip_address": "nowhere"}
    deliver(tmp_path, [bad, {**bad, "started_at": "2026-10-20 08:00:00.0000009Z"}])
    assert quarantine_counts(read_all(tmp_path)) == {"app": {"bad_ip": 1}}


def test_values_that_only_look_alike_when_joined_are_two_records(tmp_path: Path) -> None:
    bad = {**SESSION, "started_at": None, "ended_at": None}
    pairs = [{"session_id": "atb", "user_id": "c"}, {"session_id": "a", "user_id": "btc"}]
    deliver(tmp_path, [{**bad, **pair} for pair in pairs] + [{**bad, "ip_address": "n"}, {**bad, "ip_address": None}])
    assert quarantine_counts(read_all(tmp_path)) == {"app": {"missing_field": 4}}


@pytest.mark.clause("judge-once")
def test_lines_that_do_not_parse_count_by_their_bytes(tmp_path: Path) -> None:
    deliver(tmp_path)
    folder = app_folder(tmp_path) / "sessions"
    header = "session_id,user_id,started_at,ended_at,ip_address,platform"
    good = "s1,u1,2026-10-20T10:00:00Z,,,"
    (folder / "one.csv").write_text(f"{header}\n{good}\ntoo,few\ntoo,few\n{good},\n")
    (folder / "two.csv").write_bytes(f"{header}\r\ntoo,few\r\n".encode())
    (folder / "three.jsonl").write_text(
        '{"session_id": "s2", "user_id": "u1", "started_at": "2026-10-20T10:00:00Z"}\n{\n'
    )
    con = read_all(tmp_path)
    assert quarantine_counts(con) == {"app": {"unreadable": 3}}
    assert rows_of(con, "select file, position from bad_records order by all") == [
        ("sessions/one.csv", 2), ("sessions/one.csv", 3), ("sessions/one.csv", 4),
        ("sessions/three.jsonl", 2), ("sessions/two.csv", 1),
    ]  # fmt: skip
    assert sorted(rows_of(con, "select session_id from app_sessions")) == [("s1",), ("s2",)]
