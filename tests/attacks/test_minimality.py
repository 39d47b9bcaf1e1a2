"""The minimality attack: whoever knows the algorithm excludes tables; one that is left hides a small merged leaf."""

from dataclasses import replace
from functools import partial

import pytest

from anonymisation.cells import minimality
from anonymisation.cells.disclosure import Rules
from anonymisation.cells.leaf_cell import Cell, LeafCell, cell_of
from anonymisation.cells.minimality import merged_leaves
from anonymisation.cells.minimality_merging import try_choice
from anonymisation.cells.recoding import check_cells, recode
from anonymisation.cells.unions import finest_unions
from tests.worlds.person_weeks import SMALL_BANDS, SMALL_TREE, is_anonymous, leaf_cells_of, persons_in_cell
from tests.worlds.populations import HIERARCHIES, POPULATIONS

RULES = Rules(k=10, dominance_p=10)
RECODE = partial(recode, hierarchies=(SMALL_TREE, SMALL_BANDS), rules=RULES)
RECODE_WEEK = partial(recode, hierarchies=HIERARCHIES, rules=RULES)
SMALL_POPULATIONS = ("thin, 700 people", "120 people", "1,500 people, next to nobody young or old", "10,000 people")


def leaf(code, age, persons):
    return LeafCell((code, age), persons, 60 * persons, 60, 60 if persons > 1 else 0, (persons,))


def rows(cells: list[Cell]) -> set[tuple[object, ...]]:
    return {(*(group.leaves for group in cell.groups), cell.persons, cell.measure, cell.counts) for cell in cells}


def is_inside(one: LeafCell, cell: Cell) -> bool:
    return all(code in group.leaves for code, group in zip(one.codes, cell.groups, strict=True))


def is_part(one: Cell, whole: Cell) -> bool:
    return all(set(part.leaves) <= set(all_.leaves) for part, all_ in zip(one.groups, whole.groups, strict=True))


def exchanged(leaves: list[LeafCell], one: int, two: int) -> list[LeafCell]:
    other = list(leaves)
    other[one] = replace(leaves[two], codes=leaves[one].codes)
    other[two] = replace(leaves[one], codes=leaves[two].codes)
    return other


def is_otherwise(one: LeafCell, two: LeafCell) -> bool:
    return abs(one.persons - two.persons) > one.persons / 10 and abs(one.measure - two.measure) > one.measure / 10


def hidden_one_by_one(leaves: list[LeafCell], cells: list[Cell], recoding) -> set[int]:
    """Small merged leaves for which one exchange, by itself, comes out as the same rows. Every exchange is tried."""
    published, found = rows(cells), set()
    for cell in cells:
        inside = [number for number, one in enumerate(leaves) if is_inside(one, cell)]
        for number in inside:
            if leaves[number].persons < RULES.k and any(
                rows(recoding(exchanged(leaves, number, other)) or []) == published
                for other in inside
                if is_otherwise(leaves[number], leaves[other])
            ):
                found.add(number)
    return found


def small_merged(leaves: list[LeafCell], cells: list[Cell]) -> set[int]:
    found = set()
    for cell in cells:
        inside = [number for number, one in enumerate(leaves) if is_inside(one, cell)]
        if len(inside) > 1:
            found |= {number for number in inside if leaves[number].persons < RULES.k}
    return found


def test_two_small_leaves_that_may_change_places_are_hidden():
    leaves = [leaf("w1", "young", 4), leaf("w2", "young", 8), leaf("e1", "old", 40)]
    found = merged_leaves(leaves, RECODE(leaves), RECODE, RULES)
    assert (found.small, found.unproven) == ({0, 1}, set())


def test_two_alike_are_not_shown_to_be_hidden():
    """Exchanged, they are the same table: that another one is left was not shown."""
    leaves = [leaf("w1", "young", 6), leaf("w2", "young", 6), leaf("e1", "old", 40)]
    found = merged_leaves(leaves, RECODE(leaves), RECODE, RULES)
    assert (found.small, found.unproven) == ({0, 1}, {0, 1})


def test_a_recoding_that_tells_which_one_was_small_hides_nothing():
    """Planted: one that publishes other cells as soon as the first leaf is not the smaller one."""
    leaves = [leaf("w1", "young", 4), leaf("w2", "young", 8), leaf("e1", "old", 40)]

    def telling(table):
        return RECODE(table if table[0].persons < table[1].persons else [leaf("w1", "young", 52)])

    found = merged_leaves(leaves, telling(leaves), telling, RULES)
    assert (found.small, found.unproven) == ({0, 1}, {0, 1})


@pytest.mark.parametrize("name", ["thin, 700 people", "120 people"])
def test_what_one_exchange_hides_is_found_by_trying_many_at_once(name):
    """At least as much as every single exchange finds, tried one by one in plain Python."""
    leaves = leaf_cells_of(POPULATIONS[name].week())
    cells = RECODE_WEEK(leaves)
    found = merged_leaves(leaves, cells, RECODE_WEEK, RULES)
    assert found.small == small_merged(leaves, cells)
    assert not found.unproven & hidden_one_by_one(leaves, cells, RECODE_WEEK)
    assert len(found.small) > 50
    assert len(found.unproven) <= 2


