"""Instants as whole microseconds since 1970 in UTC; days and weeks of Europe/Amsterdam."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Amsterdam")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000
DAY = 86_400 * SECOND

ISO_8601 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?(?:(Z)|([+-])(\d\d)(?::?(\d\d))?)", re.ASCII
)


class NoInstant(ValueError):
    """The text is no instant: not ISO 8601, no such day, or without an offset."""


def instant(value: object) -> int:
    """Text or an aware datetime → microseconds; what is finer is cut."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise NoInstant
        return (value - EPOCH) // MICROSECOND
    match = ISO_8601.fullmatch(str(value))
    if not match:
        raise NoInstant
    year, month, day, hour, minute, second, fraction, zulu, sign, off_hours, off_minutes = match.groups()
    micros = int(((fraction or "") + "000000")[:6])
    try:
        moment = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0), micros, UTC)
    except ValueError as error:
        raise NoInstant from error
    offset = timedelta()
    if not zulu:
        offset = timedelta(hours=int(off_hours), minutes=int(off_minutes or 0)) * (-1 if sign == "-" else 1)
    return (moment - EPOCH - offset) // MICROSECOND


def local(us: int) -> datetime:
    """The clock on a wall in Amsterdam at that instant."""
    return (EPOCH + timedelta(microseconds=us)).astimezone(ZONE)


def local_day(us: int) -> date:
    return local(us).date()


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
