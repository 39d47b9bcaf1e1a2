"""What the side marts' audit and division work out with arrays, beside the same in loops over persons and places."""

from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from anonymisation.cells.disclosure import Rules
from anonymisation.sides.divided_union import DividedUnion
from anonymisation.sides.person_slots import Division, PersonSlots, numbered_by_slots
from anonymisation.sides.side_audit import _are_tied
from anonymisation.sides.side_division import safe_stretches
from tests.worlds.person_weeks import axis_counts_of

POSITIONS, CELLS, HOURS, PARTS = 7, 3, 4, 8
HELD = st.tuples(st.integers(1, 3), st.one_of(st.integers(0, 9), st.sampled_from([0, 100, 10**9])))
AXIS_PERSON = st.dictionaries(st.integers(0, POSITIONS - 1), HELD, min_size=1, max_size=4)
RULES = st.builds(Rules, st.integers(2, 5), st.sampled_from([0, 10, 50]))


def may_be_told(persons, first, last, listed, rules):
    """From each person's own amounts; of those not listed only the largest total is known."""
    totals = sorted((sum(duration for _, duration in person.values()) for person in persons), reverse=True)
    unlisted = totals[listed] if len(totals) > listed else 0
    inside = [{q: held for q, held in person.items() if first <= q <= last} for person in persons]
    there = sum(map(bool, inside))
    elsewhere = sum(len(some) < len(person) for some, person in zip(inside, persons, strict=True))
    if there < rules.k or 0 < elsewhere < rules.k or 0 < len(persons) - there < rules.k:
        return False
    amounts = [sum(duration for _, duration in some.values()) for some in inside]
    wholes = [sum(duration for _, duration in person.values()) for person in persons]
    known = [(part, whole - part) for part, whole in zip(amounts, wholes, strict=True) if whole > unlisted]
    ends = []
    for side, total in enumerate((sum(amounts), sum(wholes) - sum(amounts))):
        largest, second = sorted([unlisted, unlisted, *(pair[side] for pair in known)], reverse=True)[:2]
        ends.append(
            not total or not rules.dominance_p or (total - largest - second) * 100 >= rules.dominance_p * largest
        )
    return ends[0] and (not elsewhere or ends[1])


@settings(max_examples=60, deadline=None)
@given(st.lists(AXIS_PERSON, min_size=1, max_size=40), RULES, st.integers(2, 40))
def test_each_stretch_is_safe_where_its_persons_say_so(persons, rules, listed):
    safe = safe_stretches(axis_counts_of(persons, POSITIONS, listed), rules)
    for first in range(POSITIONS):
        for last in range(POSITIONS):
            expected = first <= last and may_be_told(persons, first, last, listed, rules)
            assert safe[first, last] == expected, (first, last)


SLOT = st.tuples(st.integers(0, HOURS - 1), st.integers(0, PARTS - 1))
PERSON = st.tuples(st.integers(0, CELLS - 1), st.frozensets(SLOT, min_size=1, max_size=6))
PERSONS = st.lists(st.tuples(PERSON, st.integers(1, 12)), min_size=1, max_size=12).map(
    lambda kinds: [person for person, count in kinds for _ in range(count)]
)


def slots_of(persons):
    rows = [(n, cell, hour, part) for n, (cell, slots) in enumerate(persons) for hour, part in sorted(slots)]
    person, cell, hour, part = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    ones = np.ones(len(rows), dtype=np.int64)
    return numbered_by_slots(PersonSlots(person, cell, (hour, part), ones, ones))


def fewest_between(places, one, other, enough):
    """As the audit's own docstring has it: who has both, and pairs who share nobody, place after place."""
    used, found = set(), 0
    for persons in places:
        only_one, only_other = [], []
        for person, held in persons.items():
            if person in used:
                continue
            if held & one and held & other:
                used.add(person)
                found += 1
            elif held & one:
                only_one.append(person)
            elif held & other:
                only_other.append(person)
        for pair in zip(only_one, only_other, strict=False):
            used.update(pair)
            found += 1
        if found >= enough:
            break
    return found


def are_tied(slots, parts, k):
    places = {}
    rows = (slots.person, slots.cell, slots.parts[0], slots.parts[1])
    for person, cell, hour, part in zip(*(column.tolist() for column in rows), strict=True):
        held = places.setdefault((cell, hour), {})
        held[person] = held.get(person, 0) | 1 << part
    groups = [1 << part for part in range(parts)]
    while pair := next((p for p in combinations(groups, 2) if fewest_between(places.values(), *p, k) >= k), None):
        groups = [group for group in groups if group not in pair] + [pair[0] | pair[1]]
    return len(groups) == 1


@settings(max_examples=150, deadline=None)
@given(PERSONS, st.integers(2, PARTS), st.integers(2, 6))
def test_parts_are_tied_by_the_same_persons(persons, parts, k):
    persons = [(cell, frozenset((hour, part % parts) for hour, part in slots)) for cell, slots in persons]
    slots = slots_of(persons)
    division = Division("union", tuple(range(CELLS)), tuple(f"part {n}" for n in range(parts)))
    assert _are_tied(slots, 1, division, k) == are_tied(slots, parts, k)


@settings(max_examples=60, deadline=None)
@given(PERSONS, st.integers(2, PARTS), RULES)
def test_users_of_several_parts_are_those_who_are_counted_one_by_one(persons, parts, rules):
    """Up to six parts in all sets, else in pairs."""
    held = [(cell, {part % parts for _, part in slots}) for cell, slots in persons]
    slots = slots_of([(cell, frozenset((0, part % parts) for _, part in slots)) for cell, slots in persons])
    division = Division("union", tuple(range(CELLS)), tuple(f"part {n}" for n in range(parts)))
    union = DividedUnion(division, [f"cell {n}" for n in range(CELLS)], slots, slots.parts[1], rules)
    expected = []
    for size in range(2, parts + 1) if parts <= 6 else (2,):
        for chosen in combinations(range(parts), size):
            for times in range(1, size + 1):
                others = sum(len(parts_of & set(chosen)) != times for _, parts_of in held)
                if 0 < others < rules.k:
                    expected.append((tuple(f"part {n}" for n in chosen), times))
    found = []
    for leak in union.several_parts():
        told = dict(leak.combination)
        named = tuple(name for name in told if name.startswith("part"))
        found.append((named, -told["cell 0"]))
    assert found == expected
