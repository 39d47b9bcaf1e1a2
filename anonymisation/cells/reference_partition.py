"""A reference partition: weeks keep its cells wherever the rules allow, so that they can be compared over time.

What is done with one week is a function of that week and of the reference alone, so weeks freeze in any order.

A cell of the reference in which nobody was is no cell; one that is safe is kept as it is. Whatever else there is (cells
that would break the rules, and leaf combinations that the reference leaves free) is released. A released block that is
unsafe is merged with others, the first in the hierarchies' order first, again and again: into the least box that is a
union of whole blocks, with preference

1. for what lies under the same node of the tree, so that a roll-up to that node can still be compared,
2. then for the fewest safe cells of the reference that have to be left for it,
3. then for the least information lost, and for the first in the hierarchies' order.

A released block that is safe is then divided like a week of its own, with the least information lost. The week as a
whole is safe and is one of the boxes, so this ends. What the choice tells: whoever knows the reference sees which of
its cells were left, hence that one of those that were merged broke a rule; that is an inequality on the counts of
cells, for the release audit to judge like every merge (recoding.py).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from anonymisation.cells.disclosure import Rules, is_safe
from anonymisation.cells.leaf_cell import Cell, LeafCell, cell_of
from anonymisation.hierarchies.hierarchy import Hierarchy
from anonymisation.hierarchies.leaf_box import Box, BoxSpace, LeafSets, lowest_position, meet
from refusals.errors import UsageError

#: Divides leaf cells that are safe together: recode(), without a reference.
Divide = Callable[[Sequence[LeafCell], Sequence[Hierarchy], Rules], list[Cell] | None]


@dataclass(frozen=True, slots=True)
class _Block:
    """Leaf cells that are published together or released together. `figures` None: nobody is in it."""

    box: Box
    members: tuple[LeafCell, ...]
    figures: Cell | None
    is_reference: bool
    is_safe: bool

    @property
    def place(self) -> tuple[int, int]:
        return lowest_position(self.box[0]), lowest_position(self.box[1])

    @property
    def persons(self) -> int:
        return self.figures.persons if self.figures else 0


class ReferencePartition:
    """Cells of a tree and one further dimension that do not overlap; what they leave free is recoded week by week."""

    def __init__(self, cells: Iterable[LeafSets], hierarchies: Sequence[Hierarchy]) -> None:
        """Raises:
        UsageError: two cells overlap, or the dimensions are no tree and one other.
        InputRefused: a leaf is unknown, or no published value covers exactly a cell's leaves.
        """
        self.space = BoxSpace(hierarchies)
        self.cells: list[Box] = []
        covered: dict[int, int] = defaultdict(int)
        for leaf_sets in cells:
            for hierarchy, leaves in zip(hierarchies, leaf_sets, strict=True):
                hierarchy.group(leaves)
            box = self.space.box(leaf_sets)
            for position in map(hierarchies[0].position, leaf_sets[0]):
                if covered[position] & box[1]:
                    raise UsageError("reference partition: two cells overlap; let each leaf be in one of them")
                covered[position] |= box[1]
            self.cells.append(box)
        self.cells.sort(key=lambda box: (lowest_position(box[0]), lowest_position(box[1])))
        self.free = self._free(covered)

    def _free(self, covered: dict[int, int]) -> list[Box]:
        """What no cell covers, as boxes: regions with the same free leaves together, as far as they have one parent."""
        regions_of: dict[int, int] = defaultdict(int)
        for position in range(len(self.space.tree.leaves)):
            for others in self.space.neighbours(self.space.whole[1] & ~covered.get(position, 0)):
                regions_of[others] |= 1 << position
        return [(regions, others) for others, every in regions_of.items() for regions in self.space.sibling_sets(every)]

    def recode(self, leaf_cells: Sequence[LeafCell], rules: Rules, divide: Divide) -> list[LeafSets]:
        """The leaves that each cell of the week covers; the leaf cells must be safe together.

        Raises:
            InputRefused: a leaf is outside its hierarchy.
        """
        blocks = self._blocks(leaf_cells, rules)
        while unsafe := [block for block in blocks if block.persons and not block.is_safe]:
            merged = self._merged(min(unsafe, key=lambda block: block.place), blocks, rules)
            blocks = [block for block in blocks if not meet(block.box, merged.box)] + [merged]
        described: list[LeafSets] = []
        for block in blocks:
            if block.persons and block.is_reference:
                described.append(self.space.leaf_sets(block.box))
            elif block.persons:
                cells = divide(block.members, self.space.within(block.box), rules) or []
                described += [tuple(group.leaves for group in cell.groups) for cell in cells]
        return described

    def _blocks(self, leaf_cells: Sequence[LeafCell], rules: Rules) -> list[_Block]:
        boxes = [(box, True) for box in self.cells] + [(box, False) for box in self.free]
        numbers_at: dict[str, list[int]] = {}
        members: list[list[LeafCell]] = [[] for _ in boxes]
        for leaf in leaf_cells:
            region, other = leaf.codes
            if region not in numbers_at:
                bit = self.space.bits(0, [region])
                numbers_at[region] = [number for number, (box, _) in enumerate(boxes) if box[0] & bit]
            bit = self.space.bits(1, [other])
            members[next(number for number in numbers_at[region] if boxes[number][0][1] & bit)].append(leaf)
        return [_block(box, inside, is_kept, rules) for (box, is_kept), inside in zip(boxes, members, strict=True)]

    def _merged(self, unsafe: _Block, blocks: Sequence[_Block], rules: Rules) -> _Block:
        """The best block that holds the unsafe one and another with persons."""
        for node in self.space.nodes_above(unsafe.box[0]):
            nearby = [block for block in blocks if block.box[0] & node]
            boxes = [block.box for block in nearby]
            closed = (
                self.space.closed(self.space.hull(unsafe.box, other.box), boxes)
                for other in nearby
                if other is not unsafe and other.persons and not other.box[0] & ~node
            )
            ways = {  # in the order of the blocks, which settles ties
                box: [block for block in nearby if meet(block.box, box)] for box in closed if not box[0] & ~node
            }
            if ways:
                box = min(ways, key=lambda box: self._cost(box, ways[box]))
                return _block(box, [leaf for block in ways[box] for leaf in block.members], False, rules)
        raise UsageError("a week that is unsafe as a whole cannot keep a reference partition")

    def _cost(self, box: Box, inside: Sequence[_Block]) -> tuple[int, int, int, int]:
        left = sum(block.is_reference and block.is_safe and block.persons > 0 for block in inside)
        loss = self.space.loss(box)
        more = sum(block.persons * (loss - self.space.loss(block.box)) for block in inside)
        return left, more, lowest_position(box[0]), lowest_position(box[1])


def _block(box: Box, members: Sequence[LeafCell], is_reference: bool, rules: Rules) -> _Block:
    figures = cell_of((), members) if members else None
    return _Block(box, tuple(members), figures, is_reference, figures is not None and is_safe(figures, rules))
