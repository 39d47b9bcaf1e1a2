"""Leaf cells (what counting hands over) and cells (what recoding makes of them)."""

from collections.abc import Iterable
from dataclasses import dataclass

from anonymisation.hierarchies.hierarchy import Group
from refusals.errors import InputRefused


@dataclass(frozen=True, slots=True)
class LeafCell:
    """The person-weeks of one leaf combination: confidential, since it may be a single person.

    `codes`: one leaf a dimension. `persons`: at least 1. `measure`: the sum on which dominance is judged
    (microseconds), `largest` and `second` its two largest contributions by one person (`second` 0 when there is one
    person). `counts`: further additive figures (sessions, …), in an order that the caller keeps; `tops`: of each, the
    two largest contributions by one person. No `tops`: counts that dominance is not judged on.
    """

    codes: tuple[str, ...]
    persons: int
    measure: int
    largest: int
    second: int
    counts: tuple[int, ...] = ()
    tops: tuple[tuple[int, int], ...] = ()

    @property
    def further(self) -> tuple[tuple[int, int, int], ...]:
        """Total, largest and second largest contribution of each count that dominance is judged on."""
        return _further(self.counts, self.tops)


@dataclass(frozen=True, slots=True)
class Cell:
    """A set of whole person-weeks that is published together: one group a dimension, and the sums over it.

    `largest`, `second` and `tops` are for the rules alone, and are never published.
    """

    groups: tuple[Group, ...]
    persons: int
    measure: int
    largest: int
    second: int
    counts: tuple[int, ...] = ()
    tops: tuple[tuple[int, int], ...] = ()

    @property
    def further(self) -> tuple[tuple[int, int, int], ...]:
        """Total, largest and second largest contribution of each count that dominance is judged on."""
        return _further(self.counts, self.tops)


def _further(counts: tuple[int, ...], tops: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int, int], ...]:
    return tuple((count, *top) for count, top in zip(counts, tops, strict=True)) if tops else ()


def merged_top_two(pairs: Iterable[tuple[int, int]]) -> tuple[int, int]:
    """The two largest of all contributions, from the two largest of each disjoint set of persons."""
    largest = second = 0
    for first, following in pairs:
        largest, second = max(largest, first), max(min(largest, first), second, following)
    return largest, second


def cell_of(groups: tuple[Group, ...], leaf_cells: Iterable[LeafCell]) -> Cell:
    """The sum of these leaf cells (at least one), described by `groups`."""
    members = list(leaf_cells)
    largest, second = merged_top_two((leaf.largest, leaf.second) for leaf in members)
    return Cell(
        groups,
        sum(leaf.persons for leaf in members),
        sum(leaf.measure for leaf in members),
        largest,
        second,
        tuple(map(sum, zip(*(leaf.counts for leaf in members), strict=True))),
        tuple(map(merged_top_two, zip(*(leaf.tops for leaf in members), strict=True))),
    )


def check_leaf_cells(leaf_cells: Iterable[LeafCell], dimensions: int) -> None:
    """Counts that cannot be counts are refused, without quoting one.

    Raises:
        InputRefused: a combination is there twice or has the wrong number of codes, nobody is in it, a figure is
            negative, or the two largest contributions do not fit their measure.
    """
    seen: set[tuple[str, ...]] = set()
    judged: set[int] = set()
    for leaf in leaf_cells:
        if len(leaf.codes) != dimensions or leaf.codes in seen:
            raise InputRefused("leaf cells: one row a combination of leaves, one code a dimension")
        seen.add(leaf.codes)
        if leaf.persons < 1 or leaf.second < 0 or any(count < 0 for count in leaf.counts):
            raise InputRefused("leaf cells: persons must be at least 1, and no figure negative")
        judged.add(len(leaf.tops))
        if len(judged) > 1 or len(leaf.tops) not in {0, len(leaf.counts)}:
            raise InputRefused("leaf cells: two largest contributions for each of the counts, or for none of them")
        for total, largest, second in ((leaf.measure, leaf.largest, leaf.second), *leaf.further):
            if not 0 <= second <= largest <= total - second:
                raise InputRefused(
                    "leaf cells: largest and second must be the two largest contributions to the measure"
                )
