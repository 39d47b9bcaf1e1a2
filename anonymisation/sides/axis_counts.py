"""One union along one axis (hours, session lengths): enough to count the distinct persons of any stretch."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from anonymisation.cells.leaf_cell import merged_top_two
from refusals.errors import InputRefused

NONE_BEFORE = -1
_Pairs = Mapping[tuple[int, int], int]


@dataclass(frozen=True)
class AxisCounts:
    """Sums over persons along positions 0 … n - 1; of several units (regions, age bands) by `+`.

    `sessions`, `measure` (microseconds): one integer a position. `transitions`: persons by (nearest lower position that
    they have, or -1; position). `extents`: persons by (first, last position). `heaviest`: for the persons with the
    largest measures over all positions, their measure by position; `largest_unlisted`: the largest total of anyone not
    listed (0: everyone is, or the others have none). A person is in one unit only, so sums count nobody twice.

    Raises:
        InputRefused: the figures do not fit each other.
    """

    sessions: tuple[int, ...]
    measure: tuple[int, ...]
    transitions: _Pairs
    extents: _Pairs
    heaviest: tuple[tuple[int, ...], ...] = ()
    largest_unlisted: int = 0

    def __post_init__(self) -> None:
        n = len(self.sessions)
        if len(self.measure) != n or any(len(vector) != n for vector in self.heaviest):
            raise InputRefused("axis counts: sessions, measure and heaviest need one figure a position")
        if not all(NONE_BEFORE <= previous < position < n for previous, position in self.transitions):
            raise InputRefused("axis counts: a transition goes from a lower position to a higher one")
        if not all(0 <= first <= last < n for first, last in self.extents):
            raise InputRefused("axis counts: an extent goes from a first position to a last one")
        entered = sum(persons for (previous, _), persons in self.transitions.items() if previous == NONE_BEFORE)
        if entered != self.persons:
            raise InputRefused("axis counts: transitions and extents are not of the same persons")

    def __add__(self, other: "AxisCounts") -> "AxisCounts":
        return sum_of_units([self, other])

    @cached_property
    def persons(self) -> int:
        """Everyone in the union."""
        return sum(self.extents.values())

    def persons_in(self, first: int, last: int) -> int:
        """Distinct persons with anything in [first, last]."""
        return self._persons_in[first][last]

    def persons_within(self, first: int, last: int) -> int:
        """Distinct persons with something in [first, last] and nothing outside it."""
        return self._persons_within[first][last]

    def persons_leaving(self, first: int, last: int) -> int:
        """Distinct persons whose first position is in [first, last] and whose last is beyond."""
        return sum(self._persons_starting[first : last + 1]) - self.persons_within(first, last)

    def top_two_bounds(self, first: int, last: int) -> tuple[tuple[int, int], tuple[int, int]]:
        """Upper bounds on the two largest contributions inside [first, last], and on those outside it.

        Sound: a listed person's contribution is exact, and nobody else's is above the largest unlisted total.
        """
        unlisted = (self.largest_unlisted, self.largest_unlisted)
        inside = [(sums[last + 1] - sums[first], 0) for sums in self._heavy]
        outside = [(sums[-1] - part, 0) for sums, (part, _) in zip(self._heavy, inside, strict=True)]
        return merged_top_two([unlisted, *inside]), merged_top_two([unlisted, *outside])

    @cached_property
    def _persons_in(self) -> list[list[int]]:
        entering = self._square()  # [a][b]: persons whose first position at or after a is b
        for (previous, position), persons in self.transitions.items():
            for first in range(previous + 1, position + 1):
                entering[first][position] += persons
        return [list(accumulate(row)) for row in entering]

    @cached_property
    def _persons_within(self) -> list[list[int]]:
        ending = self._square()  # [a][b]: persons whose first position is at or after a, and the last is b
        for (start, last), persons in self.extents.items():
            for first in range(start + 1):
                ending[first][last] += persons
        return [list(accumulate(row)) for row in ending]

    @cached_property
    def _persons_starting(self) -> list[int]:
        starting = [0] * len(self.sessions)
        for (first, _), persons in self.extents.items():
            starting[first] += persons
        return starting

    @cached_property
    def _heavy(self) -> list[list[int]]:
        # A listed person whose total is no larger than the unlisted bound tells nothing that the bound does not.
        heavy = [vector for vector in self.heaviest if sum(vector) > self.largest_unlisted]
        return [list(accumulate(vector, initial=0)) for vector in heavy]

    def _square(self) -> list[list[int]]:
        return [[0] * len(self.sessions) for _ in self.sessions]


def sum_of_units(units: Sequence[AxisCounts]) -> AxisCounts:
    """The counts of a union, from those of its units (at least one, all of one axis).

    Raises:
        InputRefused: there is no unit, or their axes differ.
    """
    if not units or len({len(unit.sessions) for unit in units}) != 1:
        raise InputRefused("axis counts: a union has at least one unit, and units of one axis")
    return AxisCounts(
        tuple(map(sum, zip(*(unit.sessions for unit in units), strict=True))),
        tuple(map(sum, zip(*(unit.measure for unit in units), strict=True))),
        _added(unit.transitions for unit in units),
        _added(unit.extents for unit in units),
        tuple(vector for unit in units for vector in unit.heaviest),
        max(unit.largest_unlisted for unit in units),
    )


def _added(many: Iterable[_Pairs]) -> dict[tuple[int, int], int]:
    total: Counter[tuple[int, int]] = Counter()
    for pairs in many:
        total.update(pairs)
    return dict(total)
