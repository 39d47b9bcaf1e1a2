"""Planted faults: for each promise, a table that breaks it by one person, which the check that guards it must find."""

from dataclasses import replace

import pytest

from anonymisation.cells.disclosure import Rules, is_safe
from anonymisation.cells.leaf_cell import cell_of
from anonymisation.cells.recoding import check_cells, recode
from anonymisation.hierarchies.hierarchy import ordered_bands, region_hierarchy
from anonymisation.sides.side_division import divide, divide_by_hour, is_part_safe
from refusals.errors import PublicationRefused
from tests.worlds.person_weeks import AGE_LABELS, FIRST_YEARS, PersonWeek, axis_counts_of, leaf_cells_of

RULES = Rules(k=10, dominance_p=10)
HIERARCHIES = (region_hierarchy(), ordered_bands(AGE_LABELS, FIRST_YEARS))
MINUTE = 60_000_000


def in_cell(codes, count, minutes=10):
    return [PersonWeek(codes, minutes * MINUTE)] * count


def persons_at(*positions, count, minutes=10):
    return [dict.fromkeys(positions, (1, minutes * MINUTE))] * count


def labels(cells):
    return {(cell.groups[0].label, cell.groups[1].label) for cell in cells}


# Promise 1


@pytest.mark.clause("promise-1")
def test_a_cell_of_k_less_one_is_unsafe_and_is_never_told_by_itself():
    small = ("NL-ZE", "18-24")
    (planted,) = leaf_cells_of(in_cell(small, 9))
    assert not is_safe(planted, RULES)
    cells = recode(leaf_cells_of([*in_cell(small, 9), *in_cell(("NL-GE", "18-24"), 50)]), HIERARCHIES, RULES)
    assert small not in labels(cells)
    assert all(cell.persons >= 10 for cell in cells)


def test_a_partition_with_a_planted_small_cell_is_refused():
    leaves = leaf_cells_of([*in_cell(("NL-ZE", "18-24"), 10), *in_cell(("NL-GE", "18-24"), 50)])
    cells = recode(leaves, HIERARCHIES, RULES)
    whole = cell_of((), leaves)
    check_cells(cells, whole, RULES)
    smaller = [replace(cell, persons=9) if cell.persons == 10 else replace(cell, persons=51) for cell in cells]
    with pytest.raises(PublicationRefused, match="unsafe"):
        check_cells(smaller, whole, RULES)


# Promise 2


@pytest.mark.clause("promise-2")
def test_a_dominated_cell_is_unsafe_and_is_never_told_by_itself():
    giant = [*in_cell(("NL-ZE", "18-24"), 30, minutes=1), *in_cell(("NL-ZE", "18-24"), 1, minutes=10_000)]
    (planted,) = leaf_cells_of(giant)
    assert not is_safe(planted, RULES)
    others = in_cell(("NL-GE", "18-24"), 500, minutes=30)
    cells = recode(leaf_cells_of([*giant, *others]), HIERARCHIES, RULES)
    assert len(cells) == 1
    assert cells[0].persons == 531


def test_the_second_largest_contributor_cannot_work_out_the_largest():
    """Both are known to each other: what they do not explain must still hide p % of the largest."""
    pair = [*in_cell(("NL-ZE", "18-24"), 2, minutes=1_000), *in_cell(("NL-ZE", "18-24"), 40, minutes=1)]
    (planted,) = leaf_cells_of(pair)
    assert not is_safe(planted, RULES)


# Promise 3


@pytest.mark.clause("promise-3")
@pytest.mark.parametrize("fault", ["lost", "twice"])
def test_a_leaf_cell_that_is_lost_or_counted_twice_is_found(fault):
    leaves = leaf_cells_of([*in_cell(("NL-ZE", "18-24"), 20), *in_cell(("NL-GE", "18-24"), 50)])
    cells = recode(leaves, HIERARCHIES, RULES)
    planted = cells[1:] if fault == "lost" else [*cells, cells[0]]
    with pytest.raises(PublicationRefused, match="lost"):
        check_cells(planted, cell_of((), leaves), RULES)


# Promise 4: a side mart against the union it divides


def test_a_part_of_k_less_one_is_found():
    counts = axis_counts_of([*persons_at(0, count=9), *persons_at(1, count=30)], 2)
    assert not is_part_safe(counts, RULES, 0, 0)
    assert len(divide(counts, RULES)) == 1


def test_those_with_nothing_in_a_part_are_found_when_they_are_k_less_one():
    """The union's users less the part's: nine who were never there at that hour."""
    counts = axis_counts_of([*persons_at(0, 1, count=30), *persons_at(1, count=9)], 2)
    assert not is_part_safe(counts, RULES, 0, 0)
    assert len(divide(counts, RULES)) == 1


def test_a_complement_of_k_less_one_is_found():
    """The union's sessions and minutes less the part's: those of nine persons."""
    counts = axis_counts_of([*persons_at(0, count=30), *persons_at(0, 1, count=9), *persons_at(0, 2, count=30)], 3)
    assert not is_part_safe(counts, RULES, 1, 1)
    together = axis_counts_of([*persons_at(0, count=30), *persons_at(0, 1, count=9)], 2)
    assert not is_part_safe(together, RULES, 0, 0)
    assert len(divide(together, RULES)) == 1


def test_a_complement_that_one_person_dominates_is_found():
    giant = [{0: (1, MINUTE), 1: (1, 20_000 * MINUTE)}]
    persons = [*persons_at(0, count=900, minutes=60), *persons_at(1, count=20, minutes=60), *giant]
    counts = axis_counts_of(persons, 2)
    assert not is_part_safe(counts, RULES, 0, 0)
    assert not is_part_safe(counts, RULES, 1, 1)
    assert len(divide(counts, RULES)) == 1
    assert len(divide(axis_counts_of(persons[:-1], 2), RULES)) == 2


def test_an_overlap_of_one_person_is_found():
    """Users of both parts, added, less the union's: the one person who was there at both hours."""
    apart = [*persons_at(0, count=30), *persons_at(1, count=30)]
    counts = axis_counts_of([*apart, *persons_at(0, 1, count=1)], 2)
    assert is_part_safe(counts, RULES, 0, 0)
    assert is_part_safe(counts, RULES, 1, 1)
    assert len(divide(counts, RULES)) == 1
    assert len(divide(axis_counts_of(apart, 2), RULES)) == 2
    assert len(divide(axis_counts_of([*apart, *persons_at(0, 1, count=10)], 2), RULES)) == 2


def test_one_person_in_many_parts_is_not_taken_for_many_in_several():
    """Twelve surplus users over thirteen parts may all be one person: persons are counted, not the surplus."""
    apart = [person for hour in range(13) for person in persons_at(hour, count=20)]
    counts = axis_counts_of([*apart, *persons_at(*range(13), count=1)], 13)
    parts = divide(counts, RULES)
    assert sum(part.persons for part in parts) - counts.persons == 0 or len(parts) == 1


def test_the_few_who_come_at_weekends_are_not_told_apart():
    week = [*persons_at(9, count=40), *persons_at(15, count=40), *persons_at(15, 24 + 15, count=3)]
    all_days = [*persons_at(9, count=40), *persons_at(15, count=40), *[{15: (2, 20 * MINUTE)}] * 3]
    parts = divide_by_hour(axis_counts_of(week, 48), axis_counts_of(all_days, 24), RULES)
    assert {part.day_type for part in parts} == {"all"}
