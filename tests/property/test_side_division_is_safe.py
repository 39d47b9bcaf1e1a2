"""Promise 4 for side marts, recomputed from raw persons: parts, complements, those without, those in several parts."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonymisation.cells.disclosure import Rules
from anonymisation.sides.side_division import divide, divide_by_hour
from tests.worlds.person_weeks import axis_counts_of, is_anonymous

POSITIONS = 6
HELD = st.tuples(st.integers(1, 3), st.one_of(st.integers(0, 9), st.sampled_from([0, 100, 10**9])))
PERSON = st.dictionaries(st.integers(0, POSITIONS - 1), HELD, min_size=1, max_size=4)
RULES = st.builds(Rules, st.integers(2, 5), st.sampled_from([0, 10, 50]))
LISTED = st.integers(2, 40)


def inside(person, first, last):
    return {position: held for position, held in person.items() if first <= position <= last}


def measure(person):
    return sum(duration for _, duration in person.values())


def is_fine(persons, part, k, p):
    """Every set that a part tells of, from the persons themselves."""
    first, last = part
    held = [inside(person, first, last) for person in persons]
    others = [{q: h for q, h in person.items() if not first <= q <= last} for person in persons]
    there = [measure(person) for person in held if person]
    elsewhere = [measure(person) for person in others if person]
    without = sum(not person for person in held)
    return (
        is_anonymous(there, k, p)
        and (not elsewhere or is_anonymous(elsewhere, k, p))
        and (without == 0 or without >= k)
    )


def in_several(persons, parts):
    return sum(sum(bool(inside(person, *part)) for part in parts) > 1 for person in persons)


@pytest.mark.clause("promise-4")
@given(st.lists(PERSON, max_size=40), RULES, LISTED)
def test_nothing_that_a_division_tells_is_about_fewer_than_k(persons, rules, listed):
    counts = axis_counts_of(persons, POSITIONS, listed)
    if not is_fine(persons, (0, POSITIONS - 1), rules.k, rules.dominance_p) or not persons:
        return
    parts = divide(counts, rules)
    bounds = [(part.first, part.last) for part in parts]
    assert [position for first, last in bounds for position in range(first, last + 1)] == list(range(POSITIONS))
    for part in parts:
        held = [h for h in (inside(person, part.first, part.last) for person in persons) if h]
        assert part.persons == len(held)
        assert part.sessions == sum(count for h in held for count, _ in h.values())
        assert part.measure == sum(map(measure, held))
        assert is_fine(persons, (part.first, part.last), rules.k, rules.dominance_p)
    several = in_several(persons, bounds)
    surplus = sum(part.persons for part in parts) - len(persons)
    assert several == 0 or several >= rules.k
    assert surplus == 0 or surplus >= rules.k


@given(st.lists(PERSON, min_size=1, max_size=40), RULES)
def test_no_allowed_division_has_more_parts_or_is_more_even(persons, rules):
    """With everyone listed the dominance bounds are exact, so the search must find the best of all divisions."""
    k, p = rules.k, rules.dominance_p
    if not is_fine(persons, (0, POSITIONS - 1), k, p):
        return
    parts = divide(axis_counts_of(persons, POSITIONS, listed=len(persons)), rules)
    sessions = [sum(person[q][0] for person in persons if q in person) for q in range(POSITIONS)]
    allowed = []
    for size in range(POSITIONS):
        for cuts in combinations(range(1, POSITIONS), size):
            firsts = [0, *cuts]
            bounds = list(zip(firsts, [*(cut - 1 for cut in cuts), POSITIONS - 1], strict=True))
            several = in_several(persons, bounds)
            if all(is_fine(persons, part, k, p) for part in bounds) and (several == 0 or several >= k):
                squares = sum(sum(sessions[first : last + 1]) ** 2 for first, last in bounds)
                allowed.append((-len(bounds), squares, tuple(firsts)))
    assert min(allowed)[2] == tuple(part.first for part in parts)


HOUR_PERSON = st.dictionaries(
    st.sampled_from([8, 12, 20, 24 + 8, 24 + 12, 24 + 20]), st.tuples(st.just(1), st.just(60)), min_size=1, max_size=3
)


@given(st.lists(HOUR_PERSON, min_size=6, max_size=40), st.builds(Rules, st.integers(2, 6), st.just(0)))
def test_hours_are_told_by_day_type_only_where_no_part_crosses(persons, rules):
    together = []
    for person in persons:
        merged: dict[int, tuple[int, int]] = {}
        for position, (count, duration) in person.items():
            held = merged.get(position % 24, (0, 0))
            merged[position % 24] = (held[0] + count, held[1] + duration)
        together.append(merged)
    parts = divide_by_hour(axis_counts_of(persons, 48), axis_counts_of(together, 24), rules)
    kinds = {part.day_type for part in parts}
    assert kinds in ({"all"}, {"weekday", "weekend"})
    for part in parts:
        source = together if part.day_type == "all" else persons
        shift = 24 if part.day_type == "weekend" else 0
        held = [h for h in (inside(p, part.hour_from + shift, part.hour_to + shift) for p in source) if h]
        assert part.persons == len(held) >= rules.k
        assert len(persons) == len(held) or len(persons) - len(held) >= rules.k
    for kind in kinds:
        told = [hour for part in parts if part.day_type == kind for hour in range(part.hour_from, part.hour_to + 1)]
        assert told == list(range(24))
