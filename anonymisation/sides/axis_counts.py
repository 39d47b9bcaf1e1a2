"""One union along one axis (hours, session lengths): enough to count the distinct persons of any stretch."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from anonymisation.cells.disclosure import Integers
from refusals.errors import InputRefused

NONE_BEFORE = -1
_Pairs = Mapping[tuple[int, int], int]
TopTwo = tuple[Integers, Integers]


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
        return int(self.inside[first, last])

    def persons_within(self, first: int, last: int) -> int:
        """Distinct persons with something in [first, last] and nothing outside it."""
        return int(self.within[first, last])

    def persons_leaving(self, first: int, last: int) -> int:
        """Distinct persons whose first position is in [first, last] and whose last is beyond."""
        return int(self.leaving[first, last])

    @cached_property
    def inside(self) -> Integers:
        """[first, last]: `persons_in`, of every stretch; 0 where last is before first, as in those that follow."""
        entering = self._square(self.transitions)  # [a - 1][b]: persons who have b, and a - 1 as the nearest lower
        # [a][b]: persons whose first position at or after a is b
        since = np.triu(np.cumsum(entering, axis=0))
        return np.cumsum(since, axis=1)

    @cached_property
    def within(self) -> Integers:
        """[first, last]: `persons_within`, of every stretch."""
        since = np.cumsum(self._square(self.extents, 0)[::-1], axis=0)[::-1]  # [a][b]: first at or after a, last b
        return np.cumsum(since, axis=1)

    @cached_property
    def leaving(self) -> Integers:
        """[first, last]: `persons_leaving`, of every stretch."""
        return np.triu(stretch_sums(self._square(self.extents, 0).sum(axis=1)) - self.within)

    def top_two_bounds(self, firsts: Integers, lasts: Integers) -> tuple[TopTwo, TopTwo]:
        """Of each stretch, upper bounds on the two largest contributions inside it, and on those outside it.

        Sound: a listed person's contribution is exact, and nobody else's is above the largest unlisted total.
        """
        heavy = self._heavy
        inside = heavy[:, lasts + 1] - heavy[:, firsts]
        return self._top_two(inside), self._top_two(heavy[:, -1:] - inside)

    def _top_two(self, listed: Integers) -> TopTwo:
        unlisted = np.full((2, listed.shape[1]), self.largest_unlisted, dtype=np.int64)
        tops = np.partition(np.concatenate([unlisted, listed]), -2, axis=0)[-2:]
        return tops.max(axis=0), tops.min(axis=0)

    @cached_property
    def _heavy(self) -> Integers:
        """[person, position]: the measure before it."""
        # A listed person whose total is no larger than the unlisted bound tells nothing that the bound does not.
        heavy = [(0, *vector) for vector in self.heaviest if sum(vector) > self.largest_unlisted]
        return np.cumsum(np.array(heavy, dtype=np.int64).reshape(-1, len(self.sessions) + 1), axis=1)

    def _square(self, pairs: _Pairs, least: int = NONE_BEFORE) -> Integers:
        """[first - least, second]: the persons of a pair, `least` the lowest that a first can be."""
        square = np.zeros((len(self.sessions),) * 2, dtype=np.int64)
        for (first, second), persons in pairs.items():
            square[first - least, second] = persons
        return square


def stretch_sums(figures: Sequence[int] | Integers) -> Integers:
    """[first, last]: the sum of the figures of every stretch of positions; 0 where last is before first."""
    before = np.concatenate([[0], np.cumsum(np.asarray(figures, dtype=np.int64))])
    return np.triu(before[None, 1:] - before[:-1, None])


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
