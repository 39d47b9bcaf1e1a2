"""The finest partition that is made of whole cells in every week: what figures over several weeks can be summed by.

A block is a box: a set of leaf regions x an interval of ages (or of devices, each or all). Two cells of any weeks that
share a leaf combination must lie in one block, and so must whatever their common box reaches into. Closing over both
gives one partition, and no finer one has only whole cells in every week: each merge is forced. Every figure of a
block, in a week or over all of them, is a sum of whole cells, so nothing is told that the cells did not tell.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from anonymisation.cells.connected import first_connected
from anonymisation.hierarchies.hierarchy import FlatCategories, Group, Hierarchy, OrderedBands
from anonymisation.hierarchies.leaf_box import LeafSets
from refusals.errors import InputRefused

Extent = tuple[frozenset[int], int, int]  # positions of the first dimension's leaves; first and last of the other's


@dataclass(frozen=True, slots=True)
class CommonBlock:
    """One block: what it covers, and the numbers of its cells, week by week (a week in which nobody was: none)."""

    groups: tuple[Group, Group]
    cells: tuple[tuple[int, ...], ...]


def finest_common_partition(
    weeks: Sequence[Sequence[LeafSets]], hierarchies: tuple[Hierarchy, Hierarchy]
) -> list[CommonBlock]:
    """Every cell of every week in exactly one block; in the order of the hierarchies.

    `weeks`: what the cells of each week cover. The cells of a week must not overlap.

    Raises:
        InputRefused: a leaf is unknown, or what a cell covers is no box that can be published.
    """
    boxes = [[_box(cell, hierarchies) for cell in cells] for cells in weeks]
    blocks = _closed([box for week in boxes for box in week], hierarchies)
    block_of = {point: number for number, block in enumerate(blocks) for point in _points(block)}
    cells_of: list[list[list[int]]] = [[[] for _ in weeks] for _ in blocks]
    for week, found in enumerate(boxes):
        for number, box in enumerate(found):
            cells_of[block_of[next(iter(box[0])), box[1]]][week].append(number)
    first, other = hierarchies
    made = [
        CommonBlock(
            (
                first.group([first.leaves[position] for position in block[0]]),
                other.group(other.leaves[block[1] : block[2] + 1]),
            ),
            tuple(tuple(cells) for cells in cells_of[number]),
        )
        for number, block in enumerate(blocks)
    ]
    return sorted(made, key=lambda block: (first.position(block.groups[0].leaves[0]), *_place(block.groups[1], other)))


def _place(group: Group, hierarchy: Hierarchy) -> tuple[int, int]:
    return hierarchy.position(group.leaves[0]), len(group.leaves)


def _box(cell: LeafSets, hierarchies: tuple[Hierarchy, Hierarchy]) -> Extent:
    first, other = (
        [hierarchy.position(leaf) for leaf in leaves] for hierarchy, leaves in zip(hierarchies, cell, strict=True)
    )
    if not first or sorted(other) != list(range(min(other, default=1), max(other, default=0) + 1)):
        raise InputRefused("cells: one covers nothing, or ages that are no neighbours")
    return frozenset(first), min(other), max(other)


def _closed(boxes: Sequence[Extent], hierarchies: tuple[Hierarchy, Hierarchy]) -> list[Extent]:
    """Overlapping boxes become the least box over them, until none overlap."""
    blocks = list(dict.fromkeys(boxes))
    while True:
        heads = first_connected([_points(block) for block in blocks])
        together: dict[int, list[Extent]] = {}
        for number, block in enumerate(blocks):
            together.setdefault(heads[number], []).append(block)
        if len(together) == len(blocks):
            return blocks
        blocks = [_hull(members, hierarchies[1]) for members in together.values()]


def _points(block: Extent) -> list[tuple[int, int]]:
    leaves, first, last = block
    return [(leaf, position) for leaf in leaves for position in range(first, last + 1)]


def _hull(members: Sequence[Extent], other: Hierarchy) -> Extent:
    leaves = frozenset[int]().union(*(member[0] for member in members))
    first, last = min(member[1] for member in members), max(member[2] for member in members)
    if isinstance(other, FlatCategories) and first != last:
        first, last = 0, len(other.leaves) - 1
    elif not isinstance(other, OrderedBands | FlatCategories):
        raise InputRefused("a common partition is of regions and ordered bands or flat categories")
    return leaves, first, last
