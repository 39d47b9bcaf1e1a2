import pytest

from anonymisation.cells.disclosure import Rules
from anonymisation.sides.axis_counts import AxisCounts, sum_of_units
from anonymisation.sides.side_division import divide, divide_by_hour, is_part_safe
from refusals.errors import InputRefused, PublicationRefused
from tests.worlds.person_weeks import axis_counts_of

RULES = Rules(k=10, dominance_p=10)
MINUTE = 60_000_000


def persons_at(*positions: int, count: int, minutes: int = 10) -> list[dict[int, tuple[int, int]]]:
    return [dict.fromkeys(positions, (1, minutes * MINUTE))] * count


def bounds(parts):
    return [(part.first, part.last, part.persons) for part in parts]


def test_distinct_persons_of_a_stretch_come_out_exactly():
    counts = axis_counts_of([*persons_at(0, 2, count=3), *persons_at(1, count=4), *persons_at(0, 1, 3, count=5)], 4)
    assert counts.persons == 12
    assert counts.persons_in(1, 2) == 12
    assert counts.persons_in(2, 3) == 8
    assert counts.persons_within(0, 2) == 7
    assert counts.persons_within(1, 3) == 4
    assert counts.persons_leaving(0, 1) == 8
    assert counts.persons_leaving(2, 3) == 0


def test_units_add_up_to_their_union():
    here, there = persons_at(0, 1, count=3), [*persons_at(1, 3, count=4, minutes=20), *persons_at(2, count=2)]
    together = axis_counts_of([*here, *there], 4)
    added = axis_counts_of(here, 4) + axis_counts_of(there, 4)
    assert sum_of_units([axis_counts_of(here, 4), axis_counts_of(there, 4)]) == added
    assert (added.sessions, added.measure) == (together.sessions, together.measure)
    for first in range(4):
        for last in range(first, 4):
            assert added.persons_in(first, last) == together.persons_in(first, last)
            assert added.persons_within(first, last) == together.persons_within(first, last)


def test_what_is_unlisted_in_one_unit_bounds_the_union():
    giant = [{0: (1, MINUTE), 1: (1, 60 * MINUTE)}]
    listed = axis_counts_of(persons_at(0, 1, count=12), 2, listed=20)
    unlisted = axis_counts_of([*persons_at(1, count=12), *giant], 2, listed=0)
    for union in (listed + unlisted, unlisted + listed):
        assert union.largest_unlisted == 61 * MINUTE
        assert not is_part_safe(union, Rules(10, 100), 1, 1)


def test_every_position_apart_where_each_is_safe():
    counts = axis_counts_of([person for hour in range(4) for person in persons_at(hour, count=12)], 4)
    assert bounds(divide(counts, RULES)) == [(hour, hour, 12) for hour in range(4)]


def test_an_empty_stretch_is_merged_never_told():
    counts = axis_counts_of([*persons_at(0, count=12), *persons_at(3, count=12)], 5)
    parts = divide(counts, RULES)
    assert [part.persons for part in parts] == [12, 12]
    assert (parts[0].first, parts[-1].last) == (0, 4)


def test_nobody_no_parts():
    assert divide(AxisCounts((0, 0), (0, 0), {}, {}), RULES) == []


def test_a_union_that_is_unsafe_itself_is_refused():
    with pytest.raises(PublicationRefused):
        divide(axis_counts_of(persons_at(0, count=9), 2), RULES)


def test_at_worst_the_union_itself():
    assert bounds(divide(axis_counts_of(persons_at(0, 1, 2, count=11), 3), Rules(12 - 1, 10))) == [
        (0, 0, 11),
        (1, 1, 11),
        (2, 2, 11),
    ]
    assert bounds(divide(axis_counts_of([*persons_at(0, count=10), *persons_at(1, count=9)], 2), RULES)) == [(0, 1, 19)]


def test_zero_measure_is_fine():
    counts = axis_counts_of([*persons_at(0, count=12, minutes=0), *persons_at(1, count=12, minutes=0)], 2)
    assert len(divide(counts, RULES)) == 2


