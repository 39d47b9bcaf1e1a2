"""Spread over a quasi-identifier with more leaves than a table of all their sets could hold."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from anonymisation.hierarchies.value_hierarchy import ValueHierarchy
from anonymisation.tables.spread.objective import Losses, Objective
from anonymisation.tables.spread.span import (
    MOST_TABULATED_LEAVES,
    IntervalSpan,
    Numbers,
    Span,
    SpreadState,
    TabulatedSpan,
    held_alone,
)

WORD_BITS = 64
CHUNK_BITS = 11  # losses are added up from tables of 2,048 sums


class PackedSpan(Span):
    """Categorical, at most 64 nodes in the table: a bit for every node of every level below the top, in one word."""

    def __init__(self, hierarchy: ValueHierarchy, objective: Objective, present: Numbers) -> None:
        self._objective = objective
        self._fields: list[_Field] = []
        self._nodes = hierarchy.nodes[:-1]
        self._bits = np.zeros((len(self._nodes), len(hierarchy.leaves)), dtype=np.uint64)
        shift = 0
        for level, nodes in enumerate(self._nodes):
            seen, rank = np.unique(nodes[present], return_inverse=True)
            self._bits[level, present] = np.uint64(1) << (rank + shift).astype(np.uint64)
            self._fields.append(_Field(shift, np.bincount(nodes, objective.weights)[seen].astype(np.float64)))
            shift += len(seen)
        self._word = np.bitwise_or.reduce(self._bits, axis=0)

    @staticmethod
    def bits_needed(hierarchy: ValueHierarchy, present: Numbers) -> int:
        """How many bits the nodes over these leaves need."""
        return sum(len(np.unique(nodes[present])) for nodes in hierarchy.nodes[:-1])

    def of_leaves(self, leaves: Numbers) -> SpreadState:
        """Bits of the leaf and of every node over it."""
        return (self._word[leaves],)

    def join(self, one: SpreadState, other: SpreadState) -> SpreadState:
        """Bits of either."""
        return (np.bitwise_or(one[0], other[0]),)

    def loss(self, state: SpreadState) -> Losses:
        """By the children touched of the lowest level that is one node."""
        word = np.asarray(state[0], dtype=np.uint64)
        weight = self._fields[-1].weight(word)
        for level in range(len(self._fields) - 1, 0, -1):  # the lowest level that is one node is decided last
            weight = np.where(self._fields[level].is_one_node(word), self._fields[level - 1].weight(word), weight)
        return self._objective.loss(weight)

    def joined(self, state: SpreadState, starts: Numbers) -> SpreadState:
        """Bits of any member."""
        return (np.bitwise_or.reduceat(state[0], starts),)

    def saved_without(self, leaves: Numbers, class_of: Numbers, by_class: SpreadState) -> Losses:
        """What is won where a combination alone holds a leaf, and with it perhaps the nodes over it, of its class."""
        gone = np.zeros(len(leaves), dtype=np.uint64)
        for level, nodes in enumerate(self._nodes):
            _, which, alone = held_alone(class_of * len(nodes) + nodes[leaves])
            gone |= np.where(alone[which], self._bits[level, leaves], np.uint64(0))
        words = by_class[0][class_of].astype(np.uint64)
        left = np.where(words == gone, words, words & ~gone)
        return self.loss((words,)) - self.loss((left,))


class LadderSpan(Span):
    """Categorical, any number of nodes: the lowest whole node over all leaves (groups of siblings are not told apart).

    An upper bound of what will be published, which may be a group of that node's children.
    """

    def __init__(self, hierarchy: ValueHierarchy, objective: Objective) -> None:
        self._nodes = np.stack(hierarchy.nodes)
        sums = [np.bincount(nodes, objective.weights)[nodes].astype(np.float64) for nodes in hierarchy.nodes]
        self._loss = np.stack([objective.loss(weight) for weight in sums])

    def of_leaves(self, leaves: Numbers) -> SpreadState:
        """A leaf that stands for the class, and the level of the node."""
        return leaves, np.zeros_like(leaves)

    def join(self, one: SpreadState, other: SpreadState) -> SpreadState:
        """Climbs until both are one node."""
        leaf, level = one[0], np.maximum(one[1], other[1])
        for rung, nodes in enumerate(self._nodes):
            level = np.where((level <= rung) & (nodes[leaf] != nodes[other[0]]), rung + 1, level)
        return tuple(np.broadcast_arrays(leaf, level))

    def loss(self, state: SpreadState) -> Losses:
        """By the whole node."""
        return np.asarray(self._loss[state[1], state[0]], dtype=np.float32)

    def joined(self, state: SpreadState, starts: Numbers) -> SpreadState:
        """Climbs until each run is one node."""
        leaf = state[0][starts]
        level = np.maximum.reduceat(state[1].astype(np.int64), starts)
        lengths = np.diff(np.append(starts, len(state[0])))
        for rung, nodes in enumerate(self._nodes):
            apart = np.logical_or.reduceat(nodes[state[0]] != nodes[np.repeat(leaf, lengths)], starts)
            level[apart] = np.maximum(level[apart], rung + 1)
        return leaf, level


def span_of(hierarchy: ValueHierarchy, objective: Objective, present: Numbers) -> Span:
    """The fastest exact coding of this quasi-identifier; `present` are the leaves that occur in the table."""
    if hierarchy.is_ordinal:
        return IntervalSpan(objective)
    if len(present) <= MOST_TABULATED_LEAVES:
        return TabulatedSpan(hierarchy, objective, present)
    if PackedSpan.bits_needed(hierarchy, present) <= WORD_BITS:
        return PackedSpan(hierarchy, objective, present)
    return LadderSpan(hierarchy, objective)


class _Field:
    """The bits of one level's nodes within the word."""

    def __init__(self, first: int, weights: NDArray[np.float64]) -> None:
        self._first = np.uint64(first)
        self._mask = np.uint64((1 << len(weights)) - 1)
        self._equal = float(weights[0]) if np.ptp(weights) == 0 else None
        starts = [*range(0, len(weights), CHUNK_BITS), len(weights)]
        self._tables = [_sums_of_sets(weights[start:end]) for start, end in pairwise(starts)]

    def _bits(self, word: NDArray[np.uint64]) -> NDArray[np.uint64]:
        return (word >> self._first) & self._mask

    def is_one_node(self, word: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Whether only one bit is set."""
        bits = self._bits(word)
        return np.asarray((bits & (bits - np.uint64(1))) == 0)

    def weight(self, word: NDArray[np.uint64]) -> NDArray[np.float64]:
        """The summed weight of the nodes whose bits are set."""
        bits = self._bits(word)
        if self._equal is not None:
            return np.bitwise_count(bits) * self._equal
        total = np.zeros(bits.shape)
        for index, table in enumerate(self._tables):
            chunk = (bits >> np.uint64(index * CHUNK_BITS)) & np.uint64((1 << CHUNK_BITS) - 1)
            total += table[chunk.astype(np.intp)]
        return total


def _sums_of_sets(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """The summed weight of every set of these, by the set's bits."""
    sums = np.zeros(1)
    for weight in weights:
        sums = np.concatenate([sums, sums + weight])
    return sums
