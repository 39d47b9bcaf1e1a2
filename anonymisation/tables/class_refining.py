"""Local search: combinations move to the class where they lose least, as long as every class keeps the rules.

The number of rounds is fixed, not the time, so that the same table always gives the same classes.
"""

import numpy as np
from numpy.typing import NDArray

from anonymisation.tables.classes.class_rules import ClassRules
from anonymisation.tables.recoding_problem import RecodingProblem

Numbers = NDArray[np.int64]
PAIRS_A_ROUND = 1_500_000  # combinations by classes looked at in one round: bounds time and memory
LEAST_GAIN = 1e-3  # records' loss; below it a move is rounding noise
DROPPED = -1


def refine(
    problem: RecodingProblem, classes: list[Numbers], rules: ClassRules, rounds: int, may_drop: int = 0
) -> tuple[list[Numbers], int]:
    """The classes after moves, and how many records were dropped (at most `may_drop`, where that loses less).

    In each round the combinations that weigh most on their classes are compared with every class, and each class
    takes part in one move at most. A combination that found no better place is not tried again until its class changes.
    """
    search = _Search(problem, classes, rules, may_drop)
    for _ in range(rounds):
        if not search.round():
            break
    return search.classes(), may_drop - search.may_drop


class _Search:
    """The class of each combination, while they move."""

    def __init__(self, problem: RecodingProblem, classes: list[Numbers], rules: ClassRules, may_drop: int) -> None:
        self._problem, self._rules, self.may_drop = problem, rules, may_drop
        self._count = len(classes)
        self._combinations = np.concatenate(classes)
        self._class_of = np.repeat(np.arange(self._count), [len(part) for part in classes])
        self._is_tried = np.zeros(len(self._combinations), dtype=bool)

    def classes(self) -> list[Numbers]:
        """The classes, none of them empty, as arrays of combination numbers."""
        return [self._combinations[part] for part in self._members()]

    def _members(self) -> list[Numbers]:
        kept = np.flatnonzero(self._class_of != DROPPED)
        order = kept[np.argsort(self._class_of[kept], kind="stable")]
        sizes = np.bincount(self._class_of[kept], minlength=self._count)
        return np.split(order, np.cumsum(sizes)[:-1])

    def round(self) -> bool:
        """One round of moves; False when nothing is left to try."""
        members = self._members()
        kept = np.concatenate(members)
        class_of = self._class_of[kept]
        records = self._problem.records[self._combinations[kept]]
        size = np.bincount(class_of, records, self._count).astype(np.int64)
        spread = self._problem.spread_of_classes([self._combinations[part] for part in members])
        loss = self._problem.loss_by_class(spread)
        saved = np.zeros(len(kept), dtype=np.float32)
        for dimension, (span, state) in enumerate(zip(self._problem.spans, spread, strict=True)):
            saved += span.saved_without(self._problem.leaves[self._combinations[kept], dimension], class_of, state)
        gain = size[class_of] * loss[class_of] - (size[class_of] - records) * (loss[class_of] - saved)
        left = size[class_of] - records
        if self._problem.has_persons:
            left = self._problem.persons_left(self._combinations[kept], class_of, self._count)
        may_leave = np.flatnonzero((left >= self._rules.k) & ~self._is_tried[kept] & (saved > 0))
        if len(may_leave) == 0:
            return False
        heaviest = may_leave[np.argsort(-gain[may_leave], kind="stable")][: max(1, PAIRS_A_ROUND // self._count)]
        tried, source, records = kept[heaviest], class_of[heaviest], records[heaviest]
        self._is_tried[tried] = True
        rise = self._problem.loss_of_joining(self._combinations[tried], spread)
        rise *= (size[None, :] + records[:, None]).astype(np.float32)
        rise -= (size * loss).astype(np.float32)[None, :]
        rise[np.arange(len(tried)), source] = np.inf
        target = rise.argmin(axis=1)
        least = rise[np.arange(len(tried)), target]
        if self.may_drop:
            target = np.where(records * self._problem.worst < least, DROPPED, target)
            least = np.minimum(least, records * self._problem.worst)
        self._move(tried, target, gain[heaviest] - least)
        return True

    def _move(self, tried: Numbers, target: Numbers, gained: NDArray[np.float64]) -> None:
        """Makes the moves that gain, the best first, as long as their classes have not changed in this round."""
        has_changed = np.zeros(self._count, dtype=bool)
        for index in np.argsort(-gained, kind="stable"):
            if gained[index] <= LEAST_GAIN:
                break
            entry, destination = int(tried[index]), int(target[index])
            source = int(self._class_of[entry])
            records = int(self._problem.records[self._combinations[entry]])
            if has_changed[source] or (records > self.may_drop if destination == DROPPED else has_changed[destination]):
                continue
            if not self._rules.is_k_only and not self._keeps_rules(entry, destination):
                continue
            self._class_of[entry] = destination
            has_changed[source] = True
            if destination == DROPPED:
                self.may_drop -= records
            else:
                has_changed[destination] = True
        is_kept = self._class_of != DROPPED
        self._is_tried[is_kept] &= ~has_changed[self._class_of[is_kept]]

    def _keeps_rules(self, entry: int, destination: int) -> bool:
        """Whether both classes still keep the rules after the move."""
        left = np.flatnonzero(self._class_of == self._class_of[entry])
        left = self._combinations[left[left != entry]]
        if destination == DROPPED:
            return bool(self._rules.keeps(self._problem.facts.union(left))[0])
        joined = self._combinations[np.append(np.flatnonzero(self._class_of == destination), entry)]
        return self._problem.both_keep(left, joined, self._rules)
