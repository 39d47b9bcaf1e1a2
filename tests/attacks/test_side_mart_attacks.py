"""Leaks between a side mart and the cells it divides, which no look at one part finds; planted, found and mended."""

from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from anonymisation.cells.disclosure import Rules
from anonymisation.sides import side_choice
from anonymisation.sides.side_audit import audit_sides
from anonymisation.sides.side_choice import choose_sides
from freezing.counting import count_leaf_cells
from freezing.freezing import freeze_weeks
from home.run import Run
from tests.worlds.record_files import AUTUMN, Session, ingest, local, make_run, store_sessions
from tests.worlds.side_persons import marts_of

RULES = Rules(k=10, dominance_p=10)
MORNING, EVENING, NIGHT = 0, 1, 2
SHORT, LONG = 0, 1


def persons(count, cell, *slots):
    return [(cell, frozenset(slots))] * count


def leaks(marts):
    return {(f.leak.measure, frozenset(f.leak.combination)) for f in audit_sides(marts, RULES) if f.leak}


YOUNG_MORNING = persons(40, 0, (MORNING, SHORT))
OLD_EVENING = persons(40, 1, (EVENING, SHORT))


def test_a_cell_less_a_part_of_the_day_is_found():
    """All the young come in the morning and nobody else does, but for three of them who come in the evening."""
    few = persons(3, 0, (EVENING, SHORT))
    marts = marts_of([*YOUNG_MORNING, *OLD_EVENING, *few], ((0, 1),), ((0, 1),), 2, 1)
    told = leaks(marts)
    assert ("users", frozenset({("cell 0", 1), ("region 0 part 0", -1)})) in told
    cuts = {combination for measure, combination in told if measure == "sums"}
    assert cuts <= {
        frozenset({("cell 0", 1), ("region 0 part 0", -1)}),
        frozenset({("cell 1", 1), ("region 0 part 1", -1)}),
    }
    assert cuts
    assert choose_sides(marts, RULES).not_divided == {"region 0"}
    many = persons(10, 0, (EVENING, SHORT))
    assert leaks(marts_of([*YOUNG_MORNING, *OLD_EVENING, *many], ((0, 1),), ((0, 1),), 2, 1)) == set()


def test_several_cells_less_several_parts_are_found():
    """Two cells against two parts of three: no difference of two figures is small, and theirs is about four persons."""
    world = [
        *persons(30, 0, (MORNING, SHORT)), *persons(30, 0, (EVENING, SHORT)),
        *persons(30, 1, (MORNING, SHORT)), *persons(30, 1, (EVENING, SHORT)),
        *persons(30, 2, (NIGHT, SHORT)), *persons(4, 2, (MORNING, SHORT)),
    ]  # fmt: skip
    marts = marts_of(world, ((0, 1, 2),), ((0, 1, 2),), 3, 1)
    sums = {combination for measure, combination in leaks(marts) if measure == "sums"}
    parts = [f"region 0 part {part}" for part in range(3)]
    both = frozenset({("cell 0", 1), ("cell 1", 1), (parts[MORNING], -1), (parts[EVENING], -1)})
    assert sums <= {both, frozenset({("cell 2", 1), (parts[NIGHT], -1)})}
    assert sums


def test_few_in_both_parts_or_in_one_alone_are_found():
    """Users of both parts less the union's are the 15 who came twice; what is left of the morning's 20 are five."""
    world = [
        *persons(80, 0, (EVENING, SHORT)), *persons(15, 0, (MORNING, SHORT), (EVENING, SHORT)),
        *persons(5, 0, (MORNING, SHORT)),
    ]  # fmt: skip
    told = leaks(marts_of(world, ((0,),), ((0,),), 2, 1))
    assert ("users", frozenset({("region 0 part 0", 0)})) in told
    fewer_twice = [*persons(80, 0, (EVENING, SHORT)), *persons(9, 0, (MORNING, SHORT), (EVENING, SHORT))]
    told = leaks(marts_of([*fewer_twice, *persons(15, 0, (MORNING, SHORT))], ((0,),), ((0,),), 2, 1))
    assert ("users", frozenset({("region 0 part 0", 0), ("region 0 part 1", 0)})) in told


def test_a_part_of_the_day_that_is_nearly_one_length_is_found_across_the_two_side_marts():
    """Whoever comes at night stays long and nobody else does, but for two."""
    world = [
        *persons(40, 0, (MORNING, SHORT)), *persons(30, 0, (NIGHT, LONG)), *persons(2, 0, (MORNING, LONG)),
    ]  # fmt: skip
    marts = marts_of(world, ((0,),), ((0,),), 3, 2)
    told = leaks(marts)
    assert ("users", frozenset({("region 0 part 2", 1), ("age 0 part 1", -1)})) in told


