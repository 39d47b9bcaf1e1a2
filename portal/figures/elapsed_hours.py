"""How long a span of local hours lasted in a week: an hour less or more where the clock was changed in it."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from portal.figures.figure import HourSpan

#: Days of each kind, counted from Monday.
DAYS = {"weekday": range(5), "weekend": range(5, 7), "all": range(7)}


def elapsed_hours(monday: date, day_type: str, span: HourSpan, zone: ZoneInfo) -> float:
    """Hours that passed in the span on all days of its kind in the week.

    In Europe the night of a Sunday has no hour from 2:00 in spring, and two of them in autumn: the weekend's hours 0 to
    2 last 5 and 7 hours in those weeks, and 6 in all others.
    """
    days = (monday + timedelta(days=day) for day in DAYS[day_type])
    return sum((_elapsed(day, span, zone) for day in days), timedelta()) / timedelta(hours=1)


def _elapsed(day: date, span: HourSpan, zone: ZoneInfo) -> timedelta:
    return _moment(day, span.first + span.hours, zone) - _moment(day, span.first, zone)


def _moment(day: date, hour: int, zone: ZoneInfo) -> datetime:
    """When a day's `hour` begins, for the first time if the clock shows it twice; 24 is the next day's 0."""
    local = datetime.combine(day, time()) + timedelta(hours=hour)
    return local.replace(tzinfo=zone).astimezone(UTC)
