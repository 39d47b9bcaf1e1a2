"""The hours that a span lasts in a week are those that a clock on the wall shows, counted one by one."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal.figures.elapsed_hours import elapsed_hours
from portal.figures.figure import HourSpan

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
KINDS = {"weekday": {0, 1, 2, 3, 4}, "weekend": {5, 6}, "all": {0, 1, 2, 3, 4, 5, 6}}
#: Clocks that change by night, at midnight, by half an hour, and not at all.
ZONES = ["Europe/Amsterdam", "America/Havana", "Africa/Cairo", "Australia/Lord_Howe", "Asia/Tokyo"]
QUARTER = timedelta(minutes=15)


@pytest.mark.parametrize(
    ("monday", "kind", "first", "last", "hours"),
    [
        (date(2026, 10, 12), "weekend", 0, 2, 6),
        (date(2026, 10, 19), "weekend", 0, 2, 7),
        (date(2026, 3, 23), "weekend", 0, 2, 5),
        (date(2026, 10, 19), "weekend", 2, 2, 3),
        (date(2026, 3, 23), "weekend", 2, 2, 1),
        (date(2026, 10, 19), "weekend", 3, 5, 6),
        (date(2026, 10, 19), "weekday", 0, 23, 120),
        (date(2026, 10, 19), "all", 0, 23, 169),
        (date(2026, 3, 23), "all", 0, 23, 167),
    ],
)
def test_by_hand(monday: date, kind: str, first: int, last: int, hours: int) -> None:
    assert elapsed_hours(monday, kind, HourSpan(first, last), AMSTERDAM) == hours


def counted(monday: date, kind: str, first: int, last: int, zone: ZoneInfo) -> float:
    """Quarters of an hour whose start the wall's clock shows within the span."""
    moment = datetime(monday.year, monday.month, monday.day, tzinfo=UTC) - timedelta(days=1)
    found = 0
    for _ in range(9 * 96):
        local = moment.astimezone(zone)
        days = (local.date() - monday).days
        found += days in KINDS[kind] and first <= local.hour <= last
        moment += QUARTER
    return found / 4


@given(
    weeks=st.integers(0, 120),
    kind=st.sampled_from(sorted(KINDS)),
    hours=st.tuples(st.integers(0, 23), st.integers(0, 23)),
    zone=st.sampled_from(ZONES),
)
@example(weeks=42, kind="weekend", hours=(0, 2), zone="Europe/Amsterdam")
def test_counted_one_by_one(weeks: int, kind: str, hours: tuple[int, int], zone: str) -> None:
    monday, (first, last) = date(2025, 12, 29) + timedelta(weeks=weeks), sorted(hours)
    expected = counted(monday, kind, first, last, ZoneInfo(zone))
    assert elapsed_hours(monday, kind, HourSpan(first, last), ZoneInfo(zone)) == expected
