"""The blocks of all quasi-identifiers but the one that is split as a tree, as indices that numpy can work on.

A side block is one group a side dimension: an interval of bands, a category or all of them, a node of a further tree.
Arrays over side blocks have them on their last axis.
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import product
from math import prod

import numpy as np

from anonymisation.disclosure import Integers
from anonymisation.hierarchy import FlatCategories, Hierarchy, OrderedBands, Tree

_Way = tuple[tuple[int, ...], ...]  # the parts of one split, each as leaf positions


class _SideDimension:
    """The groups of one hierarchy (as leaf positions), and the ways in which each may be split in two or more."""

    def __init__(self, hierarchy: Hierarchy) -> None:
        count = len(hierarchy.leaves)
        self.groups: list[tuple[int, ...]] = [(position,) for position in range(count)]
        self.ranks = [0] * count
        splits: list[list[_Way]] = [[] for _ in range(count)]
        if isinstance(hierarchy, OrderedBands):
            for length in range(2, count + 1):
                for first in range(count - length + 1):
                    positions = tuple(range(first, first + length))
                    cuts: list[_Way] = [(positions[:cut], positions[cut:]) for cut in range(1, length)]
                    self._add(positions, length - 1, cuts, splits)
        elif isinstance(hierarchy, FlatCategories) and count > 1:
            self._add(tuple(range(count)), 1, [tuple((position,) for position in range(count))], splits)
        elif isinstance(hierarchy, Tree):
            for node in sorted(hierarchy.nodes.values(), key=lambda node: (len(node.leaves), node.code)):
                if len(node.leaves) > 1 and len(node.children) > 1:
                    positions = tuple(map(hierarchy.position, node.leaves))
                    parts = tuple(
                        tuple(map(hierarchy.position, hierarchy.nodes[child].leaves)) for child in node.children
                    )
                    self._add(positions, len(positions) - 1, [parts], splits)
        index = {positions: number for number, positions in enumerate(self.groups)}
        self.splits = [[tuple(index[part] for part in parts) for parts in ways] for ways in splits]

    def _add(
        self,
        positions: tuple[int, ...],
        rank: int,
        ways: list[_Way],
        splits: list[list[_Way]],
    ) -> None:
        self.groups.append(positions)
        self.ranks.append(rank)
        splits.append(ways)


class SideBlocks:
    """All side blocks, and how each is made of smaller ones. No side dimension: one block."""

    def __init__(self, hierarchies: Sequence[Hierarchy]) -> None:
        self.hierarchies = tuple(hierarchies)
        dimensions = [_SideDimension(hierarchy) for hierarchy in hierarchies]
        self._sizes = [len(dimension.groups) for dimension in dimensions]
        self.count = prod(self._sizes)
        combinations = list(product(*(range(size) for size in self._sizes)))
        self.leaves_covered = [
            tuple(len(dimension.groups[group]) for dimension, group in zip(dimensions, combination, strict=True))
            for combination in combinations
        ]
        self._groups = [
            [dimension.groups[group] for dimension, group in zip(dimensions, combination, strict=True)]
            for combination in combinations
        ]
        self._number_of = {tuple(groups): number for number, groups in enumerate(self._groups)}
        self.splits: list[list[tuple[int, ...]]] = [[] for _ in combinations]
        ranks = []
        for number, combination in enumerate(combinations):
            ranks.append(sum(d.ranks[group] for d, group in zip(dimensions, combination, strict=True)))
            for axis, (dimension, group) in enumerate(zip(dimensions, combination, strict=True)):
                for parts in dimension.splits[group]:
                    replaced = ((*combination[:axis], part, *combination[axis + 1 :]) for part in parts)
                    self.splits[number].append(tuple(map(self._number, replaced)))
        self._steps = self._ranked(ranks)
        self.everything = max(range(self.count), key=lambda number: (prod(self.leaves_covered[number]), number))

    def _number(self, combination: Sequence[int]) -> int:
        number = 0
        for size, group in zip(self._sizes, combination, strict=True):
            number = number * size + group
        return number

    def _ranked(self, ranks: list[int]) -> list[tuple[Integers, Integers]]:
        """Blocks of one rank with equally many ways to split: (blocks, parts[block, way, part]), smallest first."""
        batches: dict[tuple[int, int, int], list[tuple[int, list[tuple[int, ...]]]]] = defaultdict(list)
        for number, ways in enumerate(self.splits):
            by_arity: dict[int, list[tuple[int, ...]]] = defaultdict(list)
            for parts in ways:
                by_arity[len(parts)].append(parts)
            for arity, same in by_arity.items():
                batches[ranks[number], len(same), arity].append((number, same))
        return [
            (np.array([number for number, _ in batch]), np.array([same for _, same in batch]))
            for _, batch in sorted(batches.items())
        ]

    def leaf_block(self, codes: Sequence[str]) -> int:
        """The block of exactly one leaf a side dimension."""
        return self._number([h.position(code) for h, code in zip(self.hierarchies, codes, strict=True)])

    def block(self, *positions: tuple[int, ...]) -> int:
        """The block of these leaf positions, a side dimension each."""
        return self._number_of[positions]

    def groups_of(self, block: int) -> list[tuple[str, ...]]:
        """The leaves that the block covers, a side dimension each."""
        return [
            tuple(hierarchy.leaves[position] for position in positions)
            for hierarchy, positions in zip(self.hierarchies, self._groups[block], strict=True)
        ]

    def sum_up(self, additive: Integers) -> None:
        """In place: fills every block with the sum of its leaves. Blocks of one leaf each must be there."""
        for blocks, parts in self._steps:
            additive[..., blocks] = additive[..., parts[:, 0]].sum(axis=-1)

    def top_up(self, largest: Integers, second: Integers) -> None:
        """In place: the two largest contributions of every block, from those of its leaves."""
        for blocks, parts in self._steps:
            both = np.concatenate([largest[..., parts[:, 0]], second[..., parts[:, 0]]], axis=-1)
            both.sort(axis=-1)
            largest[..., blocks], second[..., blocks] = both[..., -1], both[..., -2]

    def cheapest(self, cost: Integers) -> None:
        """In place: the cost of every block as it is, or of its cheapest way of being split, again and again."""
        for blocks, parts in self._steps:
            cost[..., blocks] = np.minimum(cost[..., blocks], cost[..., parts].sum(axis=-1).min(axis=-1))
