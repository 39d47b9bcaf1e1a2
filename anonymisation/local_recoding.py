"""Local recoding of a table: classes of records that share their published values, as little generalised as is found.

Three steps: cut the table top-down into small classes (`class_splitting`), merge these bottom-up until they keep the
rules (`class_merging`), and cut what can be cut again; then move combinations between classes (`class_refining`).
A heuristic, not an optimum: optimal k-anonymity is NP-hard (Meyerson and Williams 2004). Deterministic, and
independent of the order of the records.
"""

import numpy as np
from numpy.typing import NDArray

from anonymisation.class_merging import merge
from anonymisation.class_refining import refine
from anonymisation.class_rules import ClassRules
from anonymisation.class_splitting import split
from anonymisation.recoding_problem import RecodingProblem

Numbers = NDArray[np.int64]
SMALL_CLASSES = 7_000  # the table is first cut into at most so many, then merged: 200 MiB, and seconds
REFINED_TOGETHER = 6_000  # classes, neighbours by the order of the cuts; bounds the time of a table of any size
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
        refined = []
        for start in range(0, len(classes), REFINED_TOGETHER):
            stretch = classes[start : start + REFINED_TOGETHER]
            moved, dropped = refine(problem, stretch, rules, rounds, may_drop)
            may_drop -= dropped
            refined += [part for whole in moved for part in split(problem, whole, rules)]
        classes = refined
    return classes


def _cut_and_merged(problem: RecodingProblem, everything: Numbers, rules: ClassRules) -> list[Numbers]:
    """Classes that keep the rules, from at most `SMALL_CLASSES` small ones that need not."""
    if len(everything) <= SMALL_CLASSES:
        return merge(problem, [everything[number : number + 1] for number in everything], rules)
    smallest = -(-int(problem.records.sum()) // SMALL_CLASSES)
    if rules.is_k_only and smallest >= rules.k:
        return split(problem, everything, rules)
    return merge(problem, split(problem, everything, ClassRules(smallest)), rules)
