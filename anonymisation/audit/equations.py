"""Exact linear algebra over published figures: which combinations of them speak of a few persons only.

Rationals throughout (`fractions.Fraction`), so that no rounding decides whether a figure is determined.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm

_Row = dict[int, Fraction]


@dataclass(frozen=True)
class Combination:
    """Σ `figures` (number: coefficient) is exactly Σ `columns` (number: coefficient), in whole numbers."""

    figures: Mapping[int, int]
    columns: Mapping[int, int]


class Elimination:
    """The row space of the figures, with the columns of `first` eliminated before all others."""

    def __init__(self, rows: Sequence[Mapping[int, int]], first: Collection[int]) -> None:
        """`rows`: a figure each, {column: coefficient}."""
        self._first = frozenset(first)
        self._pivots: dict[int, tuple[_Row, _Row]] = {}  # by pivot column: what it is, and of which figures
        for number, row in enumerate(rows):
            values, combination = self._reduced(
                {column: Fraction(value) for column, value in row.items() if value}, {number: Fraction(1)}
            )
            if values:
                pivot = min(values, key=self._rank)
                self._pivots[pivot] = (
                    {column: value / values[pivot] for column, value in values.items()},
                    {figure: value / values[pivot] for figure, value in combination.items()},
                )

    def beyond_first(self) -> list[Combination]:
        """A basis of all combinations that are zero on every column of `first`, each as short as elimination makes it.

        Empty: every combination that is not zero everywhere speaks of a column of `first`.
        """
        late = [pivot for pivot in self._pivots if pivot not in self._first]
        found = []
        for pivot in sorted(late):
            values, combination = dict(self._pivots[pivot][0]), dict(self._pivots[pivot][1])
            for other in sorted(late):
                if other != pivot and other in values:
                    _subtract(values, combination, self._pivots[other], values[other])
            found.append(_whole(combination, values))
        return found

    def _rank(self, column: int) -> tuple[bool, int]:
        return column not in self._first, column

    def _reduced(self, values: _Row, combination: _Row) -> tuple[_Row, _Row]:
        """What is left of a row when all known pivots are taken out; a pivot's row may bring in later columns."""
        done: set[int] = set()
        while True:
            pending = [column for column in values if column in self._pivots and column not in done]
            if not pending:
                return values, combination
            column = min(pending, key=self._rank)
            done.add(column)
            _subtract(values, combination, self._pivots[column], values[column])


def _subtract(values: _Row, combination: _Row, pivot: tuple[_Row, _Row], factor: Fraction) -> None:
    for into, row in ((values, pivot[0]), (combination, pivot[1])):
        for key, value in row.items():
            left = into.get(key, Fraction(0)) - factor * value
            if left:
                into[key] = left
            else:
                into.pop(key, None)


def _whole(combination: _Row, values: _Row) -> Combination:
    """Scaled to the smallest whole coefficients, the first figure's positive."""
    both = [*combination.values(), *values.values()]
    scale = lcm(*(value.denominator for value in both))
    shared = gcd(*(int(value * scale) for value in both)) or 1
    sign = -1 if combination and combination[min(combination)] < 0 else 1
    return Combination(
        {key: sign * int(value * scale) // shared for key, value in sorted(combination.items())},
        {key: sign * int(value * scale) // shared for key, value in sorted(values.items())},
    )
