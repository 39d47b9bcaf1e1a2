"""Boxes: what a cell covers, as one set of leaves a dimension, held as bits so that many can be compared quickly."""

from collections.abc import Sequence

from anonymisation.hierarchies.hierarchy import FlatCategories, Hierarchy, OrderedBands, Tree
from refusals.errors import UsageError

LeafSets = tuple[tuple[str, ...], ...]  # the leaves that a cell covers, a dimension each
Box = tuple[int, int]  # the same for a tree and one further dimension: bit n is the leaf at position n


class BoxSpace:
    """The boxes of one tree and one further dimension."""

    def __init__(self, hierarchies: Sequence[Hierarchy]) -> None:
        """The tree first.

        Raises:
            UsageError: the dimensions are others.
        """
        if len(hierarchies) != 2 or not isinstance(hierarchies[0], Tree):
            raise UsageError("a reference partition is of a tree and one further dimension")
        self.tree, self.other = hierarchies[0], hierarchies[1]
        self.hierarchies: tuple[Tree, Hierarchy] = (self.tree, self.other)
        self.whole: Box = (self.bits(0, self.tree.leaves), self.bits(1, self.other.leaves))
        self._most = tuple(max(1, len(hierarchy.leaves) - 1) for hierarchy in self.hierarchies)
        self._node_bits: dict[str, int] = {}

    def bits(self, axis: int, leaves: Sequence[str]) -> int:
        """A set of leaves as bits."""
        return sum(1 << self.hierarchies[axis].position(leaf) for leaf in leaves)

    def box(self, leaf_sets: Sequence[Sequence[str]]) -> Box:
        """The box of these leaves."""
        regions, others = leaf_sets
        return self.bits(0, regions), self.bits(1, others)

    def leaf_sets(self, box: Box) -> LeafSets:
        """The leaves of a box, in the hierarchies' order."""
        return tuple(
            tuple(hierarchy.leaves[position] for position in positions_of(bits))
            for hierarchy, bits in zip(self.hierarchies, box, strict=True)
        )

    def loss(self, box: Box) -> int:
        """What one person in the box loses (GCP), times a number that is the same for all boxes."""
        return sum((bits.bit_count() - 1) * self._most[1 - axis] for axis, bits in enumerate(box))

    def hull(self, one: Box, other: Box) -> Box:
        """The least box over both that can be published."""
        regions, others = one[0] | other[0], one[1] | other[1]
        if isinstance(self.other, OrderedBands):
            lowest = others & -others
            others = (1 << others.bit_length()) - lowest
        elif isinstance(self.other, Tree):
            node = self.other.smallest_node_over([self.other.leaves[position] for position in positions_of(others)])
            others = self.bits(1, self.other.nodes[node].leaves)
        elif isinstance(self.other, FlatCategories) and others.bit_count() > 1:
            others = self.whole[1]
        return regions, others

    def closed(self, box: Box, others: Sequence[Box]) -> Box:
        """The least box over this one that can be published and cuts none of the others."""
        before: Box | None = None
        while box != before:
            before = box
            for other in others:
                if meet(other, box):
                    box = self.hull(box, other)
        return box

    def nodes_above(self, regions: int) -> list[int]:
        """Bits of the nodes over all of these regions that are more than them, the smallest first; the root is last."""
        above = [
            bits
            for node in self.tree.nodes.values()
            if node.children and not regions & ~(bits := self._bits_of(node.code))
        ]
        larger = sorted({bits for bits in above if bits != regions}, key=int.bit_count)
        return larger or [self.whole[0]]

    def _bits_of(self, code: str) -> int:
        if code not in self._node_bits:
            self._node_bits[code] = self.bits(0, self.tree.nodes[code].leaves)
        return self._node_bits[code]

    def sibling_sets(self, regions: int) -> list[int]:
        """The same regions as few sets: the topmost nodes within them, those of one parent together."""
        by_parent: dict[str | None, int] = {}
        for code in self.tree.fewest_nodes(frozenset(self.tree.leaves[n] for n in positions_of(regions))):
            parent = self.tree.nodes[code].parent
            by_parent[parent] = by_parent.get(parent, 0) | self._bits_of(code)
        return sorted(by_parent.values(), key=lowest_position)

    def neighbours(self, others: int) -> list[int]:
        """Leaves of the further dimension as few sets that can be published: runs of bands, else one by one."""
        if others in (0, self.whole[1]):
            return [others] if others else []
        if not isinstance(self.other, OrderedBands):
            return [1 << position for position in positions_of(others)]
        runs = []
        while others:
            lowest = others & -others
            run = others & ~(others + lowest)  # adding carries over the run, and clears it
            runs.append(run)
            others &= ~run
        return runs

    def within(self, box: Box) -> tuple[Hierarchy, Hierarchy]:
        """The hierarchies cut down to the box's leaves."""
        regions, others = (frozenset(leaves) for leaves in self.leaf_sets(box))
        if isinstance(self.other, Tree):
            return _cut(self.tree, regions), _cut(self.other, others)
        kind = OrderedBands if isinstance(self.other, OrderedBands) else FlatCategories
        return _cut(self.tree, regions), kind([leaf for leaf in self.other.leaves if leaf in others])


def _cut(tree: Tree, leaves: frozenset[str]) -> Tree:
    return Tree(
        [(node.code, node.level, node.parent) for node in tree.nodes.values() if not leaves.isdisjoint(node.leaves)]
    )


def meet(one: Box, other: Box) -> bool:
    """Whether the two have a combination of leaves in common."""
    return bool(one[0] & other[0]) and bool(one[1] & other[1])


def positions_of(bits: int) -> list[int]:
    """The positions of the set bits, ascending."""
    positions = []
    while bits:
        lowest = bits & -bits
        positions.append(lowest.bit_length() - 1)
        bits ^= lowest
    return positions


def lowest_position(bits: int) -> int:
    """The first position in a set that is not empty."""
    return (bits & -bits).bit_length() - 1
