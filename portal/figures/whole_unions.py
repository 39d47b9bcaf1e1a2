"""The finest unions that no cell crosses: what can be told by region, age, length or hour without dividing a cell."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

Row = TypeVar("Row")


def whole_unions(rows: Sequence[Row], covers: Callable[[Row], Iterable[Hashable]]) -> list[list[Row]]:
    """Every row in exactly one union: rows that cover a leaf in common are together, directly or through others.

    So a sum over a union is a sum of whole cells, and no leaf of one union is in another. Unions and rows keep the
    order in which they come.
    """
    parent: dict[Hashable, Hashable] = {}

    def find(leaf: Hashable) -> Hashable:
        while parent.setdefault(leaf, leaf) != leaf:
            parent[leaf] = parent[parent[leaf]]
            leaf = parent[leaf]
        return leaf

    first_of = []
    for row in rows:
        first, *others = covers(row)
        first_of.append(first)
        for leaf in others:
            parent[find(leaf)] = find(first)
    unions: dict[Hashable, list[Row]] = {}
    for row, first in zip(rows, first_of, strict=True):
        unions.setdefault(find(first), []).append(row)
    return list(unions.values())
