"""A recoded table: the published value of every combination, and the equivalence classes that this makes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anonymisation.hierarchies.value_hierarchy import ValueHierarchy
from anonymisation.tables.generalised_values import GeneralisedColumn, GeneralisedValue

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class RecodedTable:
    """`values`: the published values of each quasi-identifier. `class_values`: classes by quasi-identifiers, numbers of
    values, no two rows alike. `class_of`: the class of each combination; -1 for one that is dropped.
    """

    values: tuple[tuple[GeneralisedValue, ...], ...]
    class_values: Numbers
    class_of: Numbers

    @classmethod
    def of_classes(
        cls, classes: Sequence[Numbers], leaves: Numbers, hierarchies: Sequence[ValueHierarchy]
    ) -> "RecodedTable":
        """Publishes, for each class of combinations, the finest values of the family that cover it.

        Classes that come out alike are one equivalence class. `leaves`: combinations by quasi-identifiers.
        """
        members = np.concatenate(classes)
        owner = np.repeat(np.arange(len(classes)), [len(part) for part in classes])

        def covered(dimension: int, hierarchy: ValueHierarchy) -> list[Numbers]:
            pairs = np.unique(owner * len(hierarchy.leaves) + leaves[members, dimension])
            held_by, held = np.divmod(pairs, len(hierarchy.leaves))
            held_leaves = np.split(held, np.searchsorted(held_by, np.arange(1, len(classes))))
            closures: dict[bytes, Numbers] = {}
            for part in held_leaves:
                if part.tobytes() not in closures:
                    closures[part.tobytes()] = hierarchy.closure(part)
            return [closures[part.tobytes()] for part in held_leaves]

        class_of = np.full(len(leaves), -1, dtype=np.int64)
        class_of[members] = owner
        return cls._published(covered, class_of, hierarchies)

    @classmethod
    def at_levels(
        cls,
        levels: Sequence[int],
        is_kept: NDArray[np.bool_],
        leaves: Numbers,
        hierarchies: Sequence[ValueHierarchy],
    ) -> "RecodedTable":
        """Publishes every combination that is kept at one level of each hierarchy."""
        nodes = [h.nodes[level][leaves[:, d]] for d, (h, level) in enumerate(zip(hierarchies, levels, strict=True))]
        rows, class_of = np.unique(np.stack(nodes, axis=1)[is_kept], axis=0, return_inverse=True)

        def covered(dimension: int, hierarchy: ValueHierarchy) -> list[Numbers]:
            at_level = hierarchy.nodes[levels[dimension]]
            return [np.flatnonzero(at_level == node) for node in rows[:, dimension]]

        of_all = np.full(len(leaves), -1, dtype=np.int64)
        of_all[is_kept] = class_of.reshape(-1)
        return cls._published(covered, of_all, hierarchies)

    @classmethod
    def _published(
        cls,
        covered: Callable[[int, ValueHierarchy], list[Numbers]],
        class_of: Numbers,
        hierarchies: Sequence[ValueHierarchy],
    ) -> "RecodedTable":
        columns = [GeneralisedColumn(hierarchy) for hierarchy in hierarchies]
        numbers = [
            np.array([column.number(leaves) for leaves in covered(dimension, hierarchy)], dtype=np.int64)
            for dimension, (column, hierarchy) in enumerate(zip(columns, hierarchies, strict=True))
        ]
        rows, merged = np.unique(np.stack(numbers, axis=1), axis=0, return_inverse=True)
        final = np.where(class_of >= 0, merged.reshape(-1)[class_of], -1)
        return cls(tuple(tuple(column.values) for column in columns), rows, final)
