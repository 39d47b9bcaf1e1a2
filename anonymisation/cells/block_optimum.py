"""The partition of a block with the least information lost, within a documented family, by dynamic programming.

The family. A block is a set of tree nodes under one parent (one node, or siblings) x a side block. It is
- published as one cell, or
- cut along a side dimension (an interval of ages anywhere, into parts that somebody is in; all devices into each), each
  part a block again, or
- split into its members (a node's are its children): those that can stand alone become blocks, those too small are put
  together in one rest group. A rest group must be safe itself; else the smallest safe members (by persons in the side
  block, ties by code) join it until it is. A rest group may still be cut along side dimensions, but is not split again.

Every published cell is safe. Since the union of safe sets is safe (`tests/property`), a block has a partition exactly
if it is safe as a whole, so the dynamic programme over (block, side block) finds the family's minimum. It is no proof
against arbitrary groupings of siblings: those are bin covering.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from anonymisation.cells.age_blocks import SideBlocks
from anonymisation.cells.disclosure import Integers, Rules, safe_where
from anonymisation.cells.leaf_cell import Cell, LeafCell, cell_of
from anonymisation.hierarchies.hierarchy import Tree
from refusals.errors import InputRefused

IMPOSSIBLE = 1 << 50  # a cost above any possible one; thousands of them still add up in 64 bits
MOST_BITS = 62  # of a column that is told apart by one integer
_BIG = np.iinfo(np.int64).max


@dataclass(slots=True)
class BlockFigures:
    """Arrays over side blocks (last axis); all but `persons` have the additive measures on their first axis."""

    persons: Integers
    measure: Integers
    largest: Integers
    second: Integers

    def safe(self, rules: Rules) -> NDArray[np.bool_]:
        """Where a cell of these persons may be published."""
        return safe_where(self.persons, self.measure, self.largest, self.second, rules)


@dataclass(slots=True)
class _Split:
    """For each side block, which members stand alone (`alone[member, side]`) and what the rest group costs."""

    alone: NDArray[np.bool_]
    cost: Integers
    rest: Integers  # which row of rest_own, rest_optimum holds the side block's rest group
    rest_persons: Integers
    rest_own: Integers
    rest_optimum: Integers


@dataclass(slots=True)
class Block:
    """Nodes under one parent: figures, cost as one cell, and least cost, each over all side blocks."""

    codes: tuple[str, ...]
    figures: BlockFigures
    own: Integers
    optimum: Integers
    members: list["Block"]
    split: _Split | None


def top_two_over(figures: Sequence[BlockFigures]) -> tuple[Integers, Integers]:
    """The two largest contributions over disjoint blocks."""
    largest, second = figures[0].largest, figures[0].second
    for following in figures[1:]:
        second = np.maximum(np.minimum(largest, following.largest), np.maximum(second, following.second))
        largest = np.maximum(largest, following.largest)
    return largest, second


class BlockOptimum:
    """Least-loss partitions of all blocks of one week's leaf cells. The loss is GCP, in exact integers."""

    def __init__(self, tree: Tree, sides: SideBlocks, leaf_cells: Sequence[LeafCell], rules: Rules) -> None:
        """`leaf_cells`: at least one; the first code of each is the tree's leaf, the others the sides'.

        Raises:
            InputRefused: a code is outside its hierarchy, or the figures are too large for exact integers.
        """
        self.tree, self.sides, self.rules = tree, sides, rules
        self._weigh()
        whole = cell_of((), leaf_cells)
        if whole.persons * self._most_lost >= IMPOSSIBLE or any(
            total >= 1 << 62 or largest >= 1 << 56 for total, largest, _ in _measures(whole)
        ):
            raise InputRefused("leaf cells: figures are too large for exact integers; use a coarser unit")
        self._nodes: dict[str, Block] = {}
        self._solve_leaves(leaf_cells)
        inner = [node for node in reversed(tree.nodes.values()) if node.children]
        for node in inner:
            members = [self._nodes[child] for child in node.children if child in self._nodes]
            if members:
                self._nodes[node.code] = self._solve((node.code,), node.children, members)
        self.root = self._nodes[tree.root]

    def _weigh(self) -> None:
        """Loss of one person in a block: Σ (leaves covered - 1) / (leaves - 1), times the common denominator."""
        most = [len(self.tree.leaves) - 1] + [len(hierarchy.leaves) - 1 for hierarchy in self.sides.hierarchies]
        common = prod(m for m in most if m)
        weights = [common // m if m else 0 for m in most]
        self._tree_weight = weights[0]
        self._side_loss: Integers = np.zeros(self.sides.count, dtype=np.int64)
        for axis, weight in enumerate(weights[1:]):
            self._side_loss += weight * (self.sides.leaves_covered(axis) - 1)
        self._most_lost = common * len(most)

    def node(self, code: str) -> Block:
        """The block of one node with at least one person."""
        return self._nodes[code]

    def has(self, code: str) -> bool:
        """Whether anybody is in the node."""
        return code in self._nodes

    def siblings(self, parent: str, codes: Sequence[str]) -> Block:
        """The block of several children of `parent`, taken together."""
        members = [self._nodes[code] for code in codes if code in self._nodes]
        return self._solve(tuple(codes), codes, members)

    def partition(self, block: Block, side: int) -> Iterator[tuple[tuple[str, ...], int]]:
        """The cells (nodes, side block) of the best partition. Ties: one cell before a split, members before sides.

        Raises:
            InputRefused: the block has no safe partition.
        """
        if not block.figures.persons[side]:
            return
        if block.optimum[side] >= IMPOSSIBLE:
            raise InputRefused("a block without a safe partition cannot be divided")
        split = block.split
        if block.optimum[side] == block.own[side]:
            yield block.codes, side
        elif split is not None and block.optimum[side] == split.cost[side]:
            for member, alone in zip(block.members, split.alone[:, side], strict=True):
                if alone:
                    yield from self.partition(member, side)
            alone_codes = {m.codes[0] for m, a in zip(block.members, split.alone[:, side], strict=True) if a}
            rest = tuple(code for code in self._member_codes(block) if code not in alone_codes)
            yield from self._partition_of_rest(rest, split, int(split.rest[side]), side)
        else:
            for part in self._cheapest_parts(block.optimum, block.figures.persons, side):
                yield from self.partition(block, part)

    def _member_codes(self, block: Block) -> tuple[str, ...]:
        return self.tree.nodes[block.codes[0]].children if len(block.codes) == 1 else block.codes

    def _partition_of_rest(
        self, codes: tuple[str, ...], split: _Split, row: int, side: int
    ) -> Iterator[tuple[tuple[str, ...], int]]:
        if not split.rest_persons[row, side]:
            return
        if split.rest_optimum[row, side] == split.rest_own[row, side]:
            yield codes, side
        else:
            for part in self._cheapest_parts(split.rest_optimum[row], split.rest_persons[row], side):
                yield from self._partition_of_rest(codes, split, row, part)

    def _cheapest_parts(self, optimum: Integers, persons: Integers, side: int) -> tuple[int, ...]:
        ways = self.sides.ways_to_split(side, persons)
        return min(ways, key=lambda parts: sum(int(optimum[part]) for part in parts))

    def _own_cost(self, figures: BlockFigures, leaves: Integers | int) -> Integers:
        loss = figures.persons * (self._tree_weight * (np.asarray(leaves) - 1) + self._side_loss)
        cost: Integers = np.where(figures.safe(self.rules), loss, IMPOSSIBLE)  # nobody is fewer than k: no cell
        return cost

    def _solve_leaves(self, leaf_cells: Sequence[LeafCell]) -> None:
        codes = sorted({leaf.codes[0] for leaf in leaf_cells}, key=self.tree.position)
        row_of = {code: row for row, code in enumerate(codes)}
        shape = (len(codes), self.sides.count)
        measures = len(_measures(leaf_cells[0]))
        figures = BlockFigures(
            np.zeros(shape, dtype=np.int64), *(np.zeros((measures, *shape), dtype=np.int64) for _ in range(3))
        )
        for leaf in leaf_cells:
            row, side = row_of[leaf.codes[0]], self.sides.leaf_block(leaf.codes[1:])
            figures.persons[row, side] = leaf.persons
            for number, (total, largest, second) in enumerate(_measures(leaf)):
                figures.measure[number, row, side] = total
                figures.largest[number, row, side], figures.second[number, row, side] = largest, second
        self.sides.sum_up(figures.persons)
        self.sides.sum_up(figures.measure)
        self.sides.top_up(figures.largest, figures.second)
        own = self._own_cost(figures, 1)
        optimum = own.copy()
        self.sides.cheapest(optimum, figures.persons)
        for code, row in row_of.items():
            of_row = (a[:, row] for a in (figures.measure, figures.largest, figures.second))
            one = BlockFigures(figures.persons[row], *of_row)
            self._nodes[code] = Block((code,), one, own[row], optimum[row], [], None)

    def _solve(self, codes: tuple[str, ...], member_codes: Sequence[str], members: list[Block]) -> Block:
        largest, second = top_two_over([member.figures for member in members])
        figures = BlockFigures(
            sum_of(member.figures.persons for member in members),
            sum_of(member.figures.measure for member in members),
            largest,
            second,
        )
        own = self._own_cost(figures, sum(len(self.tree.nodes[code].leaves) for code in codes))
        split = self._split(member_codes, members)
        optimum = np.minimum(own, split.cost)
        self.sides.cheapest(optimum, figures.persons)
        return Block(codes, figures, own, np.minimum(optimum, IMPOSSIBLE), members, split)

    def _split(self, member_codes: Sequence[str], members: list[Block]) -> _Split:
        alone = self._standing_alone(members)
        patterns, rest = distinct_columns(~alone)
        leaves = np.array([len(self.tree.nodes[member.codes[0]].leaves) for member in members])
        total_leaves = sum(len(self.tree.nodes[code].leaves) for code in member_codes)
        rest_figures = self._figures_of_rests(patterns.T, members)
        rest_own = self._own_cost(rest_figures, (total_leaves - leaves @ ~patterns)[:, None])
        rest_optimum = rest_own.copy()
        self.sides.cheapest(rest_optimum, rest_figures.persons)
        everywhere = np.arange(self.sides.count)
        cost = np.where(alone, np.stack([member.optimum for member in members]), 0).sum(axis=0)
        cost += np.where(rest_figures.persons[rest, everywhere] == 0, 0, rest_optimum[rest, everywhere])
        cost = np.where(alone.any(axis=0), np.minimum(cost, IMPOSSIBLE), IMPOSSIBLE)
        return _Split(alone, cost, rest, rest_figures.persons, rest_own, rest_optimum)

    def _standing_alone(self, members: list[Block]) -> NDArray[np.bool_]:
        """Members that are safe, less the smallest ones that the rest group needs to be safe itself."""
        persons = np.stack([member.figures.persons for member in members])
        measure = np.stack([member.figures.measure for member in members])
        tops = np.stack([[member.figures.largest, member.figures.second] for member in members])  # [member, 2, measure]
        alone = np.stack([member.figures.safe(self.rules) for member in members])
        unsettled = np.arange(self.sides.count)
        while unsettled.size:
            resting = ~alone[:, unsettled]
            both = np.where(resting[:, None, None, :], tops[..., unsettled], 0)
            both = both.reshape(2 * len(members), *both.shape[2:])
            top = np.partition(both, (-2, -1), axis=0)
            rest = BlockFigures(
                (persons[:, unsettled] * resting).sum(axis=0),
                (measure[..., unsettled] * resting[:, None, :]).sum(axis=0),
                top[-1],
                top[-2],
            )
            unsafe = (rest.persons > 0) & ~rest.safe(self.rules) & alone[:, unsettled].any(axis=0)
            unsettled = unsettled[unsafe]
            smallest = np.where(alone[:, unsettled], persons[:, unsettled], _BIG).argmin(axis=0)
            alone[smallest, unsettled] = False
        return alone

    def _figures_of_rests(self, patterns: NDArray[np.bool_], members: list[Block]) -> BlockFigures:
        chosen = patterns.astype(np.int64)
        measure = np.stack([member.figures.measure for member in members])
        largest = np.zeros((measure.shape[1], len(patterns), self.sides.count), dtype=np.int64)
        second = largest.copy()
        if self.rules.dominance_p:
            for row, pattern in enumerate(patterns):
                resting = [member.figures for member, rests in zip(members, pattern, strict=True) if rests]
                if resting:
                    largest[:, row], second[:, row] = top_two_over(resting)
        return BlockFigures(
            chosen @ np.stack([member.figures.persons for member in members]),
            np.stack([chosen @ of_members for of_members in measure.swapaxes(0, 1)]),
            largest,
            second,
        )


def _measures(cell: LeafCell | Cell) -> list[tuple[int, int, int]]:
    """Total, largest and second largest contribution of every measure that dominance is judged on."""
    return [(cell.measure, cell.largest, cell.second), *cell.further]


def distinct_columns(columns: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], Integers]:
    """The different columns, each once, in lexical order; and for each column the number of its own."""
    if len(columns) > MOST_BITS:
        patterns, number = np.unique(columns, axis=1, return_inverse=True)
        return patterns, number.reshape(-1)
    bits = np.left_shift(np.int64(1), np.arange(len(columns))[::-1]) @ columns
    _, first, number = np.unique(bits, return_index=True, return_inverse=True)
    return columns[:, first], number


def sum_of(arrays: Iterator[Integers]) -> Integers:
    """The sum of arrays of one shape, in their own type."""
    total: Integers = np.sum(np.stack(list(arrays)), axis=0)
    return total
