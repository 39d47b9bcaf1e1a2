"""The values that a recoded table publishes: which leaves each covers, and one unmistakable label for each."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anonymisation.hierarchies.interval_labels import IntervalLabels
from anonymisation.hierarchies.value_hierarchy import ValueHierarchy

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class GeneralisedValue:
    """A label and the numbers of the leaves it covers, whether they occur in the table or not."""

    label: str
    leaves: Numbers


class GeneralisedColumn:
    """The values of one quasi-identifier, numbered in the order in which they are asked for."""

    def __init__(self, hierarchy: ValueHierarchy) -> None:
        self._hierarchy = hierarchy
        self._intervals = IntervalLabels(hierarchy.leaves) if hierarchy.is_ordinal else None
        self._node_labels = _node_labels(hierarchy)
        self._taken = {label: leaves for leaves, label in self._node_labels.items()}
        self._numbers: dict[bytes, int] = {}
        self.values: list[GeneralisedValue] = []

    def number(self, covered: Numbers) -> int:
        """The number of the value that covers exactly these leaves (ascending)."""
        key = covered.astype(np.int64).tobytes()
        if key not in self._numbers:
            self._numbers[key] = len(self.values)
            self.values.append(GeneralisedValue(self._label(covered, key), covered))
        return self._numbers[key]

    def _label(self, covered: Numbers, key: bytes) -> str:
        if key in self._node_labels:
            return self._node_labels[key]
        for label in _possible_labels(self._hierarchy, self._intervals, covered):
            if self._taken.setdefault(label, key) == key:
                return label
        raise AssertionError("the possible labels never end")


def _node_labels(hierarchy: ValueHierarchy) -> dict[bytes, str]:
    """Each node's label by the leaves it covers: the lowest of several nodes over the same leaves names them.

    A label that a lower node with other leaves has already gets its level behind it.
    """
    by_leaves: dict[bytes, str] = {}
    taken: set[str] = set()
    for level, nodes in enumerate(hierarchy.nodes):
        order = np.argsort(nodes, kind="stable")
        members = np.split(order, np.cumsum(np.bincount(nodes))[:-1])
        for label, leaves in zip(hierarchy.labels[level], members, strict=True):
            key = leaves.astype(np.int64).tobytes()
            if key in by_leaves:
                continue
            name = label
            while name in taken:
                name += f" (level {level})"
            by_leaves[key] = name
            taken.add(name)
    return by_leaves


def _possible_labels(hierarchy: ValueHierarchy, intervals: IntervalLabels | None, covered: Numbers) -> Iterable[str]:
    """Labels for leaves that are no node, the plainest first, without end."""
    if intervals is not None:
        first, last = int(covered[0]), int(covered[-1])
        yield intervals.plainest(first, last)
        plain = intervals.by_ends(first, last)
        yield plain
    else:
        plain = _siblings_label(hierarchy, covered)
        yield plain
    number = 2
    while True:
        yield f"{plain} ({number})"
        number += 1


def _siblings_label(hierarchy: ValueHierarchy, covered: Numbers) -> str:
    """Siblings by name, or their parent and who is missing, whichever is shorter to say."""
    level = hierarchy.level_over(covered)
    children, names = hierarchy.nodes[level - 1], hierarchy.labels[level - 1]
    told = np.unique(children[covered])
    everyone = np.unique(children[hierarchy.nodes[level] == hierarchy.nodes[level][covered[0]]])
    missing = np.setdiff1d(everyone, told)
    if len(told) <= len(missing) + 1:
        return "+".join(names[child] for child in told)
    parent = hierarchy.labels[level][hierarchy.nodes[level][covered[0]]]
    return f"{parent} except " + "+".join(names[child] for child in missing)
