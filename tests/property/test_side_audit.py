"""The audit of side marts, against every combination of figures and against linear programmes over patterns."""

from itertools import chain, combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anonymisation.audit.bounds import BoundedColumns
from anonymisation.audit.leak import is_told
from anonymisation.cells.disclosure import Rules
from anonymisation.sides.divided_union import DividedUnion
from anonymisation.sides.person_slots import Division
from anonymisation.sides.side_audit import audit_sides
from anonymisation.sides.side_choice import choose_sides
from tests.worlds.side_persons import marts_of, slots_of

CELLS, HOURS, LENGTHS = 3, 3, 2
HOUR_CELLS, LENGTH_CELLS = ((0, 1), (2,)), ((0,), (1, 2))  # two unions of regions, two of ages
SLOT = st.tuples(st.integers(0, HOURS - 1), st.integers(0, LENGTHS - 1))
PERSON = st.tuples(st.integers(0, CELLS - 1), st.frozensets(SLOT, min_size=1, max_size=3))
PERSONS = st.lists(st.tuples(PERSON, st.integers(1, 6)), min_size=1, max_size=8).map(
    lambda kinds: [person for person, count in kinds for _ in range(count)]
)
COEFFICIENTS = (-1, 0, 1, 2)


def persons_in(persons, x, y, z):
    """Who has an amount whose coefficient is not zero: x of the cell, y of the hour part, z of the length part."""
    hour_union = {cell: n for n, cells in enumerate(HOUR_CELLS) for cell in cells}
    length_union = {cell: n for n, cells in enumerate(LENGTH_CELLS) for cell in cells}
    return sum(
        any(x[cell] - y[hour_union[cell]][hour] - z[length_union[cell]][length] for hour, length in slots)
        for cell, slots in persons
    )


@pytest.mark.clause("promise-4")
@settings(max_examples=200, deadline=None)
@given(PERSONS, st.integers(2, 3), st.randoms(use_true_random=False))
def test_what_passes_is_about_nobody_or_k_whatever_the_coefficients(persons, k, draw):
    marts = marts_of(persons, HOUR_CELLS, LENGTH_CELLS, HOURS, LENGTHS)
    if [
        finding for finding in audit_sides(marts, Rules(k, 0)) if finding.leak is None or finding.leak.measure == "sums"
    ]:
        return
    for _ in range(200):
        x = [draw.choice(COEFFICIENTS) for _ in range(CELLS)]
        y = [[draw.choice(COEFFICIENTS) for _ in range(HOURS)] for _ in HOUR_CELLS]
        z = [[draw.choice(COEFFICIENTS) for _ in range(LENGTHS)] for _ in LENGTH_CELLS]
        if draw.random() < 0.7:  # nearly everyone is left out, as an attacker would have it
            z = [[0] * LENGTHS for _ in LENGTH_CELLS]
            x = [draw.choice((0, 1)) for _ in range(CELLS)]
            y = [[draw.choice((0, 1)) for _ in range(HOURS)] for _ in HOUR_CELLS]
        about = persons_in(persons, x, y, z)
        assert about == 0 or about >= k


@settings(max_examples=40, deadline=None)
@given(PERSONS, st.integers(2, 4))
def test_a_cut_that_is_named_is_about_a_few(persons, k):
    """Each combination of cells and hour parts that is called a leak is about somebody, and about fewer than k."""
    marts = marts_of(persons, HOUR_CELLS, LENGTH_CELLS, HOURS, LENGTHS)
    for finding in audit_sides(marts, Rules(k, 0)):
        if finding.leak is None or finding.leak.measure != "sums":
            continue
        told = dict(finding.leak.combination)
        union = next(n for n, division in enumerate(marts.sides[0].divisions) if division == finding.division)
        x = [told.get(name, 0) for name in marts.cell_names]
        y = [[0] * HOURS for _ in HOUR_CELLS]
        y[union] = [-told.get(name, 0) for name in finding.division.parts]
        inside = [person for person in persons if person[0] in HOUR_CELLS[union]]
        assert 0 < persons_in(inside, x, y, [[0] * LENGTHS for _ in LENGTH_CELLS]) < k


