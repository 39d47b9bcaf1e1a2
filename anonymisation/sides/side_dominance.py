"""Whose amount of a part, of what is outside it, or of a cell less a part, is nearly all there is.

What is told of one union is a sum over its persons: of a part, each person's amount in it; of the union less a part,
what each has outside it; of a cell less a part, what each of the cell has outside the part, less what each of the other
cells has in it. Whoever has the second largest amount (taken without its sign) can work out the largest, unless what
the others have, added up without signs, is at least p % of it (the p % rule, Hundepool et al. 2012, section 4.2, with
amounts that may be subtracted). Exact, from every person's own amounts.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anonymisation.cells.disclosure import Integers, Rules

PART, REST, CELL = "part", "rest", "cell"


@dataclass(frozen=True)
class Dominated:
    """`kind`: the part itself, the union less it, or the cell (its place among the union's) less it."""

    kind: str
    part: int
    cell: int = 0


@dataclass(frozen=True)
class _Totals:
    """[…, part]: the sum, and its two largest terms."""

    total: Integers
    largest: Integers
    second: Integers

    def dominated(self, rules: Rules) -> NDArray[np.bool_]:
        needed = -(-rules.dominance_p * self.largest // 100)  # rounded up, as in disclosure.py
        found: NDArray[np.bool_] = self.total - self.largest - self.second < needed
        return found


def dominated(cell: Integers, amounts: Integers, rules: Rules) -> Iterator[Dominated]:
    """`cell`: of each person (at least one); `amounts[person, part]`: none negative."""
    if not rules.dominance_p:
        return
    order = np.argsort(cell, kind="stable")
    amounts = amounts[order]
    names, starts = np.unique(cell[order], return_index=True)
    inside = _by_cell(amounts, starts)
    outside = _by_cell(amounts.sum(axis=1, keepdims=True) - amounts, starts)
    for kind, totals in ((PART, _together(inside)), (REST, _together(outside))):
        for part in np.flatnonzero(totals.dominated(rules)):
            yield Dominated(kind, int(part))
    if len(names) > 1:
        for number, name in enumerate(names):
            for part in np.flatnonzero(_less_part(inside, outside, number).dominated(rules)):
                yield Dominated(CELL, int(part), int(name))


def _by_cell(amounts: Integers, starts: Integers) -> _Totals:
    """[cell, part]; persons are in the order of their cells."""
    largest = np.maximum.reduceat(amounts, starts, axis=0)
    sizes = np.diff(starts, append=len(amounts))
    place = np.arange(len(amounts))[:, None]
    is_largest = amounts == np.repeat(largest, sizes, axis=0)
    first = np.minimum.reduceat(np.where(is_largest, place, len(amounts)), starts, axis=0)
    others = np.where(place == np.repeat(first, sizes, axis=0), 0, amounts)
    return _Totals(np.add.reduceat(amounts, starts, axis=0), largest, np.maximum.reduceat(others, starts, axis=0))


def _together(each: _Totals) -> _Totals:
    tops = np.sort(np.concatenate([each.largest, each.second]), axis=0)
    return _Totals(each.total.sum(axis=0), tops[-1], tops[-2])


def _less_part(inside: _Totals, outside: _Totals, cell: int) -> _Totals:
    """The cell's persons with what they have outside each part, the others with what they have in it."""
    return _together(
        _Totals(
            *(
                np.concatenate([whose_own[cell : cell + 1], np.delete(others, cell, axis=0)])
                for whose_own, others in (
                    (outside.total, inside.total),
                    (outside.largest, inside.largest),
                    (outside.second, inside.second),
                )
            )
        )
    )
