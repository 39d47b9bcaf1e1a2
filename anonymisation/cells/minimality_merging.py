"""The choice of cells, tried before it is published: what the minimality attack leaves unproven is merged further.

A leaf that no other table was found for is told together with a neighbour of its cell: the least box over both that
cuts no cell and is under one node of the tree, as in reference_partition.py. The merge is taken if it withstands the
same attack: for every leaf in it that was unproven, an exchange within the larger cell comes out as the same cells,
when whoever attacks knows which boxes are merged. Leaves that were hidden before stay so: a table that is recoded to
the same cells is merged to the same cells. Boxes that leave the unions of the side marts as they are come first; one
that would coarsen them for everybody else is not taken.

What is left is counted, for the data team; it is neither a leak shown nor a proof of safety. Nor does the attack know
that a merge was made because of it: that would take a trial of every other table too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from anonymisation.cells.disclosure import Rules
from anonymisation.cells.leaf_cell import Cell, LeafCell, cell_of
from anonymisation.cells.minimality import Recode, Tables, members_of_cells, merged_leaves, unproven_in
from anonymisation.cells.unions import finest_unions
from anonymisation.hierarchies.hierarchy import Group, Hierarchy
from anonymisation.hierarchies.leaf_box import Box, BoxSpace, lowest_position, meet

#: Merges that are tried for one leaf.
MOST_WAYS = 4


@dataclass(frozen=True, slots=True)
class TriedChoice:
    """`cells` to publish; of the `small` leaves in merged cells, those a further merge hid, and those unproven."""

    cells: list[Cell]
    small: int
    merged: int
    unproven: int


def try_choice(
    leaf_cells: Sequence[LeafCell],
    cells: Sequence[Cell],
    recode: Recode,
    hierarchies: Sequence[Hierarchy],
    rules: Rules,
) -> TriedChoice:
    """`cells`: what `recode` made of the leaf cells, of a tree and one further dimension."""
    attack = merged_leaves(leaf_cells, cells, recode, rules)
    merges = _Merges(BoxSpace(hierarchies), leaf_cells, list(cells), recode, rules)
    unproven = set(attack.unproven)
    for leaf in sorted(attack.unproven - attack.untried):
        if leaf in unproven and merges.may_go_on:
            unproven -= merges.hide(leaf, unproven)
    return TriedChoice(merges.cells, len(attack.small), len(attack.unproven) - len(unproven), len(unproven))


class _Merges:
    """The cells of one week, and the boxes in which some of them were merged."""

    def __init__(
        self, space: BoxSpace, leaf_cells: Sequence[LeafCell], cells: list[Cell], recode: Recode, rules: Rules
    ) -> None:
        self._space, self._leaf_cells, self._recode, self._rules = space, leaf_cells, recode, rules
        self.cells = cells
        self._boxes: list[Box] = []
        self._tables = Tables.of(leaf_cells)
        self._known: dict[tuple[tuple[str, ...], ...], Box] = {}

    @property
    def may_go_on(self) -> bool:
        """Whether tables are left to try a merge with."""
        return self._tables.left > 0

    def hide(self, leaf: int, unproven: set[int]) -> set[int]:
        """Merges the leaf's cell where that withstands the attack; the leaves that are thereby hidden."""
        for box in islice(self._ways(self._leaf_cells[leaf]), MOST_WAYS):
            boxes = [*self._boxes, box]
            cells = self._merged(self.cells, [box])
            members = members_of_cells(cells, self._leaf_cells)
            (inside,) = (unproven.intersection(some) for some in members if leaf in some)

            def recode(table: list[LeafCell], boxes: list[Box] = boxes) -> list[Cell]:
                return self._merged(self._recode(table) or [], boxes)

            if not unproven_in(self._leaf_cells, cells, members, inside, recode, self._rules, self._tables):
                self.cells, self._boxes = cells, boxes
                return inside
        return set()

    def _ways(self, leaf: LeafCell) -> Iterator[Box]:
        """Boxes over the leaf's cell and others, under as small a node as has any, the least loss first."""
        at = self._space.box([[code] for code in leaf.codes])
        boxes = [self._box(cell) for cell in self.cells]
        (own,) = (box for box in boxes if meet(box, at))
        unions = [self._union(dimension, own) for dimension in range(2)]
        for node in self._space.nodes_above(own[0]):
            near = [box for box in boxes if box[0] & node]
            ways = {self._space.closed(self._space.hull(own, box), near) for box in near if box != own}
            kept = [box for box in ways if not (box[0] & ~(node & unions[0]) or box[1] & ~unions[1])]
            yield from sorted(kept, key=self._cost)
            if kept:
                return

    def _union(self, dimension: int, box: Box) -> int:
        """The leaves of the finest union along this dimension that the box is in."""
        unions = (self._space.bits(dimension, one.group.leaves) for one in finest_unions(self.cells, dimension))
        return next(leaves for leaves in unions if leaves & box[dimension])

    def _cost(self, box: Box) -> tuple[int, Box]:
        """What is lost in it; of equals the first, whatever order they come in."""
        loss = self._space.loss(box)
        inside = [(cell.persons, its) for cell in self.cells if meet(its := self._box(cell), box)]
        more = sum(persons * (loss - self._space.loss(its)) for persons, its in inside)
        return more, box

    def _merged(self, cells: Sequence[Cell], boxes: Sequence[Box]) -> list[Cell]:
        """The cells in each box as one. Cells that a box cuts are merged too, so that they come out as others."""
        for box in boxes:
            inside = [cell for cell in cells if meet(self._box(cell), box)]
            groups = tuple(
                hierarchy.group(leaves)
                for hierarchy, leaves in zip(self._space.hierarchies, self._space.leaf_sets(box), strict=True)
            )
            if inside:
                cells = [*(cell for cell in cells if cell not in inside), _sum_of(groups, inside)]
        return sorted(cells, key=lambda cell: tuple(map(lowest_position, self._box(cell))))

    def _box(self, cell: Cell) -> Box:
        key = cell.groups[0].leaves, cell.groups[1].leaves
        if key not in self._known:
            self._known[key] = self._space.box(key)
        return self._known[key]


def _sum_of(groups: tuple[Group, ...], cells: Sequence[Cell]) -> Cell:
    return cell_of(groups, (LeafCell((), c.persons, c.measure, c.largest, c.second, c.counts, c.tops) for c in cells))
