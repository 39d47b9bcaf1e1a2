"""The generalisation hierarchy of one column of any table, as its levels over numbered leaves.

The field's usual form: one row a leaf, `leaf; level 1; level 2; …; *`. Leaves keep the order of the rows, which for an
ordinal quasi-identifier is its order.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anonymisation.hierarchies.hierarchy_mistakes import mistakes_in
from refusals.errors import UsageError

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class ValueHierarchy:
    """Levels from the leaves (0) to one node over all (the last).

    `nodes[h][leaf]` is the number of the leaf's node at level `h`; `labels[h][node]` its label. Level 0 numbers each
    leaf by its row.
    """

    name: str
    is_ordinal: bool
    nodes: tuple[Codes, ...]
    labels: tuple[tuple[str, ...], ...]

    @property
    def leaves(self) -> tuple[str, ...]:
        """The leaves' labels, in the order of the rows."""
        return self.labels[0]

    @classmethod
    def from_rows(
        cls, name: str, rows: Sequence[Sequence[str]], is_ordinal: bool, lines: Sequence[int] | None = None
    ) -> "ValueHierarchy":
        """The hierarchy of the quasi-identifier `name`, from rows `leaf, level 1, …`.

        Rows that are the same are one. A top level that is not one node gets a node `*` over it. `lines`: where each
        row stands in its file; without it they are counted from 1.

        Raises:
            UsageError: it is not a hierarchy (no rows, ragged rows, an empty label, a leaf with two rows that differ, a
                label with two parents), or it has one leaf only, which leaves nothing to generalise. All mistakes, with
                their lines.
        """
        mistakes = mistakes_in(rows, range(1, len(rows) + 1) if lines is None else lines)
        if mistakes:
            raise UsageError(f"the hierarchy of quasi-identifier {name!r} " + "; it ".join(mistakes))
        columns: list[Sequence[str]] = list(zip(*dict.fromkeys(map(tuple, rows)), strict=True))
        if len(set(columns[-1])) > 1:
            columns.append(("*",) * len(columns[0]))
        nodes, labels = [], []
        for column in columns:
            names = tuple(dict.fromkeys(column))
            number = {label: index for index, label in enumerate(names)}
            nodes.append(np.array([number[label] for label in column], dtype=np.int64))
            labels.append(names)
        return cls(name, is_ordinal, tuple(nodes), tuple(labels))

    @property
    def top(self) -> int:
        """The number of the last level, at which all leaves are one node."""
        return len(self.nodes) - 1

    def level_over(self, leaves: Codes) -> int:
        """The lowest level at which all these leaves are in one node."""
        return next(h for h, nodes in enumerate(self.nodes) if (nodes[leaves] == nodes[leaves[0]]).all())

    def closure(self, leaves: Codes) -> Codes:
        """The leaves covered by the finest published value over these.

        The family: for an ordinal quasi-identifier the interval from the first to the last; for a categorical one the
        children, each whole, that these leaves touch of the lowest node over all of them: a leaf, a node, or a group of
        siblings.
        """
        if self.is_ordinal:
            return np.arange(leaves.min(), leaves.max() + 1)
        level = self.level_over(leaves)
        if level == 0:
            return leaves[:1]
        children = self.nodes[level - 1]
        touched = np.zeros(len(self.labels[level - 1]), dtype=bool)
        touched[children[leaves]] = True
        return np.flatnonzero(touched[children])
