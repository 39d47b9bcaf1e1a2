"""Labels of intervals of an ordinal hierarchy that say no more and no less than what they cover.

`23-28` says all numbers between, so it is used only where the leaves are numbers or bands of numbers in ascending
order, none of which overlaps. Anything else is told by its first and last leaf: `2019-11 to 2020-02` (taken for bands,
they would make `2019-02`), `65+ to 18-24`. Where leaves hold numbers that go up and down, even the two ends would tell
others than are covered, so the label says that the order is the hierarchy's.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

_BAND = re.compile(r"(\d+)(?:-(\d+)|(\+))?")
_NUMBERS = re.compile(r"\d+")
Band = tuple[int, float]


class IntervalLabels:
    """The labels of one hierarchy's intervals."""

    def __init__(self, leaves: Sequence[str]) -> None:
        self._leaves = leaves
        self._bands = [_band(leaf) for leaf in leaves]
        bands = [band for band in self._bands if band is not None]
        self._are_ascending = all(one[1] < other[0] for one, other in pairwise(bands))
        self._are_in_order = _are_in_order(leaves)

    def plainest(self, first: int, last: int) -> str:
        """The interval from one leaf to another, by their places."""
        bands = self._bands[first : last + 1]
        start, end = bands[0], bands[-1]
        if self._are_ascending and None not in bands and start is not None and end is not None:
            return f"{self._lower(first)}+" if end[1] == float("inf") else f"{self._lower(first)}-{self._upper(last)}"
        return self.by_ends(first, last)

    def by_ends(self, first: int, last: int) -> str:
        """The first leaf and the last."""
        label = f"{self._leaves[first]} to {self._leaves[last]}"
        return label if self._are_in_order else f"{label} in the hierarchy's order"

    def _lower(self, leaf: int) -> str:
        return str(_NUMBERS.findall(self._leaves[leaf])[0])

    def _upper(self, leaf: int) -> str:
        return str(_NUMBERS.findall(self._leaves[leaf])[-1])


def _band(leaf: str) -> Band | None:
    """The numbers that a leaf covers, if it is a number, a band such as `18-24`, or an open one such as `65+`."""
    told = _BAND.fullmatch(leaf)
    if not told:
        return None
    lower = int(told[1])
    upper = float("inf") if told[3] else int(told[2] or lower)
    return (lower, upper) if lower <= upper else None


def _are_in_order(leaves: Sequence[str]) -> bool:
    """Whether the numbers in the leaves only go up or only go down, read from the left or (as in dates) the right."""
    numbered = [leaf for leaf in leaves if _NUMBERS.search(leaf)]
    as_numbers = [_number(leaf) for leaf in numbered]
    told = [number for number in as_numbers if number is not None]
    if len(told) == len(numbered):
        return _is_monotone(told)
    parts = [tuple(map(int, _NUMBERS.findall(leaf))) for leaf in numbered]
    return _is_monotone(parts) or _is_monotone([part[::-1] for part in parts])


def _number(leaf: str) -> float | None:
    try:
        return float(leaf.replace(",", "."))
    except ValueError:
        return None


def _is_monotone(keys: Sequence[float] | Sequence[tuple[int, ...]]) -> bool:
    order = sorted(keys)
    return list(keys) in (order, order[::-1])
