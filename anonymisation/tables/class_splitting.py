"""Top-down recoding: a class is cut in two, by one quasi-identifier, wherever both parts keep the rules.

In the manner of Mondrian (LeFevre, DeWitt and Ramakrishnan 2006), but each cut is the one that loses least, counted
over all quasi-identifiers of both parts, not the median of the widest.
"""

import numpy as np
from numpy.typing import NDArray

from anonymisation.hierarchies.value_hierarchy import ValueHierarchy
from anonymisation.tables.classes.class_rules import ClassRules
from anonymisation.tables.classes.person_cuts import PersonLeaves, PersonPlaces
from anonymisation.tables.recoding_problem import RecodingProblem

Numbers = NDArray[np.int64]
MOST_CUTS_TRIED = 8  # per quasi-identifier, best first, where more than k is asked for


def split(problem: RecodingProblem, combinations: Numbers, rules: ClassRules) -> list[Numbers]:
    """Cuts a class (as combination numbers) until no part can be cut; neighbours in the list are near each other.

    Both parts of every cut keep the rules; a class that breaks them comes back whole.
    """
    parts: list[Numbers] = []
    waiting = [combinations]
    while waiting:
        part = waiting.pop()
        halves = _best_halves(problem, part, rules)
        if halves is None:
            parts.append(part)
        else:
            waiting += halves
    return parts


def _best_halves(problem: RecodingProblem, part: Numbers, rules: ClassRules) -> tuple[Numbers, Numbers] | None:
    records = problem.records[part]
    total = int(records.sum())
    if len(part) < 2 or total < 2 * rules.k:
        return None
    halves = []
    person = PersonPlaces.of(problem.facts.contributions, part) if problem.facts.contributions is not None else None
    for dimension, hierarchy in enumerate(problem.hierarchies):
        leaves = problem.leaves[part, dimension]
        present, held = _count(leaves, records, len(hierarchy.leaves))
        if len(present) < 2:
            continue
        by_person = None if person is None else person.by_leaf(leaves, present)
        for cut in _cuts(problem, dimension, (present, held), rules, by_person):
            on_one_side = np.zeros(len(hierarchy.leaves), dtype=bool)
            on_one_side[cut] = True
            side = on_one_side[leaves]
            one, other = part[side], part[~side]
            if rules.is_k_only or problem.both_keep(one, other, rules):
                halves += [one, other]
                break  # the best cut of this quasi-identifier that keeps the rules
    if not halves:
        return None
    size = np.add.reduceat(problem.records[np.concatenate(halves)], np.cumsum([0, *map(len, halves[:-1])]))
    loss = size * problem.loss_by_class(problem.spread_of_classes(halves))
    best = 2 * int((loss[::2] + loss[1::2]).argmin())
    return halves[best], halves[best + 1]


def _count(leaves: Numbers, records: Numbers, leaf_count: int) -> tuple[Numbers, Numbers]:
    """The leaves that occur, ascending, and the records of each."""
    if leaf_count <= 4 * len(leaves) + 256:
        held = np.bincount(leaves, records, leaf_count)
        present = np.flatnonzero(held)
        return present, held[present].astype(np.int64)
    present, where = np.unique(leaves, return_inverse=True)
    return present, np.bincount(where, records).astype(np.int64)


def _cuts(
    problem: RecodingProblem,
    dimension: int,
    occurring: tuple[Numbers, Numbers],
    rules: ClassRules,
    by_person: PersonLeaves | None,
) -> list[Numbers]:
    """Cuts of one quasi-identifier with at least k persons on both sides, as the leaves of one side, best first."""
    hierarchy, objective = problem.hierarchies[dimension], problem.objectives[dimension]
    present, held = occurring
    total = int(held.sum())
    if hierarchy.is_ordinal:
        below = np.concatenate([[0.0], np.cumsum(objective.weights)])
        on_side = np.cumsum(held)[:-1]
        widths = below[present[:-1] + 1] - below[present[0]], below[present[-1] + 1] - below[present[1:]]
        whole = below[present[-1] + 1] - below[present[0]]
        sides = [present[: cut + 1] for cut in range(len(present) - 1)]
        persons = None if by_person is None else by_person.before_and_after(np.arange(len(present)))
    else:
        on_side, widths, whole, sides, rank = _sibling_cuts(hierarchy, objective.weights, present, held)
        persons = None if by_person is None else by_person.of_siblings(rank)
    saved = (
        total * objective.loss(np.array([whole]))
        - on_side * objective.loss(widths[0])
        - (total - on_side) * objective.loss(widths[1])
    )
    one, other = (on_side, total - on_side) if persons is None else persons
    allowed = np.flatnonzero((one >= rules.k) & (other >= rules.k))
    order = allowed[np.argsort(-saved[allowed], kind="stable")]
    return [sides[cut] for cut in order[: 1 if rules.is_k_only else MOST_CUTS_TRIED]]


def _sibling_cuts(
    hierarchy: ValueHierarchy, weights: NDArray[np.float64], present: Numbers, held: Numbers
) -> tuple[Numbers, tuple[NDArray[np.float64], NDArray[np.float64]], float, list[Numbers], Numbers]:
    """Children of the lowest node over these leaves: each against the others, and the most frequent against the rest.

    Returns the records on one side, the weights covered on both, the weight covered before, one side's leaves, and by
    leaf which child it is under, the most frequent being 0.
    """
    level = hierarchy.level_over(present)
    child_of = hierarchy.nodes[level - 1][present]
    children, where = np.unique(child_of, return_inverse=True)
    by_child = np.bincount(where, held)
    order = np.argsort(-by_child, kind="stable")
    members = [present[where == child] for child in order]
    records = by_child[order].astype(np.int64)
    whole = np.bincount(hierarchy.nodes[level - 1], weights)[children][order]
    alone = whole if level == 1 else np.array([weights[hierarchy.closure(leaves)].sum() for leaves in members])
    covered = float(whole.sum())
    last = len(order) - 1
    others = np.array([alone[1 - child] for child in range(2)]) if last == 1 else covered - whole
    on_side, one, other, sides = [records], [alone], [others], list(members)
    if last > 1:
        first_few = np.cumsum(whole)[1:-1]  # the two, three, … most frequent
        rest = covered - first_few
        rest[-1] = alone[last]
        on_side.append(np.cumsum(records)[1:-1])
        one.append(first_few)
        other.append(rest)
        sides += [np.concatenate(members[: count + 1]) for count in range(1, last)]
    rank = np.argsort(order, kind="stable")[where]
    return np.concatenate(on_side), (np.concatenate(one), np.concatenate(other)), covered, sides, rank
