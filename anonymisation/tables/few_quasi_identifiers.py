"""Tables with few quasi-identifiers (three, or four of few values): classes by the dynamic programme, not by search.

The optimum of `block_optimum`'s family is a good place for local recoding to start from: its classes may then still be
moved and cut (`class_refining`, `class_splitting`), which leaves that family.
"""

from math import comb

import numpy as np

from anonymisation.cells.disclosure import Rules
from anonymisation.cells.leaf_cell import LeafCell
from anonymisation.cells.recoding import members_of, recode
from anonymisation.hierarchies.hierarchy_rows import hierarchy_of
from anonymisation.tables.classes.class_rules import ClassRules
from anonymisation.tables.recoding_problem import Numbers, RecodingProblem

MOST_SIDE_BLOCKS = 20_000  # about a second and 100 MiB a hundred tree nodes


def can_recode_few(problem: RecodingProblem, rules: ClassRules) -> bool:
    """Whether the dynamic programme fits: k records alone, GCP, and not too many side blocks."""
    if problem.has_persons or not rules.is_k_only or any(objective.name != "gcp" for objective in problem.objectives):
        return False
    blocks = []
    for dimension, values in enumerate(problem.hierarchies):
        observed = len(np.unique(problem.leaves[:, dimension]))
        nodes = sum(len(labels) for labels in values.labels)
        blocks.append((values.is_ordinal, comb(observed + 1, 2) if values.is_ordinal else nodes))
    trees = [count for is_ordinal, count in blocks if not is_ordinal]
    sides = int(np.prod([count for _, count in blocks], dtype=np.float64)) // max(trees, default=1)
    return sides <= MOST_SIDE_BLOCKS


def recode_few(problem: RecodingProblem, rules: ClassRules) -> list[Numbers] | None:
    """Classes of combinations with at least k records each and the family's least GCP; none is dropped.

    Call it where `can_recode_few`. None where the whole table has fewer than k records.

    Raises:
        UsageError: k is below 2.
    """
    hierarchies = [hierarchy_of(values) for values in problem.hierarchies]
    names = [values.leaves for values in problem.hierarchies]
    codes = [tuple(names[d][leaf] for d, leaf in enumerate(row)) for row in problem.leaves.tolist()]
    leaf_cells = [
        LeafCell(code, persons, 0, 0, 0) for code, persons in zip(codes, problem.records.tolist(), strict=True)
    ]
    cells = recode(leaf_cells, hierarchies, Rules(rules.k, 0), aligned=False, fitted=True)
    if cells is None:
        return None
    members = members_of([tuple(group.leaves for group in cell.groups) for cell in cells], codes)
    return [np.array(inside, dtype=np.int64) for inside in members]
