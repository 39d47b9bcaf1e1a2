"""The judge in SQL agrees with a judge in plain Python, written from the contract alone, in every format."""

import ipaddress
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.worlds.app_deliveries import AS_OF, SESSION, Row, deliver, read_all, rows_of

INSTANTS = st.datetimes(datetime(2026, 10, 30), datetime(2026, 11, 3)).map(lambda moment: moment.replace(tzinfo=UTC))
TEXTS = st.sampled_from(
    [
        "2026-10-31", "2026-10-31T10:00:00", "infinity", "now", "2026-10-31T25:00:00Z", "2026-13-01T10:00:00Z",
        "0000-01-01T00:00:00Z", "9999-12-31T23:30:00-01:00", "0001-01-01T00:30:00+01:00", "2026-10-31T10:00:00+2:00",
        "2026-10-31T10:00:00.123456789123+02:00", "2026-10-31 10:00:00,5-0330", "2026-10-31T10:00Z", "20261031T100000Z",
        "2026-10-31T10:00:00 Z", "2026-02-29T10:00:00Z", "2024-02-29T10:00:00Z", "2026-10-31t10:00:00z", "+2026-10-31",
    ]
)  # fmt: skip
OFFSETS = st.sampled_from(["Z", "+00:00", "+02:00", "-0930", "+05", "+23:59", "-12:00"])


@st.composite
def written_instants(draw: st.DrawFn) -> str:
    """An instant of those days, as one of many right ways to write it."""
    offset = draw(OFFSETS)
    moment = draw(INSTANTS)
    digits = draw(st.integers(0, 9))
    fraction = "." + f"{moment.microsecond:06}000"[:digits] if digits else ""
    return moment.strftime(f"%Y-%m-%d{draw(st.sampled_from('T '))}%H:%M:%S") + fraction + offset


TIMES = st.one_of(st.none(), written_instants(), written_instants(), written_instants(), TEXTS)
ADDRESSES = st.one_of(
    st.none(), st.ip_addresses().map(str), st.sampled_from(["1.2.3", "1.2.3.4.5", "::", "::1%lo", "1.2.3.04", ":", "x"])
)
SESSIONS = st.fixed_dictionaries(
    {
        **{name: st.just(value) for name, value in SESSION.items()},
        "user_id": st.sampled_from(["u1", "u1", "u1", None]),
        "started_at": TIMES,
        "ended_at": TIMES,
        "ip_address": ADDRESSES,
    }
)


def plain_instant(text: str) -> datetime | None:
    """ISO 8601 with an offset, in Python's own reading, narrowed to the extended form with T or a space."""
    if len(text) < 17 or text[10] not in "T " or text[4] + text[7] + text[13] != "--:" or text[-1] in "z ":
        return None
    if not all(char in "0123456789-+:.,TZ " for char in text) or " " in text[11:]:
        return None
    try:
        moment = datetime.fromisoformat(text.replace(",", "."))
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def plain_reason(row: Row) -> str | None:
    if row["session_id"] is None or row["user_id"] is None or row["started_at"] is None:
        return "missing_field"
    start = plain_instant(row["started_at"])
    end = plain_instant(row["ended_at"]) if row["ended_at"] is not None else None
    if start is None or (end is None and row["ended_at"] is not None):
        return "bad_timestamp"
    if end is not None and end < start:
        return "ends_before_start"
    if end is not None and end - start > timedelta(hours=24):
        return "too_long"
    if start > AS_OF:
        return "in_future"
    try:
        ipaddress.ip_address(row["ip_address"] or "::")
    except ValueError:
        return "bad_ip"
    return None


@pytest.mark.clause("judge-reasons", "delivery-timestamps")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=st.lists(SESSIONS, min_size=1, max_size=25), form=st.sampled_from(["csv", "jsonl", "parquet"]))
def test_the_judges_agree(rows: list[Row], form: str) -> None:
    sessions = [{**row, "session_id": f"s{number}"} for number, row in enumerate(rows)]
    with tempfile.TemporaryDirectory() as folder:
        deliver(Path(folder), sessions, form=form)
        con = read_all(Path(folder))
        found = dict(rows_of(con, "select position, reason from bad_records"))
        times = dict(rows_of(con, "select session_id, (started_at, ended_at) from app_sessions"))
    assert [found.get(number) for number in range(1, len(sessions) + 1)] == [plain_reason(row) for row in sessions]
    for row in sessions:
        if plain_reason(row) is None:
            ends = plain_instant(row["ended_at"]) if row["ended_at"] else None
            assert times[row["session_id"]] == (plain_instant(row["started_at"] or ""), ends)
