"""Local recoding of a table: classes of records that share their published values, as little generalised as is found.

Three steps: cut the table top-down into small classes (`class_splitting`), merge these bottom-up until they keep the
rules (`class_merging`), and cut what can be cut again; then move combinations between classes (`class_refining`).
Small tables are started in several ways, those with few quasi-identifiers also from `few_quasi_identifiers`, and
the least loss counts.
A heuristic, not an optimum: optimal k-anonymity is NP-hard (Meyerson and Williams 2004). Deterministic, and
independent of the order of the records.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from anonymisation.tables.class_merging import merge
from anonymisation.tables.class_refining import refine
from anonymisation.tables.class_splitting import split
from anonymisation.tables.classes.class_rules import ClassRules
from anonymisation.tables.few_quasi_identifiers import can_recode_few, recode_few
from anonymisation.tables.recoding_problem import RecodingProblem

Numbers = NDArray[np.int64]
SMALL_CLASSES = 7_000  # the table is first cut into at most so many, then merged: 200 MiB, and seconds
REFINED_TOGETHER = 6_000  # classes, neighbours by the order of the cuts; bounds the time of a table of any size
ROUNDS = (15, 10)  # of refining, each followed by cutting again
OTHER_STARTS = (4, 2, 1)  # a small table is also cut to k divided by these, and the best result counts
SMALL_TABLE = 1_000  # combinations, for which every start is quick
QUICK_CLASSES = 300  # in larger tables, a start from so few costs less than a tenth of a second


def recode_locally(problem: RecodingProblem, rules: ClassRules, may_drop: int = 0) -> list[Numbers] | None:
    """Classes of combinations that all keep the rules; what is in none of them is dropped.

    None where the table as one class breaks the rules, so that no recoding of it can keep them all.
    """
    everything = np.arange(len(problem.records))
    if not rules.keeps(problem.facts.union(everything))[0]:
        return None
    found = [_finished(problem, start, rules, may_drop) for start in _starts(problem, everything, rules)]
    return found[int(np.argmin([_loss(problem, classes) for classes in found]))]


def _starts(problem: RecodingProblem, everything: Numbers, rules: ClassRules) -> Iterator[list[Numbers]]:
    """Classes that keep the rules, merged from small ones that need not."""
    if len(everything) > SMALL_CLASSES:
        smallest = -(-problem.units // SMALL_CLASSES)
        if rules.is_k_only and smallest >= rules.k:
            yield split(problem, everything, rules)
        else:
            yield merge(problem, split(problem, everything, ClassRules(smallest)), rules)
        return
    most = SMALL_TABLE if len(everything) <= SMALL_TABLE else QUICK_CLASSES
    few = recode_few(problem, rules) if can_recode_few(problem, rules) else None
    if few is not None:
        yield few
    if few is None or len(everything) <= most:
        yield merge(problem, [everything[number : number + 1] for number in everything], rules)
    if few is not None and len(few) > most:  # the others start from more
        return
    for smallest in sorted({int(rules.k / share) for share in OTHER_STARTS} - {0, 1}):
        small = split(problem, everything, ClassRules(smallest))
        if len(small) <= most:
            yield merge(problem, small, rules)


def _finished(problem: RecodingProblem, start: list[Numbers], rules: ClassRules, may_drop: int) -> list[Numbers]:
    """The start, cut where it can be, with combinations moved to where they lose least."""
    classes = [part for whole in start for part in split(problem, whole, rules)]
    for rounds in ROUNDS:
        refined = []
        for first in range(0, len(classes), REFINED_TOGETHER):
            stretch = classes[first : first + REFINED_TOGETHER]
            moved, dropped = refine(problem, stretch, rules, rounds, may_drop)
            may_drop -= dropped
            refined += [part for whole in moved for part in split(problem, whole, rules)]
        classes = refined
    return classes


def _loss(problem: RecodingProblem, classes: list[Numbers]) -> float:
    """The summed loss over records, dropped ones included."""
    sizes = np.array([int(problem.records[part].sum()) for part in classes])
    kept = float((sizes * problem.loss_by_class(problem.spread_of_classes(classes)).astype(np.float64)).sum())
    return kept + problem.worst * int(problem.records.sum() - sizes.sum())
