"""A reference partition is kept where it is safe, and never at the price of a promise."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonymisation.cells.disclosure import Rules
from anonymisation.cells.recoding import recode
from anonymisation.cells.reference_partition import ReferencePartition
from anonymisation.hierarchies.hierarchy import flat_categories
from refusals.errors import UsageError
from tests.worlds.person_weeks import SMALL_BANDS, SMALL_TREE, PersonWeek, are_anonymous, check_recoding, leaf_cells_of

DEVICES = flat_categories(["desktop", "mobile", "tablet"])
MEASURES = st.one_of(st.integers(0, 20), st.sampled_from([0, 1, 1000, 10**12]))
RULES = st.builds(Rules, st.integers(2, 6), st.sampled_from([0, 10, 60]))
#: Sets of regions, of which those that overlap never meet in one reference.
REGIONS = [SMALL_TREE.nodes[code].leaves for code in SMALL_TREE.nodes] + [("w1", "w2"), ("e1", "sea-?"), ("??", "w4")]
INTERVALS = [SMALL_BANDS.leaves[first:end] for first in range(4) for end in range(first + 1, 5)]
KINDS = [DEVICES.leaves, *((device,) for device in DEVICES.leaves)]


def weeks(second):
    codes = st.tuples(st.sampled_from(SMALL_TREE.leaves), st.sampled_from(second))
    return st.lists(st.builds(PersonWeek, codes, MEASURES, st.integers(1, 5)), max_size=60)


def references(others):
    """Cells drawn one by one; one that overlaps an earlier one is left out. Some cover everything, most leave gaps."""
    cells = st.lists(st.tuples(st.sampled_from(REGIONS), st.sampled_from(others)), max_size=14)
    return cells.map(disjoint)


def disjoint(cells):
    kept, taken = [], set()
    for cell in cells:
        if taken.isdisjoint(product(*cell)):
            kept.append(cell)
            taken.update(product(*cell))
    return kept


def sets_of(cells):
    return {tuple(frozenset(group.leaves) for group in cell.groups) for cell in cells}


@given(weeks(SMALL_BANDS.leaves), RULES, references(INTERVALS), st.booleans())
def test_promises_hold_whatever_the_reference(persons, rules, cells, aligned):
    hierarchies = (SMALL_TREE, SMALL_BANDS)
    reference = ReferencePartition(cells, hierarchies)
    check_recoding(
        recode(leaf_cells_of(persons), hierarchies, rules, aligned=aligned, reference=reference), persons, rules
    )


@given(weeks(DEVICES.leaves), RULES, references(KINDS))
def test_so_it_is_with_flat_categories(persons, rules, cells):
    hierarchies = (SMALL_TREE, DEVICES)
    reference = ReferencePartition(cells, hierarchies)
    check_recoding(recode(leaf_cells_of(persons), hierarchies, rules, reference=reference), persons, rules)


@given(weeks(SMALL_BANDS.leaves), RULES, references(INTERVALS))
def test_the_reference_is_kept_where_none_of_its_cells_breaks_a_rule(persons, rules, cells):
    """Persons outside the reference, and those of its unsafe cells, are taken away first: what is left is all safe."""
    inside = {cell: [p for p in persons if p.codes[0] in cell[0] and p.codes[1] in cell[1]] for cell in cells}
    safe = {cell: members for cell, members in inside.items() if are_anonymous(members, rules.k, rules.dominance_p)}
    left = [person for members in safe.values() for person in members]
    hierarchies = (SMALL_TREE, SMALL_BANDS)
    found = recode(leaf_cells_of(left), hierarchies, rules, reference=ReferencePartition(cells, hierarchies))
    assert sets_of(found or []) == {tuple(map(frozenset, cell)) for cell in safe}


@given(weeks(SMALL_BANDS.leaves), RULES, references(INTERVALS), st.randoms(use_true_random=False))
def test_no_order_changes_anything(persons, rules, cells, chance):
    hierarchies = (SMALL_TREE, SMALL_BANDS)
    first = recode(leaf_cells_of(persons), hierarchies, rules, reference=ReferencePartition(cells, hierarchies))
    leaf_cells, shuffled = leaf_cells_of(persons), list(cells)
    chance.shuffle(leaf_cells)
    chance.shuffle(shuffled)
    assert recode(leaf_cells, hierarchies, rules, reference=ReferencePartition(shuffled, hierarchies)) == first


@given(weeks(SMALL_BANDS.leaves), RULES, references(INTERVALS))
def test_a_safe_cell_is_left_only_for_one_that_breaks_a_rule(persons, rules, cells):
    """So where none breaks one, and nobody is outside the reference, the week is the reference."""
    hierarchies = (SMALL_TREE, SMALL_BANDS)
    found = recode(leaf_cells_of(persons), hierarchies, rules, reference=ReferencePartition(cells, hierarchies))
    if not found:
        return
    kept = sets_of(found)
    inside = {cell: [p for p in persons if p.codes[0] in cell[0] and p.codes[1] in cell[1]] for cell in cells}
    breaking = [
        members for members in inside.values() if members and not are_anonymous(members, rules.k, rules.dominance_p)
    ]
    outside = {p.codes for p in persons} - {codes for cell in cells for codes in product(*cell)}
    if not breaking and not outside:
        assert kept == {tuple(map(frozenset, cell)) for cell, members in inside.items() if members}


def test_an_unsafe_cell_leaves_one_safe_cell_under_the_same_node_and_no_other():
    """Five persons in every leaf, but two of w1's old people: they are told with w2's, the first of the cheapest."""
    east = [(SMALL_TREE.nodes["east"].leaves, (band,)) for band in SMALL_BANDS.leaves]
    west = [((leaf,), (band,)) for leaf in SMALL_TREE.nodes["west"].leaves for band in SMALL_BANDS.leaves]
    rest = [(("sea-?", "??"), SMALL_BANDS.leaves)]
    counts = {codes: 5 for cell in east + west + rest for codes in product(*cell)} | {("w1", "old"): 2}
    persons = [PersonWeek(codes, 60) for codes, count in counts.items() for _ in range(count)]
    hierarchies = (SMALL_TREE, SMALL_BANDS)
    reference = ReferencePartition([*east, *west, *rest], hierarchies)
    found = recode(leaf_cells_of(persons), hierarchies, Rules(5, 10), reference=reference)
    of_reference = {tuple(map(frozenset, cell)) for cell in east + west + rest}
    new = [cell for cell in found if not sets_of([cell]) <= of_reference]
    assert [(cell.groups[0].label, cell.groups[1].label, cell.persons) for cell in new] == [("w1+w2", "old", 7)]
    assert len(found) == len(of_reference) - 1


def test_a_reference_that_overlaps_is_refused():
    with pytest.raises(UsageError, match="two cells overlap"):
        ReferencePartition([(("w1", "w2"), ("old",)), (("w2",), ("old", "eldest"))], (SMALL_TREE, SMALL_BANDS))


def test_a_reference_of_other_dimensions_is_refused():
    with pytest.raises(UsageError, match="a tree and one further dimension"):
        ReferencePartition([], (SMALL_BANDS, SMALL_TREE))
