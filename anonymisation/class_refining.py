"""Local search: combinations move to the class where they lose least, as long as every class keeps the rules.

The number of rounds is fixed, not the time, so that the same table always gives the same classes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anonymisation.class_rules import ClassRules
from anonymisation.recoding_problem import RecodingProblem

Numbers = NDArray[np.int64]
PAIRS_A_ROUND = 1_500_000  # combinations by classes looked at in one round: bounds time and memory
LEAST_GAIN = 1e-3  # records' loss; below it a move is rounding noise


@dataclass
class Partition:
    """The class of each combination, and which combinations are dropped (class -1)."""

    class_of: Numbers
    classes: int

    def members(self) -> list[Numbers]:
        """The classes, as arrays of combination numbers; none is ever empty."""
        kept = np.flatnonzero(self.class_of >= 0)
        order = kept[np.argsort(self.class_of[kept], kind="stable")]
        ends = np.cumsum(np.bincount(self.class_of[kept], minlength=self.classes))
        return np.split(order, ends[:-1])


def partition_of(classes: list[Numbers], combinations: int) -> Partition:
    """The same classes, by combination; what is in none of them is dropped."""
    class_of = np.full(combinations, -1, dtype=np.int64)
    for number, part in enumerate(classes):
        class_of[part] = number
    return Partition(class_of, len(classes))


def refine(problem: RecodingProblem, partition: Partition, rules: ClassRules, rounds: int, may_drop: int = 0) -> None:
    """Moves combinations, in place; at most `may_drop` records are dropped, where that loses less than keeping them.

    In each round the combinations that weigh most on their classes are compared with every class, and each class
    takes part in one move at most. A combination that found no better place is not tried again until its class changes.
    """
    is_tried = np.zeros(len(partition.class_of), dtype=bool)
    for _ in range(rounds):
        changed, may_drop = _round(problem, partition, rules, is_tried, may_drop)
        if changed is None:
            break
        kept = partition.class_of >= 0
        is_tried[kept] &= ~changed[partition.class_of[kept]]


def _round(
    problem: RecodingProblem, partition: Partition, rules: ClassRules, is_tried: NDArray[np.bool_], may_drop: int
) -> tuple[NDArray[np.bool_] | None, int]:
    """One round of moves: which classes changed (None: nothing left to try), and how many records may still go."""
    members = partition.members()
    kept = np.concatenate(members)
    classes = len(members)
    class_of = np.repeat(np.arange(classes), [len(part) for part in members])
    records = problem.records[kept]
    size = np.bincount(class_of, records, classes).astype(np.int64)
    spread = problem.spread_of_classes(members)
    loss = problem.loss_by_class(spread)
    saved = np.zeros(len(kept), dtype=np.float32)
    for dimension, (span, state) in enumerate(zip(problem.spans, spread, strict=True)):
        saved += span.saved_without(problem.leaves[kept, dimension], records, class_of, state)
    gain = size[class_of] * loss[class_of] - (size[class_of] - records) * (loss[class_of] - saved)
    may_leave = (size[class_of] - records >= rules.k) & ~is_tried[kept] & (saved > 0)
    candidates = np.flatnonzero(may_leave)
    if len(candidates) == 0:
        return None, may_drop
    candidates = candidates[np.argsort(-gain[candidates], kind="stable")]
    candidates = candidates[: max(1, PAIRS_A_ROUND // classes)]
    is_tried[kept[candidates]] = True
    rise = problem.loss_of_joining(kept[candidates], spread)
    rise *= (size[None, :] + records[candidates][:, None]).astype(np.float32)
    rise -= (size * loss).astype(np.float32)[None, :]
    rise[np.arange(len(candidates)), class_of[candidates]] = np.inf
    target = rise.argmin(axis=1)
    least = rise[np.arange(len(candidates)), target]
    if may_drop:
        drop_loss = records[candidates] * problem.worst
        dropped = (drop_loss < least) & (records[candidates] <= may_drop)
        target, least = np.where(dropped, -1, target), np.where(dropped, drop_loss, least)
    net = gain[candidates] - least
    changed = np.zeros(classes + 1, dtype=bool)  # the last entry stands for dropping, which takes any number
    for index in np.argsort(-net, kind="stable"):
        if net[index] <= LEAST_GAIN:
            break
        combination, source, destination = kept[candidates[index]], class_of[candidates[index]], target[index]
        weight = int(records[candidates[index]])
        if changed[source] or (destination >= 0 and changed[destination]) or (destination < 0 and weight > may_drop):
            continue
        if not rules.is_k_only and not _keeps_rules(problem, partition, rules, int(combination), int(destination)):
            continue
        partition.class_of[combination] = destination
        changed[source] = True
        if destination >= 0:
            changed[destination] = True
        else:
            may_drop -= weight
    return changed[:-1], may_drop


def _keeps_rules(
    problem: RecodingProblem, partition: Partition, rules: ClassRules, combination: int, destination: int
) -> bool:
    """Whether both classes still keep the rules after the move."""
    source = partition.class_of[combination]
    left = np.flatnonzero(partition.class_of == source)
    left = left[left != combination]
    if destination < 0:
        return bool(rules.keeps(problem.facts.union(left))[0])
    joined = np.append(np.flatnonzero(partition.class_of == destination), combination)
    return problem.both_keep(left, joined, rules)
