"""The blocks of all quasi-identifiers but the one that is split as a tree, as indices that numpy can work on.

A side block is one group a side dimension: an interval of bands, a category or all of them, a node of a further tree.
Arrays over side blocks have them on their last axis.

What a part without persons is. Intervals are of all bands of their hierarchy, and none is divided into a part that
nobody is in: if empty bands were cut off, the ends of every interval would tell that somebody is there. `fitted`
intervals are of the bands that somebody is in, and empty parts of them are left out; they lose less, and tell that.
Of categories and nodes, those without persons are left out: one that is told by itself is never at an end.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, product
from math import prod

import numpy as np

from anonymisation.cells.disclosure import Integers
from anonymisation.hierarchies.hierarchy import Hierarchy, OrderedBands, Tree


@dataclass(frozen=True)
class _Splits:
    """Groups of one rank with equally many ways to split in equally many parts: parts[group, way, part].

    `omits_empty`: parts without persons are left out; else a way that has one is no way.
    """

    rank: int
    groups: Integers
    parts: Integers
    omits_empty: bool


@dataclass(frozen=True)
class _Step:
    """Blocks whose parts were all dealt with before: parts[block, way, part]."""

    blocks: Integers
    parts: Integers
    omits_empty: bool


class _SideDimension:
    """The groups of one hierarchy and the ways to split each; the first groups are the leaves it is made of.

    These are the observed ones, or all bands, unless intervals are `fitted`. `rank`: a group's parts have lower ranks.
    `covered`: leaves of the hierarchy in each group. The last group is the widest.
    """

    def __init__(self, hierarchy: Hierarchy, observed: set[str], *, fitted: bool) -> None:
        self.hierarchy = hierarchy
        self.omits_empty = fitted or not isinstance(hierarchy, OrderedBands)
        self.positions = sorted(hierarchy.position(leaf) for leaf in observed)
        if not self.omits_empty:
            self.positions = list(range(len(hierarchy.leaves)))
        self.number_of = {hierarchy.leaves[position]: number for number, position in enumerate(self.positions)}
        self.splits: list[_Splits] = []
        self.leaves: list[tuple[int, ...]] = [(position,) for position in self.positions]
        self.ranks = [0] * len(self.leaves)
        if isinstance(hierarchy, OrderedBands):
            self._add_intervals()
        elif isinstance(hierarchy, Tree):
            self._add_nodes(hierarchy)
        elif len(self.positions) > 1:
            self._add(tuple(range(len(hierarchy.leaves))), tuple(range(len(self.positions))), 1)
        self.covered = [len(leaves) for leaves in self.leaves]

    @cached_property
    def ways(self) -> dict[int, list[list[int]]]:
        """The parts of each way to split a group."""
        return {
            group: ways
            for splits in self.splits
            for group, ways in zip(splits.groups.tolist(), splits.parts.tolist(), strict=True)
        }

    def _add_intervals(self) -> None:
        count = len(self.positions)
        start = [0, 0]  # start[length]: number of the leftmost interval of so many bands
        for length in range(2, count + 1):
            start.append(start[-1] + count - length + 2)
            first = np.arange(count - length + 1)[:, None]
            left = np.arange(1, length)[None, :]
            starts = np.array(start)
            parts = np.stack([starts[left] + first, starts[length - left] + first + left], axis=-1)
            self.splits.append(_Splits(length - 1, start[length] + first[:, 0], parts, self.omits_empty))
            for begin in range(count - length + 1):
                self.leaves.append(tuple(range(self.positions[begin], self.positions[begin + length - 1] + 1)))
                self.ranks.append(length - 1)

    def _add_nodes(self, tree: Tree) -> None:
        number_of_node = dict(self.number_of)
        for node in reversed(tree.nodes.values()):
            parts = tuple(number_of_node[child] for child in node.children if child in number_of_node)
            if len(parts) == 1:
                number_of_node[node.code] = parts[0]
            elif parts:
                number_of_node[node.code] = len(self.leaves)
                self._add(tuple(map(tree.position, node.leaves)), parts, 1 + max(self.ranks[part] for part in parts))

    def _add(self, leaves: tuple[int, ...], parts: tuple[int, ...], rank: int) -> None:
        self.splits.append(_Splits(rank, np.array([len(self.leaves)]), np.array([[parts]]), self.omits_empty))
        self.leaves.append(leaves)
        self.ranks.append(rank)


class SideBlocks:
    """All side blocks, and how each is made of smaller ones. No side dimension: one block."""

    def __init__(self, hierarchies: Sequence[Hierarchy], observed: Sequence[set[str]], *, fitted: bool = False) -> None:
        """`observed`: a side dimension each, the leaves that somebody is in (at least one). `fitted`: see above.

        Raises:
            InputRefused: a leaf is outside its hierarchy.
        """
        self.hierarchies = tuple(hierarchies)
        self._dimensions = [
            _SideDimension(h, leaves, fitted=fitted) for h, leaves in zip(hierarchies, observed, strict=True)
        ]
        sizes = [len(dimension.leaves) for dimension in self._dimensions]
        self._strides = [prod(sizes[axis + 1 :]) for axis in range(len(sizes))]
        self.count = prod(sizes)
        self.everything = self.count - 1
        self._steps = list(self._ranked_steps())

    def leaves_covered(self, axis: int) -> Integers:
        """For each block, how many leaves of one side dimension it covers."""
        dimension, stride = self._dimensions[axis], self._strides[axis]
        group = np.arange(self.count) // stride % len(dimension.leaves)
        covered: Integers = np.array(dimension.covered)[group]
        return covered

    def leaf_block(self, codes: Sequence[str]) -> int:
        """The block of exactly one observed leaf a side dimension."""
        numbers = (dimension.number_of[code] for dimension, code in zip(self._dimensions, codes, strict=True))
        return sum(number * stride for number, stride in zip(numbers, self._strides, strict=True))

    def groups_of(self, block: int) -> list[tuple[str, ...]]:
        """The leaves that the block covers, a side dimension each."""
        return [
            tuple(dimension.hierarchy.leaves[position] for position in dimension.leaves[group])
            for dimension, group in zip(self._dimensions, self._decoded(block), strict=True)
        ]

    def intervals(self, cuts: Sequence[int]) -> tuple[int, ...]:
        """The blocks between cuts of the only side dimension; a cut is the number of bands before it."""
        (dimension,) = self._dimensions
        starts = {leaves: number for number, leaves in enumerate(dimension.leaves)}
        bounds = [0, *cuts, len(dimension.positions)]
        return tuple(
            starts[tuple(range(dimension.positions[first], dimension.positions[end - 1] + 1))]
            for first, end in pairwise(bounds)
        )

    def bands(self) -> int:
        """How many bands of the only side dimension intervals are made of."""
        (dimension,) = self._dimensions
        return len(dimension.positions)

    def ways_to_split(self, block: int, persons: Integers) -> Iterator[tuple[int, ...]]:
        """The parts with persons of each way to split the block along one side dimension, in a fixed order."""
        for axis, group in enumerate(self._decoded(block)):
            dimension = self._dimensions[axis]
            for parts in dimension.ways.get(group, ()):
                blocks = [block + (part - group) * self._strides[axis] for part in parts]
                there = tuple(part for part in blocks if persons[part])
                if dimension.omits_empty or len(there) == len(blocks):
                    yield there

    def sum_up(self, additive: Integers) -> None:
        """In place: fills every block with the sum of its leaves. Blocks of one leaf each must be there."""
        for step in self._steps:
            additive[..., step.blocks] = additive[..., step.parts[:, 0]].sum(axis=-1)

    def top_up(self, largest: Integers, second: Integers) -> None:
        """In place: the two largest contributions of every block, from those of its leaves."""
        for step in self._steps:
            both = np.concatenate([largest[..., step.parts[:, 0]], second[..., step.parts[:, 0]]], axis=-1)
            both.sort(axis=-1)
            largest[..., step.blocks], second[..., step.blocks] = both[..., -1], both[..., -2]

    def cheapest(self, cost: Integers, persons: Integers) -> None:
        """In place: the cost of every block as it is, or of its cheapest way of being split, again and again.

        The cost of a block without persons must be above any possible one; it stays so.
        """
        is_empty = persons == 0
        for step in self._steps:
            split: Integers | int = 0
            for part in range(step.parts.shape[-1]):
                blocks = step.parts[..., part]
                split += (
                    np.where(is_empty[..., blocks], 0, cost[..., blocks]) if step.omits_empty else cost[..., blocks]
                )
            least = np.minimum(cost[..., step.blocks], np.min(split, axis=-1))
            cost[..., step.blocks] = np.where(is_empty[..., step.blocks], cost[..., step.blocks], least)

    def _decoded(self, block: int) -> list[int]:
        return [
            block // stride % len(dimension.leaves)
            for dimension, stride in zip(self._dimensions, self._strides, strict=True)
        ]

    def _ranked_steps(self) -> Iterator[_Step]:
        """In an order in which every block's parts come before it."""
        steps: dict[int, list[_Step]] = defaultdict(list)
        for axis, dimension in enumerate(self._dimensions):
            others = self._offsets_by_rank(axis)
            for splits in dimension.splits:
                for rank, offsets in others.items():
                    blocks = (splits.groups[:, None] * self._strides[axis] + offsets).reshape(-1)
                    parts = splits.parts[:, None] * self._strides[axis] + offsets[:, None, None]
                    parts = parts.reshape(len(blocks), *splits.parts.shape[1:])
                    steps[rank + splits.rank].append(_Step(blocks, parts, splits.omits_empty))
        for rank in sorted(steps):
            yield from steps[rank]

    def _offsets_by_rank(self, axis: int) -> dict[int, Integers]:
        """What the groups of the other dimensions add to a block's number, by the sum of their ranks."""
        by_rank: dict[int, list[int]] = defaultdict(list)
        others = [
            [(rank, group * stride) for group, rank in enumerate(dimension.ranks)]
            for other, (dimension, stride) in enumerate(zip(self._dimensions, self._strides, strict=True))
            if other != axis
        ]
        for chosen in product(*others):
            by_rank[sum(rank for rank, _ in chosen)].append(sum(offset for _, offset in chosen))
        return {rank: np.array(offsets) for rank, offsets in by_rank.items()}
