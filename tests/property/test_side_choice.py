"""Four side marts chosen together, two of which yield, against random combinations of all their figures."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from anonymisation.audit.count_step import CountStep
from anonymisation.cells.disclosure import Rules
from anonymisation.cells.leaf_cell import Cell
from anonymisation.sides import side_audit
from anonymisation.sides.person_slots import Division, PersonSlots, numbered_by_slots
from anonymisation.sides.side_audit import Side, SideMarts, audit_sides
from anonymisation.sides.side_choice import choose_sides

#: By side mart: the cells of each of its unions, and how many parts each has. The last two are a person's own.
UNIONS = (((0, 1), (2,)), ((0,), (1, 2)), ((0,), (1, 2)), ((0, 1), (2,)))
PARTS = (3, 2, 2, 3)
CELLS = 3
SLOT = st.tuples(st.integers(0, PARTS[0] - 1), st.integers(0, PARTS[1] - 1))
PERSON = st.tuples(
    st.integers(0, CELLS - 1), st.frozensets(SLOT, min_size=1, max_size=3), st.integers(0, 1), st.integers(0, 2)
)
PERSONS = st.lists(st.tuples(PERSON, st.integers(1, 6)), min_size=1, max_size=8).map(
    lambda kinds: [person for person, count in kinds for _ in range(count)]
)


def amounts(persons):
    """(person, cell, part of each side mart) of every amount."""
    return [
        (number, cell, hour, length, *own)
        for number, (cell, slots, *own) in enumerate(persons)
        for hour, length in sorted(slots)
    ]


def marts_of(persons):
    person, cell, *parts = (np.array(column, dtype=np.int64) for column in zip(*amounts(persons), strict=True))
    ones = np.ones(len(person), dtype=np.int64)
    cells = [Cell((), sum(one[0] == number for one in persons), 20, 0, 0) for number in range(CELLS)]
    sides = [
        Side(
            [
                Division(f"{side} {n}", inside, tuple(f"{side} {n} {part}" for part in range(PARTS[side])))
                for n, inside in enumerate(unions)
            ],
            tells_sessions=side < 2,
            yields=side >= 2,
        )
        for side, unions in enumerate(UNIONS)
    ]
    slots = numbered_by_slots(PersonSlots(person, cell, tuple(parts), ones, ones * 20))
    return SideMarts(cells, [f"cell {number}" for number in range(CELLS)], sides, slots, CountStep(10))


def smallest(persons, not_divided, draw, times=300):
    """Of random combinations of cells and parts, the fewest persons that one of them is about, but for nobody."""
    fewest = len(persons) + 1
    for _ in range(times):
        x = [draw.choice((0, 1)) for _ in range(CELLS)]
        y = []
        for side, unions in enumerate(UNIONS):
            is_left_out = draw.random() < 0.5  # nearly everyone is left out, as an attacker would have it
            for n, inside in enumerate(unions):
                of_parts = [0 if is_left_out else draw.choice((0, 0, 1)) for _ in range(PARTS[side])]
                y.append(
                    (side, inside, of_parts if f"{side} {n}" not in not_divided else [of_parts[0]] * len(of_parts))
                )
        about = {
            number
            for number, cell, *parts in amounts(persons)
            if x[cell] - sum(of_parts[parts[side]] for side, inside, of_parts in y if cell in inside)
        }
        fewest = min(fewest, len(about) or fewest)
    return fewest


@settings(max_examples=120, deadline=None)
@given(PERSONS, st.integers(2, 3), st.randoms(use_true_random=False))
def test_what_is_chosen_is_about_nobody_or_k_whatever_the_coefficients(persons, k, draw):
    marts = marts_of(persons)
    if any(0 < cell.persons < k for cell in marts.cells):
        return
    assert smallest(persons, choose_sides(marts, Rules(k, 0)).not_divided, draw) >= min(k, len(persons))


@settings(max_examples=60, deadline=None)
@given(PERSONS, st.integers(2, 4), st.sampled_from([0, 10, 50]))
def test_what_stood_before_is_chosen_as_if_nothing_yielded_to_it(persons, k, p):
    marts, rules = marts_of(persons), Rules(k, p)
    whole, before = choose_sides(marts, rules), choose_sides(marts.of_first(2), rules)
    standing = {division.name for side in marts.sides[:2] for division in side.divisions}
    assert whole.not_divided & standing == before.not_divided
    assert whole.sessions == before.sessions
    assert audit_sides(marts.not_dividing(whole.not_divided), rules) == []


def test_a_choice_that_looks_at_each_side_mart_by_itself_is_found(monkeypatch):
    """Somebody alone crosses both: either side mart tells nothing, their hours and their own part do together."""
    import random

    persons = [(0, frozenset({(0, 0)}), 0, 0)] * 6 + [(0, frozenset({(1, 0)}), 1, 0)] * 6
    persons += [(0, frozenset({(0, 0)}), 1, 0)] + [(1, frozenset({(0, 0)}), 0, 0)] * 6
    draw = random.Random(4)  # noqa: S311  # repeatable on purpose
    rules = Rules(3, 0)
    assert smallest(persons, choose_sides(marts_of(persons), rules).not_divided, draw, 3000) >= 3
    monkeypatch.setattr(side_audit, "_are_tied", lambda *_: True)
    monkeypatch.setattr(side_audit, "_differences_between_marts", lambda *_: [])
    alone = choose_sides(replace(marts_of(persons)), rules)
    assert smallest(persons, alone.not_divided, draw, 3000) < 3
