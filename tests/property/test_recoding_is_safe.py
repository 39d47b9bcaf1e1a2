"""Promises 1 to 3, recomputed from raw person-weeks in plain Python, never from sums of leaf cells."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonymisation.cells.disclosure import Rules
from anonymisation.cells.recoding import recode
from anonymisation.cells.unions import finest_unions
from anonymisation.hierarchies.hierarchy import Tree, flat_categories
from catalogue.devices import device_nodes
from tests.worlds.person_weeks import (
    SMALL_BANDS,
    SMALL_TREE,
    PersonWeek,
    are_anonymous,
    check_recoding,
    leaf_cells_of,
)

DEVICES = flat_categories(["desktop", "mobile", "tablet"])
KINDS = Tree(device_nodes(["watch"]))
SESSIONS = st.one_of(st.integers(1, 5), st.sampled_from([1, 2, 300]))
MEASURES = st.one_of(st.integers(0, 20), st.sampled_from([0, 1, 1000, 10**12]))


def weeks(second: tuple[str, ...]) -> st.SearchStrategy[list[PersonWeek]]:
    codes = st.tuples(st.sampled_from(SMALL_TREE.leaves), st.sampled_from(second))
    return st.lists(st.builds(PersonWeek, codes, MEASURES, SESSIONS), max_size=60)


RULES = st.builds(Rules, st.integers(2, 6), st.sampled_from([0, 10, 60]))


@pytest.mark.clause("promise-1", "promise-2", "promise-3")
@given(weeks(SMALL_BANDS.leaves), RULES, st.booleans())
def test_every_person_is_in_exactly_one_cell_and_every_cell_is_anonymous(persons, rules, aligned):
    cells = recode(leaf_cells_of(persons), (SMALL_TREE, SMALL_BANDS), rules, aligned=aligned)
    check_recoding(cells, persons, rules)


@given(weeks(DEVICES.leaves), RULES)
def test_so_it_is_with_flat_categories(persons, rules):
    check_recoding(recode(leaf_cells_of(persons), (SMALL_TREE, DEVICES), rules), persons, rules)


@given(weeks(KINDS.leaves), RULES)
def test_so_it_is_with_kinds_of_device(persons, rules):
    check_recoding(recode(leaf_cells_of(persons), (SMALL_TREE, KINDS), rules, aligned=False), persons, rules)


@given(weeks(SMALL_BANDS.leaves), RULES)
def test_so_it_is_with_three_dimensions_and_the_tree_last(persons, rules):
    spread = [
        PersonWeek((*reversed(p.codes), DEVICES.leaves[n % 3]), p.measure, p.sessions) for n, p in enumerate(persons)
    ]
    check_recoding(recode(leaf_cells_of(spread), (SMALL_BANDS, SMALL_TREE, DEVICES), rules), spread, rules)


@given(weeks(SMALL_BANDS.leaves), RULES)
def test_so_it_is_without_a_tree(persons, rules):
    ages_only = [PersonWeek(person.codes[1:], person.measure, person.sessions) for person in persons]
    check_recoding(recode(leaf_cells_of(ages_only), (SMALL_BANDS,), rules), ages_only, rules)


@given(weeks(SMALL_BANDS.leaves), RULES)
def test_unions_hold_whole_cells_and_no_leaf_twice(persons, rules):
    cells = recode(leaf_cells_of(persons), (SMALL_TREE, SMALL_BANDS), rules) or []
    for dimension in (0, 1):
        unions = finest_unions(cells, dimension)
        covered = [leaf for union in unions for leaf in union.group.leaves]
        assert len(covered) == len(set(covered))
        assert sum(len(union.cells) for union in unions) == len(cells)
        for union in unions:
            there = [person for person in persons if person.codes[dimension] in union.group.leaves]
            assert union.persons == len(there)
            assert are_anonymous(there, rules.k, rules.dominance_p)


@given(weeks(SMALL_BANDS.leaves), RULES, st.randoms(use_true_random=False))
def test_the_union_of_safe_sets_is_safe(persons, rules, chance):
    """What the dynamic programmes rest on: two disjoint anonymous sets are anonymous together."""
    chance.shuffle(persons)
    half = len(persons) // 2
    parts = (persons[:half], persons[half:])
    if all(are_anonymous(part, rules.k, rules.dominance_p) for part in parts):
        assert are_anonymous(parts[0] + parts[1], rules.k, rules.dominance_p)