def test_parts_do_not_cross_segments():
    counts = axis_counts_of([*persons_at(0, count=12), *persons_at(1, 2, count=12), *persons_at(3, count=12)], 4)
    assert bounds(divide(counts, RULES, [(0, 1), (2, 3)])) == [(0, 0, 12), (1, 1, 12), (2, 2, 12), (3, 3, 12)]
    few = axis_counts_of([*persons_at(0, count=5), *persons_at(1, count=30), *persons_at(2, count=30)], 3)
    assert all(not (part.first <= 1 < part.last) for part in divide(few, RULES, [(0, 1), (2, 2)]))


def test_ties_go_to_the_most_even_division_then_to_the_left():
    """Twice ten persons are needed a part: of 40 at four positions, two and two is more even than one and three."""
    counts = axis_counts_of([person for hour in range(4) for person in persons_at(hour, count=10)], 4)
    assert bounds(divide(counts, Rules(20, 10))) == [(0, 1, 20), (2, 3, 20)]


def hours(weekday: list[int], weekend: list[int], count: int):
    by_day_type = [*weekday, *(24 + hour for hour in weekend)]
    merged: dict[int, tuple[int, int]] = {}
    for hour in [*weekday, *weekend]:
        sessions, measure = merged.get(hour, (0, 0))
        merged[hour] = (sessions + 1, measure + MINUTE)
    return [dict.fromkeys(by_day_type, (1, MINUTE))] * count, [merged] * count


def test_weekdays_and_weekends_apart_where_that_is_finer():
    stories = [hours([9], [], 15), hours([12], [], 15), hours([], [9], 15), hours([], [20], 15)]
    by_day_type = axis_counts_of([p for apart, _ in stories for p in apart], 48)
    by_hour = axis_counts_of([p for _, together in stories for p in together], 24)
    parts = divide_by_hour(by_day_type, by_hour, RULES)
    assert [(part.day_type, part.persons) for part in parts] == [("weekday", 15)] * 2 + [("weekend", 15)] * 2
    assert all(0 <= part.hour_from <= part.hour_to <= 23 for part in parts)
    assert next(part.hour_from for part in parts if part.day_type == "weekend") == 0


def test_all_days_together_where_that_is_as_fine_or_weekends_are_too_few():
    stories = [hours([9], [], 30), hours([15], [], 30), hours([15], [3], 4)]
    by_day_type = axis_counts_of([p for apart, _ in stories for p in apart], 48)
    by_hour = axis_counts_of([p for _, together in stories for p in together], 24)
    parts = divide_by_hour(by_day_type, by_hour, RULES)
    assert {part.day_type for part in parts} == {"all"}
    assert (parts[0].hour_from, parts[-1].hour_to) == (0, 23)


def test_hours_of_different_persons_are_refused():
    with pytest.raises(PublicationRefused):
        divide_by_hour(axis_counts_of(persons_at(0, count=20), 48), axis_counts_of(persons_at(0, count=21), 24), RULES)


@pytest.mark.parametrize(
    ("sessions", "measure", "transitions", "extents", "heaviest"),
    [
        ((1, 1), (1,), {(-1, 0): 1}, {(0, 0): 1}, ()),
        ((1, 1), (1, 1), {(0, 0): 1}, {(0, 0): 1}, ()),
        ((1, 1), (1, 1), {(-1, 2): 1}, {(0, 0): 1}, ()),
        ((1, 1), (1, 1), {(-1, 0): 1}, {(1, 0): 1}, ()),
        ((1, 1), (1, 1), {(-1, 0): 1}, {(0, 0): 2}, ()),
        ((1, 1), (1, 1), {(-1, 0): 1}, {(0, 0): 1}, ((1,),)),
    ],
)
def test_counts_that_do_not_fit_are_refused(sessions, measure, transitions, extents, heaviest):
    with pytest.raises(InputRefused):
        AxisCounts(sessions, measure, transitions, extents, heaviest)


def test_unlisted_persons_are_bounded_never_left_out():
    """Without anyone listed, the bound alone must keep a part from being told that one person dominates."""
    persons = [*persons_at(0, count=20, minutes=1), *persons_at(1, count=20, minutes=1)]
    giant = {0: (1, 3 * MINUTE), 1: (1, 60 * MINUTE)}
    known = axis_counts_of([*persons, giant], 2, listed=50)
    unknown = axis_counts_of([*persons, giant], 2, listed=0)
    assert not is_part_safe(known, Rules(10, 50), 1, 1)
    assert not is_part_safe(unknown, Rules(10, 50), 1, 1)
