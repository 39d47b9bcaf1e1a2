"""Sessions less users are visits of those who came again: that one to nine did is told by no row, sum or difference.

The attacker has every published row of a week, knows how counts are told, and that whoever is in a row came once at
least. Intervals and programmes are built here, from the published files alone (scipy's own linear programmes).
"""

import random
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from anonymisation.audit.count_step import CountStep
from anonymisation.audit.repeat_visits import ToldRow
from anonymisation.cells.disclosure import Rules
from anonymisation.sides import side_audit, side_choice
from freezing.counting import count_leaf_cells
from freezing.editions.chain import brought_to_today
from freezing.freezing import freeze_weeks
from home.run import Run
from home.weeks.week_states import WEEK
from policy.region_table import regions
from tests.readers.repeat_visits import CORE, FREQUENCY, GA4, HOURS, LENGTHS, TOTAL, K, told_in_a_week
from tests.worlds.record_files import Event, Session, ingest, local, make_run, store_events, store_sessions

FIRST = date(2026, 9, 14)
BANDS = ["0-15", "16-17", "18-24", "25-34", "35-44", "45-54", "55-64", "65+"]
DUTCH = (
    ["NL-NH"] * 5 + ["NL-ZH"] * 6 + ["NL-UT"] * 3 + ["NL-GE"] * 3 + ["NL-GR", "NL-ZE", "NL-?", "BE-VAN", "DE-NW", "??"]
)
FOREIGN = sorted(code for code, region in regions().items() if region.level == "subdivision")[::9][:600]

# Persons, home regions, and how often somebody came: which of them make tens of rows with a few repeats, or with none.
POPULATIONS: list[tuple[int, list[str], list[int]]] = [
    (700, DUTCH, [1] * 12 + [2]),
    (2500, DUTCH, [1] * 3 + [2]),
    (1500, FOREIGN, [1] * 8 + [2, 3]),
    (1500, DUTCH, [1] * 200 + [2]),
    (1200, DUTCH, [1, 1, 1, 2, 2, 3, 5, 12]),
    (3000, DUTCH + FOREIGN[:40], [1] * 25 + [2, 2, 3]),
]
WEEKS = [FIRST + WEEK * number for number in range(len(POPULATIONS))]


def sessions() -> Iterator[Session]:
    draw = random.Random(11)  # noqa: S311  # repeatable on purpose
    for week, (persons, homes, times) in zip(WEEKS, POPULATIONS, strict=True):
        for person in range(persons):
            home, band = draw.choice(homes), draw.choices(BANDS, [1, 2, 8, 8, 6, 5, 4, 3])[0]
            for _ in range(draw.choice(times)):
                start = local(week, draw.randrange(7), draw.choice([7, 8, 12, 19, 20, 20, 21]), draw.randrange(60))
                length = timedelta(seconds=draw.choice([40, 200, 400, 800, 860, 1500, 4000]))
                yield Session(person + 10_000 * week.toordinal(), start, start + length, home, band)


def events() -> Iterator[Event]:
    draw = random.Random(12)  # noqa: S311  # repeatable on purpose
    for week, (persons, _, times) in zip(WEEKS, POPULATIONS, strict=True):
        for person in range(persons):
            place = (
                draw.choice(["NL-NH", "NL-ZH", "NL-UT", "BE-?"]),
                draw.choice(["mobile", "mobile", "desktop", "tablet"]),
            )
            engaged = 0.97 if place[1] == "tablet" else 0.05
            for number in range(draw.choice(times)):
                yield Event(
                    person + 10_000 * week.toordinal(), None if draw.random() < 0.02 else person * 20 + number,
                    local(week, draw.randrange(7), 12), *place, draw.random() < engaged, draw.random() < 0.05,
                    60_000_000,
                )  # fmt: skip


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Run:
    run = make_run(tmp_path_factory.mktemp("counted"))
    store_sessions(run, sessions())
    store_events(run, events())
    for source in ("app", "ga4_export"):
        ingest(run, source, WEEKS)
    count_leaf_cells(run)
    return run


def rows_of(run: Run, cube: str) -> list[dict[str, Any]]:
    return duckdb.sql(f"select * from read_parquet('{run.home.cells / cube}/*.parquet')").to_arrow_table().to_pylist()


# What the attacker makes of a week


def told_of_few(run: Run, step: int = 10) -> list[tuple[date, str, int]]:
    """Whatever is certainly about one to nine visits of those who came again: a row, or a sum of cells."""
    cubes = {cube: rows_of(run, cube) for cube in (CORE, HOURS, LENGTHS, FREQUENCY, TOTAL)}
    return [
        fault
        for week in sorted({row["week_start"] for row in cubes[CORE]})
        for fault in told_in_a_week(
            week, {cube: [row for row in rows if row["week_start"] == week] for cube, rows in cubes.items()}, step
        )
    ]


