"""Whoever holds the second most of anything that is told tries to work out who holds the most: not only of minutes."""

from collections import defaultdict
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anonymisation.audit.atoms import atoms_of_leaf_cells, figures_of_cells
from anonymisation.audit.audit import audit
from anonymisation.audit.count_step import CountStep
from anonymisation.cells.disclosure import Rules, is_safe
from anonymisation.cells.leaf_cell import LeafCell, check_leaf_cells
from anonymisation.cells.recoding import recode
from anonymisation.sides.person_slots import Division, PersonSlots, numbered_by_slots
from anonymisation.sides.side_audit import Side, SideMarts, audit_sides
from anonymisation.sides.side_choice import choose_sides
from anonymisation.sides.side_dominance import CELL, PART, REST, dominated
from refusals.errors import InputRefused
from tests.worlds.person_weeks import PersonWeek, leaf_cells_of
from tests.worlds.populations import HIERARCHIES, POPULATIONS

RULES = Rules(k=10, dominance_p=10)
NO_DOMINANCE = Rules(k=10, dominance_p=0)
MINUTE = 60_000_000
TRIED = ["thin, 700 people", "1,500 people, next to nobody young or old", "10,000 people"]


def unjudged(leaves):
    """The protection taken away: what is known of the largest numbers of sessions is forgotten."""
    return [replace(leaf, tops=()) for leaf in leaves]


def rows(cells):
    return [(*(group.leaves for group in cell.groups), cell.persons, cell.measure, cell.counts) for cell in cells]


def can_be_worked_out(amounts):
    """The p % rule in plain Python: of the largest, by the second largest, who subtracts their own."""
    most, _, *others = [*sorted(map(abs, amounts), reverse=True), 0, 0]
    return 100 * sum(others) < 10 * most


# Cells


@pytest.mark.clause("promise-2")
@pytest.mark.parametrize("sessions", [[200] + [1] * 9, [150, 50] + [1] * 8, [2000, 5] + [10] * 19])
def test_ten_even_minutes_do_not_hide_who_has_nearly_all_sessions(sessions):
    """Ten users and 209 sessions, of which one has 200; two who have nearly all; twenty-one of whom one does."""
    persons = [PersonWeek(("NL-ZE", "18-24"), 10 * MINUTE, count) for count in sessions]
    (cell,) = leaf_cells_of(persons)
    assert can_be_worked_out(sessions)
    assert not is_safe(cell, RULES)
    assert is_safe(unjudged([cell])[0], RULES)
    others = [PersonWeek(("NL-GE", band), 10 * MINUTE, 20) for band in HIERARCHIES[1].leaves for _ in range(30)]
    leaves = leaf_cells_of([*persons, *others])
    told = [cell.groups[0].label for cell in recode(leaves, HIERARCHIES, RULES)]
    assert not any(label == "NL-ZE" for label in told)
    assert "NL-ZE" in [cell.groups[0].label for cell in recode(unjudged(leaves), HIERARCHIES, RULES)]


@pytest.mark.clause("promise-2")
@pytest.mark.parametrize("name", TRIED)
def test_with_a_heavy_tail_no_cell_tells_anybodys_sessions(name):
    """Two in a hundred open the app two hundred times as often. Without the rule some cells are found to tell."""
    persons = replace(POPULATIONS[name], heavy=0.02).week()
    leaves = leaf_cells_of(persons)

    at = defaultdict(list)
    for person in persons:
        at[person.codes].append(person)

    def telling(cells):
        inside = [
            [person for codes in product(*(group.leaves for group in cell.groups)) for person in at.get(codes, ())]
            for cell in cells
        ]
        return [
            measure
            for members in inside
            for measure in ("measure", "sessions")
            if can_be_worked_out([getattr(person, measure) for person in members])
        ]

    cells, planted = recode(leaves, HIERARCHIES, RULES), recode(unjudged(leaves), HIERARCHIES, RULES)
    assert telling(cells) == []
    assert "sessions" in telling(planted)


@pytest.mark.parametrize("name", TRIED)
def test_nothing_changes_where_nobody_is_heavy(name):
    leaves = leaf_cells_of(POPULATIONS[name].week())
    assert rows(recode(leaves, HIERARCHIES, RULES)) == rows(recode(unjudged(leaves), HIERARCHIES, RULES))


@pytest.mark.parametrize("measure", range(3))
def test_each_of_several_counts_is_judged(measure):
    counts, tops = [100, 100, 100], [(10, 10)] * 3
    even = LeafCell(("x",), 20, 100, 10, 10, tuple(counts), tuple(tops))
    assert is_safe(even, RULES)
    tops[measure] = (90, 5)
    assert not is_safe(replace(even, tops=tuple(tops)), RULES)


def test_a_merge_keeps_the_two_largest_of_every_measure():
    """Sessions' two are of different leaves, minutes' of one: judged together as if nobody had put them in leaves."""
    persons = [PersonWeek(("NL-GE", "18-24"), 500 - n, 1 + n) for n in range(20)]
    persons += [PersonWeek(("NL-GE", "25-34"), n, 80 * (n + 1)) for n in range(2)]
    (cell,) = recode(leaf_cells_of(persons), HIERARCHIES, Rules(22, 0))
    assert (cell.largest, cell.second) == (500, 499)
    assert cell.tops == ((160, 80),)


