"""The finest sets of leaves, along one dimension, that no cell crosses."""

from collections.abc import Sequence
from dataclasses import dataclass

from anonymisation.cells.connected import first_connected
from anonymisation.cells.leaf_cell import Cell
from anonymisation.hierarchies.hierarchy import Group
from refusals.errors import InputRefused


@dataclass(frozen=True, slots=True)
class Union:
    """Whole cells that together cover `group.leaves` in one dimension; a side mart may subdivide nothing smaller."""

    group: Group
    cells: tuple[Cell, ...]

    @property
    def persons(self) -> int:
        """Person-weeks in the union: a sum of whole cells."""
        return sum(cell.persons for cell in self.cells)


def finest_unions(cells: Sequence[Cell], dimension: int) -> list[Union]:
    """Every cell in exactly one union; cells that share a leaf of `dimension` are in the same one.

    A leaf that no cell covers (nobody was there) is in no union. In the order of the hierarchy's leaves.

    Raises:
        InputRefused: a cell's group was not made by a hierarchy.
    """
    leaves_of: dict[int, set[str]] = {}
    cells_of: dict[int, list[Cell]] = {}
    for cell, first in zip(cells, first_connected([cell.groups[dimension].leaves for cell in cells]), strict=True):
        leaves_of.setdefault(first, set()).update(cell.groups[dimension].leaves)
        cells_of.setdefault(first, []).append(cell)
    unions = []
    for together, members in cells_of.items():
        hierarchy = members[0].groups[dimension].hierarchy
        if hierarchy is None:
            raise InputRefused("a cell's group does not know its hierarchy: make it by Hierarchy.group")
        unions.append((hierarchy, Union(hierarchy.group(leaves_of[together]), tuple(members))))
    return [union for _, union in sorted(unions, key=lambda pair: pair[0].position(pair[1].group.leaves[0]))]
