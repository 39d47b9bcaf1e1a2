"""The weeks that the demonstration covers, and the moment from which it is looked at."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

ZONE = ZoneInfo("Europe/Amsterdam")
#: The third quarter of 2026 as a whole, and half of the fourth, the end of summer time among it.
FIRST_DAY = date(2026, 6, 29)
WEEKS = 20
LAST_DAY = FIRST_DAY + timedelta(days=7 * WEEKS - 1)
#: After the last week's end plus three days, so that all weeks freeze.
AS_OF = datetime(2026, 11, 19, 6, tzinfo=UTC)

SECOND_US = 1_000_000
HOUR_US = 3600 * SECOND_US
DAY_US = 24 * HOUR_US


@dataclass(frozen=True, slots=True)
class WeekSpan:
    """Whole ISO weeks of Europe/Amsterdam.

    Raises:
        ValueError: `first_day` is no Monday, or there is no week.
    """

    first_day: date = FIRST_DAY
    weeks: int = WEEKS

    def __post_init__(self) -> None:
        if self.first_day.weekday() != 0 or self.weeks < 1:
            raise ValueError("a span is one or more weeks from a Monday on")

    @property
    def days(self) -> int:
        """How many local days."""
        return 7 * self.weeks

    @property
    def last_day(self) -> date:
        """The last week's Sunday."""
        return self.first_day + timedelta(days=self.days - 1)

    @property
    def as_of(self) -> datetime:
        """A moment at which the last week may freeze: four days after its Sunday, 06:00 UTC."""
        return datetime.combine(self.last_day + timedelta(days=4), time(6), UTC)

    @property
    def as_of_us(self) -> int:
        """The same in µs UTC."""
        return microseconds(self.as_of)

    def midnights_us(self) -> np.ndarray:
        """The local midnight that begins each day, and the one after the last (days + 1 instants, µs UTC)."""
        days = (self.first_day + timedelta(days=day) for day in range(self.days + 1))
        return np.array([microseconds(datetime.combine(day, time(0), ZONE)) for day in days], dtype=np.int64)


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970 in UTC, exactly."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def generator(seed: int, part: str) -> np.random.Generator:
    """Random numbers of one part's own, so that a change of one part leaves the others as they were."""
    return np.random.default_rng([seed, *part.encode()])
