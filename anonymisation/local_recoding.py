"""Local recoding of a table: classes of records that share their published values, as little generalised as is found.

Three steps: cut the table top-down into small classes (`class_splitting`), merge these bottom-up until they keep the
rules (`class_merging`), and cut what can be cut again; then move combinations between classes (`class_refining`).
A heuristic, not an optimum: optimal k-anonymity is NP-hard (Meyerson and Williams 2004). Deterministic, and
independent of the order of the records.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from anonymisation.class_merging import merge
from anonymisation.class_refining import partition_of, refine
from anonymisation.class_rules import ClassRules
from anonymisation.class_splitting import split
from anonymisation.recoding_problem import RecodingProblem

Numbers = NDArray[np.int64]
SMALL_CLASSES = 6_000  # the table is first cut into at most so many, then merged
MERGED_AT_ONCE = 4_000  # neighbours in the order of the cuts; bounds memory (64 MiB) and time
ROUNDS = (15, 10)  # of refining, each followed by cutting again


def recode_locally(problem: RecodingProblem, rules: ClassRules, may_drop: int = 0) -> list[Numbers] | None:
    """Classes of combinations that all keep the rules; what is in none of them is dropped.

    None where the table as one class breaks the rules, so that no recoding of it can keep them all.
    """
    everything = np.arange(len(problem.records))
    if not rules.keeps(problem.facts.union(everything))[0]:
        return None
    classes = _cut_and_merged(problem, everything, rules)
    classes = [part for whole in classes for part in split(problem, whole, rules)]
    for rounds in ROUNDS:
        partition = partition_of(classes, len(everything))
        may_still_drop = may_drop - int(problem.records[partition.class_of < 0].sum())
        refine(problem, partition, rules, rounds, may_still_drop)
        classes = [part for whole in partition.members() for part in split(problem, whole, rules)]
    return classes


def _cut_and_merged(problem: RecodingProblem, everything: Numbers, rules: ClassRules) -> list[Numbers]:
    smallest = max(1, min(rules.k, int(problem.records.sum()) // SMALL_CLASSES))
    if len(everything) <= MERGED_AT_ONCE:
        smallest = 1
    small = split(problem, everything, replace(rules, k=smallest, l=None, t=None, dominance_p=None))
    if smallest == rules.k and rules.is_k_only:
        return small
    classes = []
    for start in range(0, len(small), MERGED_AT_ONCE):
        classes += merge(problem, small[start : start + MERGED_AT_ONCE], rules)
    if not rules.keeps(problem.facts_of_classes(classes)).all():  # neighbours could not keep the rules by themselves
        classes = merge(problem, classes, rules)
    return classes