@pytest.mark.parametrize("tops", [((5, 6),), ((8, 4),), ((5, -1),), ((5, 5), (1, 0))])
def test_tops_that_are_no_contributions_are_refused(tops):
    with pytest.raises(InputRefused, match="contributions"):
        check_leaf_cells([LeafCell(("x",), 2, 10, 5, 5, (10,), tops)], 1)


def test_some_leaf_cells_with_tops_and_some_without_are_refused():
    leaves = [LeafCell(("x",), 2, 10, 5, 5, (10,), ((5, 5),)), LeafCell(("y",), 2, 10, 5, 5, (10,))]
    with pytest.raises(InputRefused, match="contributions"):
        check_leaf_cells(leaves, 1)


def test_the_release_audit_finds_a_cell_of_which_one_has_nearly_all_sessions():
    persons = [PersonWeek(("NL-ZE", "18-24"), 10 * MINUTE, count) for count in [200] + [1] * 9]
    leaves = leaf_cells_of(persons)
    cells = recode(unjudged(leaves), HIERARCHIES, RULES)
    found = []
    for known in (leaves, unjudged(leaves)):
        atoms = atoms_of_leaf_cells("week", known, ["sessions"])
        found.append(audit(figures_of_cells("week", "usage", cells, atoms, ["sessions"], MINUTE), atoms, RULES).leaks)
    assert "sessions" in {leak.measure for leak in found[0]}
    assert found[1] == ()


# Side marts: parts, what is outside them, cells less parts


def marts_of(persons, parts=2):
    """`persons`: (cell, {hour part: sessions}), ten minutes each session. One union of all cells, told by hour."""
    entries = [(n, cell, part, count) for n, (cell, held) in enumerate(persons) for part, count in held.items()]
    person, cell, hour, sessions = (np.array(column) for column in zip(*entries, strict=True))
    lasting = np.full_like(sessions, 10 * MINUTE * 100)
    slots = numbered_by_slots(PersonSlots(person, cell, (hour,), sessions, lasting))
    names = sorted({cell for cell, _ in persons})
    weeks = [[PersonWeek(("x",), 0, sum(held.values())) for c, held in persons if c == name] for name in names]
    cells = [leaf_cells_of(members)[0] for members in weeks]
    hours = Division("region", tuple(names), tuple(f"part {part}" for part in range(parts)))
    return SideMarts(cells, [f"cell {name}" for name in names], [Side([hours])], slots, CountStep(10))


def told_of(marts, rules):
    return {f.leak.about.removeprefix("region: ") for f in audit_sides(marts, rules) if f.leak.measure == "sessions"}


EVEN = [(cell, {0: 5, 1: 5}) for cell in (0, 1) for _ in range(40)]


def test_even_persons_may_be_told_in_parts():
    assert told_of(marts_of(EVEN), RULES) == set()


@pytest.mark.parametrize(
    ("persons", "about"),
    [
        ([*EVEN, (0, {0: 9_000, 1: 9_000})], "those in the part"),
        (
            [(cell, {0: 5, 1: 1}) for cell in (0, 1) for _ in range(12)] + [(1, {0: 5, 1: 400})],
            "those outside the part",
        ),
        # 0's persons have nothing outside part 0, and 1's little in it: but one of them has nearly all of that.
        (
            [(0, {0: 5}) for _ in range(30)] + [(1, {0: 1, 1: 900}) for _ in range(30)] + [(1, {0: 500, 1: 900})],
            "those of the cell, less the part",
        ),
    ],
)
def test_what_one_person_has_nearly_all_of_is_found_and_told_undivided(persons, about):
    marts = marts_of(persons)
    assert f"{about}, of whom one has nearly all" in told_of(marts, RULES)
    assert told_of(marts, NO_DOMINANCE) == set()
    assert choose_sides(marts, RULES).not_divided == {"region"}
    assert choose_sides(marts, NO_DOMINANCE).not_divided == set()


AMOUNTS = st.one_of(st.integers(0, 9), st.sampled_from([0, 1, 300]))


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.tuples(AMOUNTS, AMOUNTS, AMOUNTS)), min_size=1, max_size=25))
def test_dominance_is_that_of_every_persons_amount_in_what_is_told(persons):
    found = {(one.kind, one.part, one.cell) for one in dominated(
        np.array([cell for cell, _ in persons]), np.array([held for _, held in persons]), RULES
    )}  # fmt: skip
    expected = set()
    cells = {cell for cell, _ in persons}
    for part in range(3):
        if can_be_worked_out([held[part] for _, held in persons]):
            expected.add((PART, part, 0))
        if can_be_worked_out([sum(held) - held[part] for _, held in persons]):
            expected.add((REST, part, 0))
    for part, name in product(range(3), cells if len(cells) > 1 else ()):
        amounts = [sum(held) * (cell == name) - held[part] for cell, held in persons]
        if can_be_worked_out(amounts):
            expected.add((CELL, part, name))
    assert found == expected
