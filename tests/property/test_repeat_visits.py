"""What intervals prove of single rows, against every table of whole numbers that has them."""

from itertools import product

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from anonymisation.audit.repeat_visits import (
    SameSessions,
    ToldRow,
    ToldUnion,
    allowed_by_minutes,
    told_of_few,
    total_tells_of_few,
)

# Three cells; a union of the first two by region, one of the last two by age, each in two parts; and their week.
CELLS, REGION, AGE = (0, 1, 2), (0, 1), (1, 2)
EQUATIONS = [SameSessions(REGION, (3, 4)), SameSessions(AGE, (5, 6)), SameSessions(CELLS, (7,))]
STEP, FEW = 3, 3


@st.composite
def true_sessions(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    """Sessions and users of the eight rows, of persons who are really there."""
    cells = [draw(st.integers(1, 7)) for _ in CELLS]
    first, second = cells[0] + cells[1], cells[1] + cells[2]
    one, other = draw(st.integers(0, first)), draw(st.integers(0, second))
    rows = [*cells, one, first - one, other, second - other, sum(cells)]
    users = [draw(st.integers(0, count)) for count in rows]
    return rows, users


@settings(max_examples=150, deadline=None)
@given(true_sessions(), st.booleans())
def test_rows_that_are_told_are_those_that_no_table_excuses(
    counted: tuple[list[int], list[int]], is_total_told: bool
) -> None:
    sessions, users = counted
    opened = [(floor + (count - floor) // STEP * STEP,) for count, floor in zip(sessions, users, strict=True)]
    ends = [(low, low + STEP - 1) for (low,) in opened]
    if is_total_told:
        ends[7] = (sessions[7], sessions[7])
    rows = [ToldRow(str(n), users[n], ends[n]) for n in range(8)]
    tables = []
    for cells in product(*(range(ends[n][0], ends[n][1] + 1) for n in CELLS)):
        for one, other in product(range(ends[3][0], ends[3][1] + 1), range(ends[5][0], ends[5][1] + 1)):
            table = [*cells, one, cells[0] + cells[1] - one, other, cells[1] + cells[2] - other, sum(cells)]
            if all(low <= count <= high for count, (low, high) in zip(table, ends, strict=True)):
                tables.append(table)
    assume(sessions in tables)
    surplus = [{table[n] - users[n] for table in tables} for n in range(8)]
    assert told_of_few(rows, EQUATIONS, FEW) == [n for n in range(8) if min(surplus[n]) >= 1 and max(surplus[n]) < FEW]


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([(0, 0), (0, 4), (1, 4), (5, 14), (15, 29), (5, None), (60, None), (0, None)]),
    st.lists(st.integers(0, 59), min_size=1, max_size=8),
    st.randoms(use_true_random=False),
)
def test_as_many_sessions_as_there_are_are_allowed_by_their_minutes(
    band: tuple[int, int | None], seconds: list[int], draw: object
) -> None:
    shortest, longest = band
    last = 24 * 60 - 1 if longest is None else longest
    took = [60 * draw.randint(shortest, last) + second for second in seconds]  # type: ignore[attr-defined]
    minutes = (2 * sum(took) + 60) // 120  # rounded half up once
    fewest, most = allowed_by_minutes(minutes, shortest, longest)
    assert fewest <= len(took) <= most


def test_minutes_by_hand() -> None:
    assert allowed_by_minutes(653, 5, 14) == (44, 130)  # 43 of under 15 minutes are under 645
    assert allowed_by_minutes(10, 1, 4) == (2, 10)  # two of under 5 can be 9.5 or more
    assert allowed_by_minutes(0, 0, 0)[0] == 0
    assert allowed_by_minutes(2880, 0, None)[0] == 2  # two whole days
    assert allowed_by_minutes(2881, 60, None) == (3, 48)


@settings(max_examples=150, deadline=None)
@given(true_sessions())
def test_a_total_tells_of_few_where_no_table_excuses_a_row_a_union_or_what_is_outside(
    counted: tuple[list[int], list[int]],
) -> None:
    sessions, users = counted
    users[7] = sum(users[:3])
    least = [floor + (count - floor) // STEP * STEP for count, floor in zip(sessions, users, strict=True)]
    rows = [ToldRow(str(n), users[n], (least[n], least[n] + STEP - 1)) for n in range(8)]
    tables = []
    for cells in product(*(range(rows[n].sessions[0], rows[n].sessions[1] + 1) for n in CELLS)):
        for one, other in product(*(range(rows[n].sessions[0], rows[n].sessions[1] + 1) for n in (3, 5))):
            table = [*cells, one, cells[0] + cells[1] - one, other, cells[1] + cells[2] - other, sum(cells)]
            if all(row.sessions[0] <= count <= row.sessions[1] for row, count in zip(rows, table, strict=True)):
                tables.append(table)
    assume(sessions in tables)
    sums = [(n,) for n in range(8)] + [REGION, AGE, (0, 2)]  # the last is what is outside the cell in the middle
    surplus = [{sum(table[n] - users[n] for n in some) for table in tables} for some in sums]
    unions = [ToldUnion("region", REGION, tuple(rows[3:5])), ToldUnion("age", AGE, tuple(rows[5:7]))]
    told = total_tells_of_few(rows[:3], unions, [REGION, AGE], rows[7].sessions, FEW)
    assert told == any(min(some) >= 1 and max(some) < FEW for some in surplus)


def test_what_a_week_holds_outside_a_cell_is_told_by_hand() -> None:
    """Forty each. Two cells leave 0 to 4 visits more open, the third 10 to 19, the week 20 to 28: the two had some."""
    cells = [ToldRow("a", 40, (40, 44)), ToldRow("b", 40, (40, 44)), ToldRow("c", 40, (50, 59))]
    assert told_of_few([*cells, ToldRow("week", 120, (140, 148))], [SameSessions(CELLS, (3,))], 10) == []
    assert total_tells_of_few(cells, [], [], (140, 148), 10)
    assert not total_tells_of_few(cells, [], [], (130, 139), 10)
