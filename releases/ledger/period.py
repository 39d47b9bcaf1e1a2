"""What a release is about: an ISO week, or a quarter of whole ISO weeks."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from home.weeks.week_states import WEEK
from refusals.errors import UsageError

_Kind = Literal["week", "quarter"]


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A week or a quarter, by its first Monday; `label` is `2026-W39` or `2026-Q3`."""

    first_monday: date
    last_monday: date
    label: str

    @property
    def kind(self) -> _Kind:
        """Which of the two."""
        return "week" if self.first_monday == self.last_monday else "quarter"

    @property
    def mondays(self) -> tuple[date, ...]:
        """The Mondays of its weeks, in order."""
        count = (self.last_monday - self.first_monday) // WEEK + 1
        return tuple(self.first_monday + number * WEEK for number in range(count))

    @property
    def first_day(self) -> date:
        """A Monday."""
        return self.first_monday

    @property
    def last_day(self) -> date:
        """A Sunday, included."""
        return self.last_monday + timedelta(days=6)

    @classmethod
    def week(cls, monday: date) -> "Period":
        """The ISO week that begins on a Monday."""
        year, number, _ = monday.isocalendar()
        return cls(monday, monday, f"{year}-W{number:02d}")

    @classmethod
    def quarter(cls, monday: date) -> "Period":
        """The quarter of a week: that of its Thursday, so that a week is never cut (contract section 5)."""
        year, quarter = _quarter_of(monday)
        first = _monday_of_first_thursday(date(year, 3 * quarter - 2, 1))
        following = date(year + quarter // 4, 3 * (quarter % 4) + 1, 1)
        return cls(first, _monday_of_first_thursday(following) - WEEK, f"{year}-Q{quarter}")

    @classmethod
    def parse(cls, label: str) -> "Period":
        """The period of a label.

        Raises:
            UsageError: it is none.
        """
        week = re.fullmatch(r"([1-9][0-9]{3})-W([0-9]{2})", label)
        quarter = re.fullmatch(r"([1-9][0-9]{3})-Q([1-4])", label)
        try:
            if week:
                date.fromisocalendar(int(week[1]), int(week[2]), 7)  # raises where the calendar ends within the week
                return cls.week(date.fromisocalendar(int(week[1]), int(week[2]), 1))
            if quarter:
                return cls.quarter(_monday_of_first_thursday(date(int(quarter[1]), 3 * int(quarter[2]) - 2, 1)))
        except ValueError:
            pass
        raise UsageError("a period is an ISO week such as 2026-W39, or a quarter such as 2026-Q3")


def _quarter_of(monday: date) -> tuple[int, int]:
    thursday = monday + timedelta(days=3)
    return thursday.year, (thursday.month - 1) // 3 + 1


def _monday_of_first_thursday(first_of_month: date) -> date:
    thursday = first_of_month + timedelta(days=(3 - first_of_month.weekday()) % 7)
    return thursday - timedelta(days=3)
