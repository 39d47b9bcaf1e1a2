"""Counts told in steps: how many sessions or views there were, as far as it tells of nobody who came again."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from anonymisation.audit.atoms import Interval, PublishedFigure
from refusals.errors import UsageError


@dataclass(frozen=True, slots=True)
class CountStep:
    """How far apart the counts are that can be told (`width`, in counts; 1 tells them exactly).

    A count is told as `floor + width x m + offset`, where `width x m <= count - floor < width x (m + 1)`. The floor is
    the least that the count can be by what else is published: the users of a row of the app, each with a session; 0
    where the count can be below the users, as in GA4. Above the floor, m alone is told: the offset is a constant, so
    that nothing about the rest can be derived from it.
    """

    width: int

    def __post_init__(self) -> None:
        if self.width < 1:
            raise UsageError("a step of counts must be at least 1: 1 tells them exactly")

    @property
    def offset(self) -> int:
        """By how much, at most, a told count is above the true one: the middle of a step, or just below it."""
        return (self.width - 1) // 2

    @property
    def below(self) -> int:
        """By how much, at most, a told count is below the true one."""
        return self.width - 1 - self.offset

    def told(self, count: int, floor: int = 0) -> int:
        """What may be written of a count: a function of how often the step fits between floor and count."""
        if count < floor:
            raise UsageError("a count below its floor cannot be told from there")
        return floor + (count - floor) // self.width * self.width + self.offset

    def interval(self, told: int, rows: int = 1) -> Interval:
        """What a told count leaves open; of a sum of so many told counts, what the sum does."""
        return told - rows * self.offset, told + rows * self.below


def in_steps(figure: PublishedFigure, floor: int, counts: Iterable[str], step: CountStep) -> PublishedFigure:
    """A figure whose counts (their names), given exactly, are told in steps above a floor."""
    told = {name: step.interval(step.told(figure.values[name][0], floor)) for name in counts}
    return replace(figure, values={**figure.values, **told})