def ga4_told_of_few(run: Run, step: int = 10) -> list[str]:
    """A count of GA4 that is certainly one to nine, or that much more than users."""
    return ga4_told_in(rows_of(run, GA4), step)


def ga4_told_in(rows: list[dict[str, Any]], step: int) -> list[str]:
    above, found = {10: 4, 1: 0}[step], []
    for row in rows:
        of = {name: (row[name] - above, row[name] - above + step - 1) for name in ("sessions", "views")}
        of["came again"] = of["sessions"][0] - row["users"], of["sessions"][1] - row["users"]
        of["views beyond users"] = of["views"][0] - row["users"], of["views"][1] - row["users"]
        found += [name for name, (least, most) in of.items() if 0 < least <= most < K]
    return found


# The weeks as they freeze


def frozen_as(counted: Run, folder: Path, step: int = 10) -> Run:
    """The weeks frozen in a copy of the home; a step under k is refused of a policy, so it is set behind its back."""
    shutil.copytree(counted.settings.file.parent, folder, dirs_exist_ok=True)
    run = make_run(folder, counted.run_id)
    anonymity = run.policy.anonymity.model_copy(update={"count_step": step})
    policy = run.policy.model_copy(update={"anonymity": anonymity})
    run = replace(run, settings=run.settings.model_copy(update={"policy": policy}))
    freeze_weeks(run)
    return run


