"""Full-domain recoding, optimal: one level of each hierarchy for the whole table, the least loss that keeps the rules.

Searches the lattice of levels (Samarati 2001) without leaving anything out: a vector of levels is passed over only
where a lower loss is already had, or where a more general one was seen to break the rules, for then it does too.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anonymisation.hierarchies.value_hierarchy import ValueHierarchy
from anonymisation.tables.classes.class_facts import ClassFacts
from anonymisation.tables.classes.class_rules import ClassRules
from anonymisation.tables.classes.histogram import Histogram
from anonymisation.tables.spread.objective import Objective
from refusals.errors import UsageError

Numbers = NDArray[np.int64]
MOST_LEVEL_VECTORS = 2_000_000
TRIED_FIRST = 0.97  # of the vectors still possible, ordered by loss: high ones break the rules for many below them


@dataclass(frozen=True)
class FullDomain:
    """The levels, one a quasi-identifier, and which combinations are kept."""

    levels: tuple[int, ...]
    is_kept: NDArray[np.bool_]


def recode_full_domain(
    histogram: Histogram,
    hierarchies: Sequence[ValueHierarchy],
    objectives: Sequence[Objective],
    rules: ClassRules,
    may_drop: int = 0,
) -> FullDomain | None:
    """The optimum; of several, the one with the lowest levels in the order of the quasi-identifiers.

    With `may_drop` records, classes that break the rules may be dropped, each record at the loss of a value that covers
    everything. None where even `*` throughout breaks the rules.

    Raises:
        UsageError: the lattice is larger than this search takes on.
    """
    lattice = _Lattice(histogram, hierarchies, objectives)
    is_monotone = may_drop == 0 or (rules.dominance_p is None and rules.t is None)
    best: tuple[float, int, NDArray[np.bool_]] | None = None
    while len(lattice.open):
        vector = int(lattice.open[int(len(lattice.open) * TRIED_FIRST)])
        is_kept = lattice.kept_at(vector, rules, may_drop)
        if is_kept is None:
            lattice.close(vector, with_all_below=is_monotone)
            continue
        loss = float(lattice.loss[vector]) + lattice.drop_loss(vector, is_kept)
        lattice.close(vector)
        if best is None or (loss, vector) < best[:2]:
            best = (loss, vector, is_kept)
        lattice.keep_better_than(best[0], best[1])
    return None if best is None else FullDomain(tuple(int(level) for level in lattice.levels[best[1]]), best[2])


class _Lattice:
    """All vectors of levels, numbered in lexical order, with the loss of each if nothing is dropped."""

    def __init__(
        self, histogram: Histogram, hierarchies: Sequence[ValueHierarchy], objectives: Sequence[Objective]
    ) -> None:
        heights = [len(hierarchy.nodes) for hierarchy in hierarchies]
        size = int(np.prod(heights, dtype=object))
        if size > MOST_LEVEL_VECTORS:
            raise UsageError(
                f"full-domain recoding would have {size} combinations of levels to look at, at most"
                f' {MOST_LEVEL_VECTORS}: use fewer quasi-identifiers or levels, or `recoding = "local"`'
            )
        self.levels = np.indices(heights).reshape(len(heights), -1).T
        self._records, self._facts = histogram.records, histogram.facts
        self._nodes = [[nodes[histogram.leaves[:, d]] for nodes in h.nodes] for d, h in enumerate(hierarchies)]
        self._widths = [[len(labels) for labels in hierarchy.labels] for hierarchy in hierarchies]
        self._losses = [
            [
                objective.loss(np.bincount(nodes, objective.weights)[nodes].astype(np.float64)).astype(np.float64)[
                    histogram.leaves[:, d]
                ]
                for nodes in h.nodes
            ]
            for d, (h, objective) in enumerate(zip(hierarchies, objectives, strict=True))
        ]
        self._worst = math.fsum(objective.worst for objective in objectives)
        by_level = [np.array([float(losses @ self._records) for losses in levels]) for levels in self._losses]
        self.loss = np.sum([sums[self.levels[:, d]] for d, sums in enumerate(by_level)], axis=0)
        self.open: Numbers = np.argsort(self.loss, kind="stable")

    def kept_at(self, vector: int, rules: ClassRules, may_drop: int) -> NDArray[np.bool_] | None:
        """Which combinations are kept at these levels; None where too many would have to be dropped."""
        class_of, classes = self._classes(vector)
        if rules.is_k_only and self._facts.contributions is None:
            keeps = np.bincount(class_of, self._records, classes) >= rules.k
        else:
            facts: ClassFacts = self._facts.unions(np.arange(len(class_of)), class_of, classes)
            keeps = rules.keeps(facts)
        is_kept: NDArray[np.bool_] = keeps[class_of]
        dropped = int(self._records[~is_kept].sum())
        return None if dropped > may_drop or not is_kept.any() else is_kept

    def _classes(self, vector: int) -> tuple[Numbers, int]:
        key = np.zeros(len(self._records), dtype=np.int64)
        size = 1
        for dimension, level in enumerate(self.levels[vector]):
            width = self._widths[dimension][level]
            if width == 1:
                continue
            key = key * width + self._nodes[dimension][level]
            size *= width
            if size > 8 * len(key):  # renumbered densely, so that counting needs little memory
                found, key = np.unique(key, return_inverse=True)
                size = len(found)
        found, key = np.unique(key, return_inverse=True)
        return key.reshape(-1), len(found)

    def drop_loss(self, vector: int, is_kept: NDArray[np.bool_]) -> float:
        """What dropping adds to the loss."""
        if is_kept.all():
            return 0.0
        had = np.sum([self._losses[d][level][~is_kept] for d, level in enumerate(self.levels[vector])], axis=0)
        return float(((self._worst - had) * self._records[~is_kept]).sum())

    def close(self, vector: int, with_all_below: bool = False) -> None:
        """This vector is done with, and perhaps every more specific one."""
        if with_all_below:
            self.open = self.open[~(self.levels[self.open] <= self.levels[vector]).all(axis=1)]
        else:
            self.open = self.open[self.open != vector]

    def keep_better_than(self, loss: float, vector: int) -> None:
        """Only vectors that can still lose less, or as little with lower levels, stay open."""
        bound = self.loss[self.open]
        self.open = self.open[(bound < loss) | ((bound == loss) & (self.open < vector))]