def test_what_is_not_reached_within_the_bound_is_unproven_and_told_apart(monkeypatch):
    monkeypatch.setattr(minimality, "MOST_TABLES", 1)
    leaves = leaf_cells_of(POPULATIONS["1,500 people, next to nobody young or old"].week())
    found = merged_leaves(leaves, RECODE_WEEK(leaves), RECODE_WEEK, RULES)
    assert found.untried and found.untried <= found.unproven <= found.small


#: Two alike in one cell, beside a larger leaf; those in the middle are one cell, so that the three are of one union.
TWO_ALIKE = [
    *(leaf(code, "young", persons) for code, persons in (("w1", 6), ("w2", 6), ("w3", 14), ("w4", 30))),
    *(leaf(code, "middle", persons) for code, persons in (("w1", 2), ("w2", 3), ("w3", 7), ("w4", 30))),
]
RECODE_FREELY = partial(RECODE, aligned=False)


def test_a_leaf_that_nothing_hides_is_merged_with_a_neighbour_that_hides_it():
    """Six and six are not shown to be hidden; told together with fourteen, each can change places with these."""
    cells = RECODE_FREELY(TWO_ALIKE)
    assert sorted(cell.persons for cell in cells) == [12, 12, 14, 30, 30]
    assert merged_leaves(TWO_ALIKE, cells, RECODE_FREELY, RULES).unproven == {0, 1}
    tried = try_choice(TWO_ALIKE, cells, RECODE_FREELY, (SMALL_TREE, SMALL_BANDS), RULES)
    assert (tried.small, tried.merged, tried.unproven) == (5, 2, 0)
    assert sorted(cell.persons for cell in tried.cells) == [12, 26, 30, 30]
    assert sum(cell.measure for cell in tried.cells) == 60 * 98


def test_a_merge_that_tells_as_much_is_not_made():
    """Planted: a recoding that comes out otherwise for every table but this one. All that can be done is to count."""

    def telling(table):
        return RECODE_FREELY(table if table == TWO_ALIKE else [leaf("w1", "young", 98)])

    tried = try_choice(TWO_ALIKE, telling(TWO_ALIKE), telling, (SMALL_TREE, SMALL_BANDS), RULES)
    assert (tried.small, tried.merged, tried.unproven) == (5, 0, 5)
    assert rows(tried.cells) == rows(RECODE_FREELY(TWO_ALIKE))


@pytest.mark.parametrize("name", SMALL_POPULATIONS)
def test_cells_after_the_trial_are_safe_whole_and_leave_the_unions_alone(name):
    persons = POPULATIONS[name].week()
    leaves = leaf_cells_of(persons)
    cells = RECODE_WEEK(leaves)
    tried = try_choice(leaves, cells, RECODE_WEEK, HIERARCHIES, RULES)
    check_cells(tried.cells, cell_of((), leaves), RULES)
    inside = [persons_in_cell(cell, persons) for cell in tried.cells]
    assert sum(map(len, inside)) == len(persons)
    assert all(is_anonymous([person.measure for person in some], 10, 10) for some in inside)
    assert all(any(is_part(one, whole) for whole in tried.cells) for one in cells)
    for dimension in (0, 1):
        before, after = (finest_unions(some, dimension) for some in (cells, tried.cells))
        assert [union.persons for union in before] == [union.persons for union in after]
    assert tried.merged + tried.unproven == len(merged_leaves(leaves, cells, RECODE_WEEK, RULES).unproven)
    assert tried.unproven <= 2


@pytest.mark.parametrize("name", ["1,500 people, next to nobody young or old", "10,000 people"])
def test_what_was_merged_is_hidden_from_whoever_knows_the_merges(name):
    """In plain Python: each leaf that a merge hides has an exchange after which the same rows come out, so merged."""
    leaves = leaf_cells_of(POPULATIONS[name].week())
    cells = RECODE_WEEK(leaves)
    tried = try_choice(leaves, cells, RECODE_WEEK, HIERARCHIES, RULES)
    assert tried.merged > 0
    merges = [cell for cell in tried.cells if rows([cell]).isdisjoint(rows(cells))]

    def merged_rows(table):
        out = []
        for cell in RECODE_WEEK(table) or []:
            into = [m for m in merges if any(is_inside(one, m) for one in table if is_inside(one, cell))]
            out.append((into[0].groups if into else cell.groups, cell.persons, cell.measure, cell.counts))
        groups = {key for key, *_ in out}
        return {
            (tuple(g.leaves for g in key), *(sum(c[n] for c in out if c[0] == key) for n in (1, 2))) for key in groups
        }

    published = merged_rows(leaves)
    assert published == {(tuple(g.leaves for g in c.groups), c.persons, c.measure) for c in tried.cells}
    open_before = merged_leaves(leaves, cells, RECODE_WEEK, RULES).unproven
    hidden = 0
    for cell in merges:
        inside = [number for number, one in enumerate(leaves) if is_inside(one, cell)]
        for number in open_before.intersection(inside):
            hidden += any(
                merged_rows(exchanged(leaves, number, other)) == published
                for other in inside
                if is_otherwise(leaves[number], leaves[other])
            )
    assert hidden == tried.merged
