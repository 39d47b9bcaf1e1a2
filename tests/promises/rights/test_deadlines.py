"""When a request must be answered, by the calendar on the wall."""

from datetime import date, timedelta

import pytest
from dateutil.easter import easter

from policy.policy import load_policy
from rights.deadlines import (
    acknowledgement_due,
    answer_due,
    easter_sunday,
    extension_told_by,
    months_later,
    public_holidays,
)

RIGHTS = load_policy().rights

#: Received, due, why. Weekdays and holidays as any calendar of the Netherlands has them.
ONE_MONTH = [
    ("2026-03-05", "2026-04-07", "5 April is Easter Sunday, the 6th Easter Monday"),
    ("2026-01-07", "2026-02-09", "7 February is a Saturday"),
    ("2026-01-13", "2026-02-13", "the same day of the next month, a Friday"),
    ("2026-01-31", "2026-03-02", "there is no 31st: 28 February, a Saturday"),
    ("2027-01-31", "2027-03-01", "28 February 2027 is a Sunday"),
    ("2028-01-31", "2028-02-29", "a leap year: 29 February, a Tuesday"),
    ("2028-01-30", "2028-02-29", "likewise"),
    ("2026-08-31", "2026-09-30", "there is no 31 September"),
    ("2026-11-25", "2026-12-28", "Christmas, Boxing Day on a Saturday, Sunday"),
    ("2026-12-01", "2027-01-04", "New Year's Day is a Friday"),
    ("2026-03-27", "2026-04-28", "King's Day"),
    ("2026-04-05", "2026-05-06", "Liberation Day"),
    ("2026-04-14", "2026-05-15", "Ascension Day"),
    ("2026-04-25", "2026-05-26", "Whit Monday"),
    ("2026-03-03", "2026-04-03", "Good Friday is no public holiday in the Netherlands"),
]


@pytest.mark.clause("rights-deadline")
@pytest.mark.parametrize(("received", "due", "why"), ONE_MONTH)
@pytest.mark.parametrize("kind", ["access", "rectification", "erasure", "objection"])
def test_a_request_is_due_a_month_after_its_receipt(kind: str, received: str, due: str, why: str) -> None:
    assert answer_due(kind, date.fromisoformat(received), RIGHTS) == date.fromisoformat(due), why


@pytest.mark.clause("rights-extension")
@pytest.mark.parametrize(
    ("received", "told_by", "due"),
    [
        ("2026-01-31", "2026-03-02", "2026-04-30"),
        ("2026-01-13", "2026-02-13", "2026-04-13"),
        ("2026-11-30", "2026-12-30", "2027-03-01"),
        ("2027-11-30", "2027-12-30", "2028-02-29"),
    ],
)
def test_an_extension_makes_one_period_of_three_months(received: str, told_by: str, due: str) -> None:
    day = date.fromisoformat(received)
    assert extension_told_by(day, RIGHTS) == date.fromisoformat(told_by)
    assert answer_due("access", day, RIGHTS, is_extended=True) == date.fromisoformat(due)


@pytest.mark.clause("rights-complaint")
def test_a_complaint_has_the_days_of_the_statement_whatever_days_they_are() -> None:
    wednesday = date(2026, 1, 7)
    assert acknowledgement_due(wednesday, RIGHTS) == date(2026, 1, 10)  # a Saturday
    assert answer_due("complaint", wednesday, RIGHTS) == date(2026, 1, 21)
    assert answer_due("complaint", date(2026, 12, 11), RIGHTS) == date(2026, 12, 25)


def test_easter_is_where_another_library_finds_it() -> None:
    assert [easter_sunday(year) for year in range(1900, 2200)] == [easter(year) for year in range(1900, 2200)]


def test_a_deadline_is_never_before_the_month_is_over_nor_on_a_day_off() -> None:
    """Every day of eight years: from the same day of the next month on, at most four days later, on a working day."""
    day = date(2024, 1, 1)
    while day < date(2032, 1, 1):
        due, plain = answer_due("access", day, RIGHTS), months_later(day, 1)
        assert plain <= due <= plain + timedelta(days=4)
        assert due.weekday() < 5 and due not in public_holidays(due.year, RIGHTS)
        assert plain.day == day.day or (plain + timedelta(days=1)).day == 1
        day += timedelta(days=1)