@settings(max_examples=40, deadline=None)
@given(PERSONS, st.integers(2, 5), st.sampled_from([0, 10, 50]))
def test_giving_up_divisions_ends_in_side_marts_that_pass(persons, k, p):
    rules = Rules(k, p)
    marts = marts_of(persons, HOUR_CELLS, LENGTH_CELLS, HOURS, LENGTHS)
    found = {finding.division.name for finding in audit_sides(marts, rules)}
    given_up = choose_sides(marts, rules).not_divided
    assert found <= given_up
    assert given_up <= {division.name for division in [*marts.sides[0].divisions, *marts.sides[1].divisions]}
    assert not found or given_up


UNION = st.lists(
    st.tuples(st.integers(0, 1), st.frozensets(st.integers(0, HOURS - 1), min_size=1)), min_size=2, max_size=24
)


@settings(max_examples=60, deadline=None)
@given(UNION, st.integers(2, 5), st.sampled_from([0, 10, 40]))
def test_bounds_on_users_are_those_of_linear_programmes_over_all_patterns(persons, k, p):
    """Unknown are the persons of each (cell, set of parts); known the users of cells and of parts."""
    rules = Rules(k, p)
    cells = sorted({cell for cell, _ in persons})
    patterns = [frozenset(c) for size in range(1, HOURS + 1) for c in combinations(range(HOURS), size)]
    columns = list(product(cells, patterns))
    true = [sum(person == column for person in persons) for column in columns]
    told = [lambda cell, _, c=c: cell == c for c in cells] + [lambda _, held, i=i: i in held for i in range(HOURS)]
    rows = [{n: 1 for n, column in enumerate(columns) if is_in(*column)} for is_in in told]
    values = [sum(true[n] for n in row) for row in rows]
    programme = BoundedColumns(rows, [(value, value) for value in values], len(columns))

    def leaks(is_in):
        target = {n: 1 for n, column in enumerate(columns) if is_in(*column)}
        count = sum(true[n] for n in target)
        bound = programme.of(target, target)
        return 0 < count < k and is_told(bound.low, bound.high, count, "persons", rules)

    expected = {
        *((f"c{c}", f"h{i}") for c in cells for i in range(HOURS) if leaks(lambda cell, held: cell == c and i in held)),  # noqa: B023
        *((f"h{i}", f"h{j}") for i, j in combinations(range(HOURS), 2) if leaks(lambda _, held: {i, j} <= held)),  # noqa: B023
        *((f"h{i}",) for i in range(HOURS) if leaks(lambda _, held: held == {i})),  # noqa: B023
    }
    slots = slots_of([(cell, frozenset((hour, 0) for hour in held)) for cell, held in persons])
    division = Division("union", tuple(cells), tuple(f"h{i}" for i in range(HOURS)))
    union = DividedUnion(division, [f"c{c}" for c in cells], slots, slots.parts[0], rules)
    found = {tuple(name for name, _ in leak.combination) for leak in union.bounded() if leak.measure == "users"}
    assert expected <= found


def test_slots_do_not_depend_on_what_persons_were_called():
    persons = [(0, frozenset({(0, 0), (1, 1)})), (1, frozenset({(2, 0)})), (0, frozenset({(0, 0)}))]
    one, other = slots_of(persons), slots_of(persons[::-1])
    for mine, others in zip((one.person, one.cell, *one.parts), (other.person, other.cell, *other.parts), strict=True):
        assert np.array_equal(mine, others)


def test_every_combination_is_tried_in_the_smallest_case():
    """Three parts, two cells: all coefficients from -1 to 2, on persons of whom two alone tie the cells together."""
    alone = [[(cell, frozenset({(hour, 0)}))] * 5 for cell in (0, 1) for hour in ((0, 1) if cell == 0 else (2,))]
    bridge = [(0, frozenset({(0, 0), (1, 0)}))] * 5 + [(1, frozenset({(1, 0), (2, 0)}))] * 2
    persons = [*chain.from_iterable(alone), *bridge]
    about = {
        persons_in(persons, [*x, 0], [y, [0] * 3], [[0] * 2] * 2)
        for x in product(COEFFICIENTS, repeat=2)
        for y in product(COEFFICIENTS, repeat=3)
    }
    assert min(about - {0}) == 2
    marts = marts_of(persons, ((0, 1),), ((0, 1),), 3, 1)
    assert [f for f in audit_sides(marts, Rules(3, 0)) if f.leak and f.leak.measure == "sums"]
    assert not [f for f in audit_sides(marts, Rules(2, 0)) if f.leak and f.leak.measure == "sums"]