@pytest.fixture(scope="module")
def frozen(counted: Run, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return frozen_as(counted, tmp_path_factory.mktemp("frozen"))


@pytest.mark.clause("steps-tell-of-nobody")
def test_no_row_and_no_sum_tells_of_one_to_nine_who_came_again(frozen: Run) -> None:
    core = rows_of(frozen, CORE)
    assert len({row["week_start"] for row in core}) == len(POPULATIONS)
    assert sum(row["sessions"] - row["users"] == 4 for row in core) > 50  # so many rows in which at most nine did
    assert told_of_few(frozen) == []


@pytest.mark.clause("steps-tell-of-nobody")
def test_no_count_of_ga4_tells_of_one_to_nine(frozen: Run) -> None:
    rows = rows_of(frozen, GA4)
    assert sum(row["views"] == 4 for row in rows) > 10
    assert ga4_told_of_few(frozen) == []


# Each protection taken away


def test_how_often_people_came_told_beside_the_rest_without_a_look_at_both_is_found(
    counted: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_anything = lambda name, users, _: ToldRow(name, users, (0, 10**9))  # noqa: E731
    monkeypatch.setattr(side_audit, "row_of_visits", of_anything)
    found = told_of_few(frozen_as(counted, tmp_path / "unaudited"))
    assert {CORE, HOURS, LENGTHS, "sum of cells"} & {name for _, name, _ in found}


def test_exact_counts_are_found(exact: Run) -> None:
    found = told_of_few(exact, step=1)
    assert {week for week, _, _ in found} == set(WEEKS)
    assert sum(name == CORE for _, name, _ in found) > 50
    assert {"views", "came again"} <= set(ga4_told_of_few(exact, step=1))


@pytest.fixture(scope="module")
def exact(counted: Run, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The weeks as edition 1 of the rules froze them: exactly, in divisions that no such audit had looked at."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(side_audit, "_repeat_visits", lambda *_: [])
        return frozen_as(counted, tmp_path_factory.mktemp("exact"), step=1)


def brought_over(run: Run) -> Iterator[tuple[date, dict[str, list[dict[str, Any]]]]]:
    """Week by week, what today's rules make of the frozen cells."""
    for week in WEEKS:
        cubes = {one: pq.read_table(run.home.cells / one / f"{week}.parquet") for one in (CORE, HOURS, LENGTHS, GA4)}
        told = brought_to_today(1, week, cubes, Rules(K, 10), CountStep(10))
        yield week, {cube: rows.to_pylist() for cube, rows in told.items()}


def test_weeks_that_froze_exactly_tell_of_nobody_once_they_are_brought_over(exact: Run) -> None:
    for week, cubes in brought_over(exact):
        assert list(told_in_a_week(week, cubes, 10)) == []
        assert ga4_told_in(cubes[GA4], 10) == []


def two_cells(few: int) -> list[Session]:
    """Two ages of 40 in one region; 20 of each come at nine and 20 at twenty, and nine of each come twice then."""
    again = {band: [9] * few + [20] * (9 - few) for band in ("18-24", "65+")}
    old, length = {"18-24": 0, "65+": 100}, timedelta(minutes=20)
    return [
        Session(old[band] + number, start := local(FIRST, day, hour), start + length, "NL-NH", band)
        for band, hours in again.items()
        for day, came in ((1, [9] * 20 + [20] * 20), (2, hours))
        for number, hour in _persons(day, came)
    ]  # fmt: skip


def _persons(day: int, came: list[int]) -> list[tuple[int, int]]:
    """On the second day, the first of those of each hour come again."""
    if day == 1:
        return list(enumerate(came))
    return [(came[:number].count(hour) + (20 if hour == 20 else 0), hour) for number, hour in enumerate(came)]


def nearly_the_longest(again: int) -> list[Session]:
    """Forty who stay 14 and a half minutes each time, so that minutes alone say how many times, and forty an hour."""
    came = [(number, 14.5) for number in [*range(40), *range(again)]] + [(number, 65) for number in range(40, 80)]
    return [
        Session(number, start := local(FIRST, 1 + place // 80, 9), start + timedelta(minutes=minutes), "NL-NH", "18-24")
        for place, (number, minutes) in enumerate(came)
    ]


# By hand. Two cells of 40 users and 49 sessions tell 0 to 9 who came again. Of hours with 5 and 4 of each, one has 10
# more than its users: a step, so that together 10 to 19 came again, and at least one in each cell. With 4 and 5 too.
# Of 45 sessions of 14.5 minutes, all of 5 to 14 whole minutes, 653 minutes are told: 44 at least, and 40 users.
@pytest.mark.parametrize(
    ("people", "cube", "found"),
    [
        (two_cells(5), HOURS, {CORE}),
        (two_cells(4), HOURS, {CORE}),
        (nearly_the_longest(5), LENGTHS, {LENGTHS, CORE}),
    ],
)
def test_a_division_that_tells_who_came_again_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, people: list[Session], cube: str, found: set[str]
) -> None:
    audited = frozen_with(tmp_path / "audited", people)
    assert told_of_few(audited) == []
    assert len(rows_of(audited, cube)) == 1
    monkeypatch.setattr(side_audit, "_repeat_visits", lambda *_: [])
    unaudited = frozen_with(tmp_path / "unaudited", people)
    assert len(rows_of(unaudited, cube)) > 1
    assert {name for _, name, _ in told_of_few(unaudited)} & found


# By hand. Nine of each forty came again, in one or in two visits: 18 in all, told as 10 to 19, would leave at least one
# in each cell, which tells 0 to 9. So the week tells what its cells do, 80 to 98.
@pytest.mark.clause("mart-usage-week")
def test_a_total_that_tells_who_came_again_is_what_the_cells_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    audited = frozen_with(tmp_path / "audited", two_cells(4))
    assert [(row["users"], row["sessions_least"], row["sessions_most"]) for row in rows_of(audited, TOTAL)] == [
        (80, 80, 98)
    ]
    monkeypatch.setattr(side_choice, "total_tells_of_few", lambda *_: False)
    unaudited = frozen_with(tmp_path / "unaudited", two_cells(4))
    assert [(row["sessions_least"], row["sessions_most"]) for row in rows_of(unaudited, TOTAL)] == [(90, 99)]
    assert {name for _, name, _ in told_of_few(unaudited)} >= {CORE}


@pytest.mark.clause("mart-usage-week")
def test_weeks_are_told_closer_than_their_cells_added_up(frozen: Run) -> None:
    core, came = rows_of(frozen, CORE), Counter(one.week for one in sessions())
    rows = rows_of(frozen, TOTAL)
    assert {row["week_start"] for row in rows} == set(WEEKS)
    for row in rows:
        cells = [cell for cell in core if cell["week_start"] == row["week_start"]]
        assert row["users"] == sum(cell["users"] for cell in cells)
        assert row["sessions_most"] - row["sessions_least"] == 9 < 9 * len(cells)
        assert row["sessions_least"] <= came[row["week_start"]] <= row["sessions_most"]
        assert (row["sessions_least"] - row["users"]) % 10 == 0


def test_what_the_audit_lets_stand_is_told_finely(tmp_path: Path) -> None:
    """Nobody but two came again: every figure leaves 0 to 9 open, and hours stay divided."""
    once = [one for one in two_cells(5) if one.started_at < local(FIRST, 2, 0)]
    run = frozen_with(tmp_path, [*once, *(replace(one, started_at=one.started_at + timedelta(days=1),
        ended_at=one.ended_at + timedelta(days=1)) for one in once[:2])])  # fmt: skip
    assert len(rows_of(run, HOURS)) == 2
    assert told_of_few(run) == []


def frozen_with(folder: Path, people: list[Session]) -> Run:
    folder.mkdir(exist_ok=True)
    run = make_run(folder)
    store_sessions(run, people)
    ingest(run, "app", [FIRST])
    count_leaf_cells(run)
    freeze_weeks(run)
    return run
