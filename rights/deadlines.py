"""When a request must be answered: pure functions of the day on which it came and of the policy.

A period of the GDPR in months ends with the day of the last month that bears the same number as the day of receipt, or
with that month's last day where there is none (Regulation (EEC, Euratom) 1182/71, art. 3(1) and 3(2)(c)); where that is
a Saturday, Sunday or public holiday, with the next working day (art. 3(4)). An extension makes one period of all its
months, counted from the receipt. Complaints have the days that the privacy statement promises: no law's period, so they
end on that very day.
"""

import calendar
from collections.abc import Iterator
from datetime import date, timedelta

from policy.rights_policy import RightsPolicy

COMPLAINT = "complaint"
_DAY = timedelta(days=1)
_SATURDAY = 5


def answer_due(kind: str, received_on: date, policy: RightsPolicy, *, is_extended: bool = False) -> date:
    """The last day on which a request of this kind, received on that day, may be answered."""
    if kind == COMPLAINT:
        return received_on + timedelta(days=policy.complaint_answered_days)
    months = policy.answer_months + (policy.extension_months if is_extended else 0)
    return next_working_day(months_later(received_on, months), policy)


def extension_told_by(received_on: date, policy: RightsPolicy) -> date:
    """The last day on which the person may be told that the answer comes later."""
    return next_working_day(months_later(received_on, policy.answer_months), policy)


def acknowledgement_due(received_on: date, policy: RightsPolicy) -> date:
    """The last day on which a complaint may be acknowledged."""
    return received_on + timedelta(days=policy.complaint_acknowledged_days)


def months_later(day: date, months: int) -> date:
    """The same day that many months later; the month's last day where there is none."""
    number = day.year * 12 + day.month - 1 + months
    year, month = number // 12, number % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def next_working_day(day: date, policy: RightsPolicy) -> date:
    """The day itself, where people work on it; else the first after it on which they do."""
    while day.weekday() >= _SATURDAY or day in public_holidays(day.year, policy):
        day += _DAY
    return day


def public_holidays(year: int, policy: RightsPolicy) -> frozenset[date]:
    """The public holidays of a year."""
    return frozenset(_holidays(year, policy))


def _holidays(year: int, policy: RightsPolicy) -> Iterator[date]:
    for month_and_day in policy.fixed_holidays:
        month, day = map(int, month_and_day.split("-"))
        if day <= calendar.monthrange(year, month)[1]:
            yield date(year, month, day)
    yield from (easter_sunday(year) + timedelta(days=days) for days in policy.easter_holidays)


def easter_sunday(year: int) -> date:
    """Of the Gregorian calendar (the anonymous algorithm in Meeus, Astronomical Algorithms, chapter 8)."""
    golden, century, rest = year % 19, year // 100, year % 100
    leaps = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - century // 4 - leaps + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    shift = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * shift + 114, 31)
    return date(year, month, day + 1)
