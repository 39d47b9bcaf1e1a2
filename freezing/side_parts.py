"""One union of whole cells divided along an axis of the catalogue: its parts, as they are told and where they lie."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from anonymisation.cells.disclosure import Rules
from anonymisation.sides.axis_counts import AxisCounts
from anonymisation.sides.side_division import HOURS, WEEKDAY, WEEKEND, WHOLE_WEEK, Part, divide, divide_by_hour
from catalogue.axis import Axis
from policy.axis_policy import AxesPolicy

_FIRST_POSITIONS = {WHOLE_WEEK: (0, HOURS), WEEKDAY: (0,), WEEKEND: (HOURS,)}


@dataclass(frozen=True, slots=True)
class ToldPart:
    """A part of a union: the values of its axis' columns, the positions that it holds, and what is there.

    `measure` is in microseconds.
    """

    told: Mapping[str, Any]
    positions: frozenset[int]
    persons: int
    sessions: int
    measure: int

    @property
    def name(self) -> str:
        """As the audit calls it."""
        return " ".join(str(value) for value in self.told.values())

    @property
    def band(self) -> tuple[int, int | None]:
        """The first and last whole number of a part of bands; None: open."""
        first, last = self.told.values()
        return first, last


def axes_counted(axis: Axis) -> tuple[str, ...]:
    """The names under which the warehouse counts an axis."""
    return ("hour", "hour_by_day_type") if axis.kind == "hours" else (axis.name,)


def divided(axis: Axis, counts: Mapping[str, AxisCounts], axes: AxesPolicy, rules: Rules) -> list[ToldPart]:
    """The finest parts of a union that may be told of it alone; `counts` by the names of `axes_counted`.

    Raises:
        PublicationRefused: the union is not safe itself, or its counts are of different sessions.
    """
    if axis.kind == "hours":
        return [
            _hours(part.day_type, part.hour_from, part.hour_to, part.persons, part.sessions, part.measure)
            for part in divide_by_hour(counts["hour_by_day_type"], counts["hour"], rules)
        ]
    return [_part(axis, part, axes) for part in divide(counts[axis.name], rules)]


def whole(axis: Axis, counts: Mapping[str, AxisCounts], axes: AxesPolicy) -> ToldPart:
    """The union in one part."""
    one = counts[axes_counted(axis)[0]]
    sums = one.persons, sum(one.sessions), sum(one.measure)
    if axis.kind == "hours":
        return _hours(WHOLE_WEEK, 0, HOURS - 1, *sums)
    return _part(axis, Part(0, len(one.sessions) - 1, *sums), axes)


def _hours(  # noqa: PLR0917
    day_type: str, first: int, last: int, persons: int, sessions: int, measure: int
) -> ToldPart:
    positions = frozenset(start + hour for start in _FIRST_POSITIONS[day_type] for hour in range(first, last + 1))
    told = {"day_type": day_type, "hour_from": first, "hour_to": last}
    return ToldPart(told, positions, persons, sessions, measure)


def _part(axis: Axis, part: Part, axes: AxesPolicy) -> ToldPart:
    stretches = axes[axis.name]
    values = stretches.band(part.first, part.last) if axis.kind == "bands" else (stretches.word(part.first, part.last),)
    told = dict(zip((column.name for column in axis.columns), values, strict=True))
    return ToldPart(told, frozenset(range(part.first, part.last + 1)), part.persons, part.sessions, part.measure)