def test_lengths_whose_combinations_cannot_be_proven_are_told_undivided():
    """Two lengths that never share a cell and hour part: nothing ties them, so nothing is proven of their sums."""
    world = [*persons(40, 0, (MORNING, SHORT)), *persons(40, 0, (NIGHT, LONG))]
    marts = marts_of(world, ((0,),), ((0,),), 3, 2)
    assert [f.division.name for f in audit_sides(marts, RULES) if f.leak is None] == ["age 0"]
    assert "age 0" in choose_sides(marts, RULES).not_divided


# In a frozen week


def frozen(folder: Path) -> Run:
    """The first planted leak, as records: one region, hours 9 and 20."""
    run = make_run(folder)
    people = [(n, 9, "18-24") for n in range(40)] + [(n, 20, "65+") for n in range(40, 80)]
    people += [(n, 20, "18-24") for n in range(80, 83)]
    sessions = [
        Session(n, start := local(AUTUMN, 1, hour), start + timedelta(minutes=20), "NL-NH", band)
        for n, hour, band in people
    ]
    store_sessions(run, sessions)
    ingest(run, "app", [AUTUMN])
    count_leaf_cells(run)
    freeze_weeks(run)
    return run


def published(run: Run) -> tuple[set[int], set[int]]:
    """The users of every cell, and of every part of the day."""
    return tuple(
        {n for (n,) in duckdb.sql(f"select users from read_parquet('{run.home.cells / cube}/*.parquet')").fetchall()}
        for cube in ("usage_by_region_age_week", "usage_by_hour_week")
    )


@pytest.mark.clause("promise-4")
@pytest.mark.parametrize("is_audited", [False, True])
def test_a_week_that_would_leak_freezes_coarser(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_audited: bool
) -> None:
    if not is_audited:
        monkeypatch.setattr(side_choice, "audit_sides", lambda *_: [])
    run = frozen(tmp_path)
    cells, parts = published(run)
    assert cells == {43, 40}
    assert parts == ({83} if is_audited else {40, 43})
    # Nobody came again: 43 and 40 users tell 43 + 4 and 40 + 4; whole, their sum, not a step of its own (83 + 4).
    told = duckdb.sql(f"select sessions from read_parquet('{run.home.cells}/usage_by_hour_week/*.parquet')").fetchall()
    assert {n for (n,) in told} == ({47 + 44} if is_audited else {47, 44})


def test_a_part_less_a_sum_of_cells_is_found():
    """Two cells come in the morning and in the evening, all of them; of the third only one does in the morning."""
    one = persons(1, 2, (MORNING, SHORT), (EVENING, SHORT))
    both = [*persons(15, 0, (MORNING, SHORT), (EVENING, SHORT)), *persons(15, 1, (MORNING, SHORT), (EVENING, SHORT))]
    marts = marts_of([*both, *one, *persons(20, 2, (EVENING, SHORT))], ((0, 1, 2),), ((0, 1, 2),), 2, 1)
    wanted = {("region 0 part 0", 1), ("cell 0", -1), ("cell 1", -1)}
    assert ("users", frozenset(wanted)) in leaks(marts)
    assert choose_sides(marts, RULES).not_divided == {"region 0"}
    several = persons(10, 2, (MORNING, SHORT), (EVENING, SHORT))
    mended = marts_of([*both, *several, *persons(20, 2, (EVENING, SHORT))], ((0, 1, 2),), ((0, 1, 2),), 2, 1)
    assert ("users", frozenset(wanted)) not in leaks(mended)


def test_users_of_some_parts_less_the_union_are_found():
    """Lengths 0 and 1, or 1 and 2; one person has length 1 alone: parts 0 and 2 less everyone is about them."""
    world = [*persons(20, 0, (0, 0), (0, 1)), *persons(20, 0, (0, 1), (0, 2))]
    marts = marts_of([*world, *persons(1, 0, (0, 1))], ((0,),), ((0,),), 1, 3)
    wanted = {("age 0 part 0", 1), ("age 0 part 2", 1), ("cell 0", -1)}
    assert ("users", frozenset(wanted)) in leaks(marts)
    mended = marts_of([*world, *persons(10, 0, (0, 1))], ((0,),), ((0,),), 1, 3)
    assert ("users", frozenset(wanted)) not in leaks(mended)
