"""How wide a set of classes spreads over one quasi-identifier, for many classes at once.

A `Span` codes what the leaves of a class cover as a few numbers that join elementwise, so that the loss of every
possible union of two lists of classes is computed by array operations.
"""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anonymisation.hierarchies.value_hierarchy import ValueHierarchy
from anonymisation.tables.spread.objective import Losses, Objective

Numbers = NDArray[np.int64]
SpreadState = tuple[NDArray[Any], ...]  # arrays of one shape, one entry a class

MOST_TABULATED_LEAVES = 16  # 65,536 losses: a table that stays in the processor's cache


class Span(ABC):
    """The spread over one quasi-identifier: states of classes, joined and costed elementwise (arrays broadcast)."""

    @abstractmethod
    def of_leaves(self, leaves: Numbers) -> SpreadState:
        """The states of classes of one leaf each."""

    @abstractmethod
    def join(self, one: SpreadState, other: SpreadState) -> SpreadState:
        """The states of the unions."""

    @abstractmethod
    def loss(self, state: SpreadState) -> Losses:
        """The loss of each record of a class in that state."""

    @abstractmethod
    def joined(self, state: SpreadState, starts: Numbers) -> SpreadState:
        """The states of unions of neighbouring entries: each run from one start up to the next."""

    def saved_without(self, leaves: Numbers, class_of: Numbers, by_class: SpreadState) -> Losses:
        """By how much a class's loss falls when one combination leaves it; a lower bound, here 0.

        One entry a combination: its leaf and its class; `by_class` are the states of the classes.
        """
        return np.zeros(len(leaves), dtype=np.float32)


class IntervalSpan(Span):
    """Ordinal: the interval from the lowest to the highest leaf."""

    def __init__(self, objective: Objective) -> None:
        self._objective = objective
        self._below = np.concatenate([[0.0], np.cumsum(objective.weights)])

    def of_leaves(self, leaves: Numbers) -> SpreadState:
        """Both ends."""
        ends = leaves.astype(np.int32)
        return ends, ends

    def join(self, one: SpreadState, other: SpreadState) -> SpreadState:
        """The interval over both."""
        return np.minimum(one[0], other[0]), np.maximum(one[1], other[1])

    def loss(self, state: SpreadState) -> Losses:
        """By the weight of every leaf from end to end."""
        if self._objective.name == "gcp":
            factor = np.float32(1 / (len(self._objective.weights) - 1))
            return np.asarray(np.subtract(state[1], state[0]) * factor, dtype=np.float32)
        low, high = state[0].astype(np.int64), state[1].astype(np.int64)
        return self._objective.loss(self._below[high + 1] - self._below[low])

    def joined(self, state: SpreadState, starts: Numbers) -> SpreadState:
        """The interval over each run."""
        return np.minimum.reduceat(state[0], starts), np.maximum.reduceat(state[1], starts)

    def saved_without(self, leaves: Numbers, class_of: Numbers, by_class: SpreadState) -> Losses:
        """What is won where a combination alone holds an end of its class's interval."""
        low, high = by_class[0].astype(np.int64), by_class[1].astype(np.int64)
        count = len(self._objective.weights)
        pairs, which, alone = held_alone(class_of * count + leaves)
        held = pairs % count
        first = np.searchsorted(pairs, np.arange(len(low)) * count)  # each class's lowest leaf, then its next ones
        last = np.append(first[1:], len(pairs)) - 1
        next_low = np.where(last > first, held[np.minimum(first + 1, last)], low)
        next_high = np.where(last > first, held[np.maximum(last - 1, first)], high)
        new_low = np.where(alone[which] & (leaves == low[class_of]), next_low[class_of], low[class_of])
        new_high = np.where(alone[which] & (leaves == high[class_of]), next_high[class_of], high[class_of])
        one_leaf = (first == last)[class_of]  # then nothing is left, and nothing is saved
        left = self.loss((new_low, np.where(one_leaf, new_low, new_high)))
        return self.loss((low[class_of], high[class_of])) - left


class TabulatedSpan(Span):
    """Categorical, few leaves in the table: one bit a leaf, and the loss of every set of them in a table."""

    def __init__(self, hierarchy: ValueHierarchy, objective: Objective, present: Numbers) -> None:
        self._bit = np.zeros(len(hierarchy.leaves), dtype=np.uint16)
        self._bit[present] = np.uint16(1) << np.arange(len(present), dtype=np.uint16)
        sets = np.arange(1 << len(present), dtype=np.uint32)
        covered = np.ones(len(sets))
        weight = np.ones(len(sets))
        decided = np.zeros(len(sets), dtype=bool)
        for level, nodes in enumerate(hierarchy.nodes):
            seen = np.unique(nodes[present])
            touched = [(sets & np.bitwise_or.reduce(self._bit[nodes == node].astype(np.uint32))) > 0 for node in seen]
            node_weights = np.bincount(nodes, objective.weights)[seen]
            touched_weight = np.sum([hit * share for hit, share in zip(touched, node_weights, strict=True)], axis=0)
            is_one_node = np.sum(touched, axis=0) == 1
            chosen = is_one_node & ~decided
            weight[chosen] = (touched_weight if level == 0 else covered)[chosen]
            decided |= is_one_node
            covered = touched_weight
        self._loss = objective.loss(weight)

    def of_leaves(self, leaves: Numbers) -> SpreadState:
        """The leaf's bit."""
        return (self._bit[leaves],)

    def join(self, one: SpreadState, other: SpreadState) -> SpreadState:
        """Bits of either."""
        return (np.bitwise_or(one[0], other[0]),)

    def loss(self, state: SpreadState) -> Losses:
        """From the table."""
        return np.asarray(self._loss[state[0]], dtype=np.float32)

    def joined(self, state: SpreadState, starts: Numbers) -> SpreadState:
        """Bits of any member."""
        return (np.bitwise_or.reduceat(state[0], starts),)

    def saved_without(self, leaves: Numbers, class_of: Numbers, by_class: SpreadState) -> Losses:
        """What is won where a combination alone holds a leaf of its class."""
        _, which, alone = held_alone(class_of * len(self._bit) + leaves)
        bit, bits = self._bit[leaves], by_class[0][class_of]
        left = np.where(alone[which] & (bits != bit), bits & ~bit, bits)
        return np.asarray(self._loss[bits] - self._loss[left], dtype=np.float32)


def held_alone(keys: Numbers) -> tuple[Numbers, Numbers, NDArray[np.bool_]]:
    """Which keys (of a class and a leaf) only one combination has.

    Returns the distinct keys, ascending; which of them each combination has; and which of them only one has.
    """
    distinct, which, times = np.unique(keys, return_inverse=True, return_counts=True)
    return distinct, which.reshape(-1), times == 1
