"""The finest unions that no cell crosses: what can be told by region, age, length or hour without dividing a cell."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

from anonymisation.cells.connected import first_connected

Row = TypeVar("Row")


def whole_unions(rows: Sequence[Row], covers: Callable[[Row], Iterable[Hashable]]) -> list[list[Row]]:
    """Every row in exactly one union: rows that cover a leaf in common are together, directly or through others.

    So a sum over a union is a sum of whole cells, and no leaf of one union is in another. Unions and rows keep the
    order in which they come.
    """
    unions: dict[int, list[Row]] = {}
    for row, first in zip(rows, first_connected([covers(row) for row in rows]), strict=True):
        unions.setdefault(first, []).append(row)
    return list(unions.values())
