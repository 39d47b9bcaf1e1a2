"""Bottom-up recoding: small classes merge, cheapest union first, until every class keeps the rules.

Agglomeration in the manner of Goldberger and Tassa 2010 ("Efficient anonymizations with enhanced utility"), with the
rise of the summed loss as the distance. A class that keeps the rules takes in others that do not, but two that keep
them never merge.
"""

import numpy as np
from numpy.typing import NDArray

from anonymisation.tables.classes.class_facts import ClassFacts
from anonymisation.tables.classes.class_rules import ClassRules
from anonymisation.tables.recoding_problem import RecodingProblem, Spread, chosen

Numbers = NDArray[np.int64]
COMPARED_AT_ONCE = 200_000  # pairs of classes: what stays in the processor's cache


def merge(problem: RecodingProblem, classes: list[Numbers], rules: ClassRules) -> list[Numbers]:
    """Classes of combinations, merged until all keep the rules; the last one left may break them.

    Ties go to the class that stands first. Memory: 4 bytes times the square of the number of classes.
    """
    pool = _Pool(problem, classes, rules)
    while pool.merge_cheapest():
        pass
    return pool.classes()


class _Pool:
    """The classes still there, with the rise of the loss for every pair of them."""

    def __init__(self, problem: RecodingProblem, classes: list[Numbers], rules: ClassRules) -> None:
        self._problem, self._rules = problem, rules
        self._members = [[part] for part in classes]
        count = len(classes)
        self._facts = problem.facts_of_classes(classes)
        self._records = self._facts.records.copy()
        self._merged: dict[int, ClassFacts] = {}  # of the classes that took in others, where records are not all
        self._spread: Spread = problem.spread_of_classes(classes)
        self._loss = problem.loss_by_class(self._spread)
        self._is_there = np.ones(count, dtype=bool)
        self._is_done = rules.keeps(self._facts)
        self._rise = np.full((count, count), np.inf, dtype=np.float32)
        step = max(1, COMPARED_AT_ONCE // count)
        for start in range(0, count, step):
            rows = slice(start, min(start + step, count))
            if not self._is_done[rows].all():
                self._rise[rows] = self._rises(rows)
        self._nearest = self._rise.argmin(axis=1)
        self._least = self._rise[np.arange(count), self._nearest]

    def _rises(self, rows: slice) -> NDArray[np.float32]:
        """What each union with these classes would add to the summed loss; infinite where there is nothing to merge."""
        records = self._records.astype(np.float32)
        lost = records * self._loss
        rise = self._problem.loss_of_unions(chosen(self._spread, rows), self._spread)
        rise *= records + records[rows, None]
        rise -= lost
        rise -= lost[rows, None]
        rise[:, ~self._is_there] = np.inf
        rise[np.ix_(self._is_done[rows], self._is_done)] = np.inf
        rise[np.arange(len(rise)), np.arange(rows.start, rows.stop)] = np.inf
        return rise

    def merge_cheapest(self) -> bool:
        """Merges one pair; False when every class keeps the rules or only one is left."""
        row = int(self._least.argmin())
        if not np.isfinite(self._least[row]):
            return False
        gone = int(self._nearest[row])
        for span, state in zip(self._problem.spans, self._spread, strict=True):
            union = span.join(tuple(part[row] for part in state), tuple(part[gone] for part in state))
            for part, value in zip(state, union, strict=True):
                part[row] = value
        self._records[row] += self._records[gone]
        self._records[gone] = 0
        self._members[row] += self._members[gone]
        self._is_there[gone] = False
        self._is_done[row] = self._keeps_rules(row, gone)
        self._loss[row] = self._problem.loss_by_class(chosen(self._spread, slice(row, row + 1)))[0]
        self._rise[gone] = np.inf
        self._rise[:, gone] = np.inf
        self._least[gone] = np.inf
        rise = self._rises(slice(row, row + 1))[0]
        self._rise[row] = rise
        self._rise[:, row] = rise
        nearer = rise < self._least
        lost = self._is_there & ((self._nearest == row) | (self._nearest == gone)) & ~nearer
        self._least[nearer], self._nearest[nearer] = rise[nearer], row
        again = np.flatnonzero(lost)
        again = np.append(again[again != row], row)
        self._nearest[again] = self._rise[again].argmin(axis=1)
        self._least[again] = self._rise[again, self._nearest[again]]
        return True

    def _keeps_rules(self, row: int, gone: int) -> bool:
        """Whether the class `row` keeps the rules now that `gone` is in it."""
        if self._rules.is_k_only and not self._problem.has_persons:
            return bool(self._records[row] >= self._rules.k)
        both = [
            self._merged.pop(entry) if entry in self._merged else self._facts.union(np.array([entry]))
            for entry in (row, gone)
        ]
        self._merged[row] = ClassFacts.together(both)
        return bool(self._rules.keeps(self._merged[row])[0])

    def classes(self) -> list[Numbers]:
        """The classes left."""
        return [np.concatenate(self._members[entry]) for entry in np.flatnonzero(self._is_there)]
