"""A week freezes whole, once, and for good: every person-week in one cell, all cubes in one commit."""

import hashlib
import json
import os
import shutil
from collections import Counter
from contextlib import nullcontext
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from command.summary import run_summary
from dags.tasks.counts import SECTIONS
from freezing import app_week, freezing
from freezing import cell_files as cells
from freezing.counting import count_leaf_cells
from freezing.freezing import freeze_weeks, passed_percent
from home.register.register import Dropped, Register
from home.run import Run
from home.state import replacing
from home.weeks.week_states import settled_weeks
from refusals.errors import Refusal
from tests.worlds.record_files import (
    AUTUMN,
    NEXT,
    Session,
    browsing,
    ingest,
    local,
    make_run,
    population,
    store_events,
    store_sessions,
)

WEEKS = [AUTUMN, NEXT]
SESSIONS = population(3, WEEKS, 150)
EVENTS = browsing(4, WEEKS, 100)
CUBES = ("usage_by_region_age_week", "usage_by_hour_week", "session_length_by_age_week")


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A home in which two weeks of both sources are counted, with some dropped, and nothing is frozen."""
    run = make_run(tmp_path_factory.mktemp("counted"))
    store_sessions(run, SESSIONS)
    store_events(run, EVENTS)
    for source in run.settings.sources:
        ingest(run, source, WEEKS)
    with Register(run.home) as register:
        register.keep_dropped("app", [(AUTUMN, Dropped(60, 30, 100, is_whole=True))])
        register.keep_dropped("app", [(NEXT, Dropped(50, 9, 100, is_whole=True))])
    count_leaf_cells(run)
    return run


def copy_of(run: Run, folder: Path) -> Run:
    shutil.copytree(run.settings.file.parent, folder, dirs_exist_ok=True)
    return make_run(folder, run.run_id)


@pytest.fixture(scope="module")
def frozen(counted: Run, tmp_path_factory: pytest.TempPathFactory) -> Run:
    run = copy_of(counted, tmp_path_factory.mktemp("frozen"))
    freeze_weeks(run)
    return run


def cube(run: Run, name: str, columns: str, rest: str = "") -> list[tuple[Any, ...]]:
    return duckdb.sql(f"select {columns} from read_parquet('{run.home.cells / name}/*.parquet') {rest}").fetchall()


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.clause("promise-3", "steps")
def test_every_session_that_passed_is_in_exactly_one_row_of_each_cube(frozen: Run) -> None:
    """Within the steps: a row tells at most 4 more than there were, or 5 fewer; of a union not divided as cells do."""
    expected = Counter(session.week for session in SESSIONS)
    cells = dict(cube(frozen, CUBES[0], "week_start, count(*)", "group by week_start"))
    for name in CUBES:
        for week, sessions, rows in cube(
            frozen, name, "week_start, sum(sessions)::int, count(*)", "group by week_start"
        ):
            most = rows if name == CUBES[0] else rows + cells[week]
            assert -5 * most <= sessions - expected[week] <= 4 * most, name
            assert sessions != expected[week]


@pytest.mark.clause("steps-everywhere")
def test_no_file_holds_an_exact_count(frozen: Run) -> None:
    """In a core cell, whatever the sessions beyond the users are, only their tens are told; of GA4, of the counts."""
    assert {e % 10 for (e,) in cube(frozen, CUBES[0], "sessions - users")} == {4}
    for name in ("sessions", "views"):
        assert {count % 10 for (count,) in cube(frozen, "ga4_engagement_week", name)} == {4}


def test_each_part_of_a_division_is_told_in_a_step_of_its_own(frozen: Run) -> None:
    for name, unit in (("usage_by_hour_week", "region_code"), ("session_length_by_age_week", "age_group")):
        parts: dict[tuple[date, str], list[int]] = {}
        for week, one, surplus in cube(frozen, name, f"week_start, {unit}, sessions - users"):
            parts.setdefault((week, one), []).append(surplus % 10)
        divided = [surplus for of_unit in parts.values() if len(of_unit) > 1 for surplus in of_unit]
        assert set(divided) <= {4}, name
        assert divided or name != "usage_by_hour_week"


@pytest.mark.clause("rules-editions")
def test_a_commit_keeps_the_step_and_the_edition_that_its_week_froze_under(frozen: Run) -> None:
    for source in frozen.settings.sources:
        for week, commit in settled_weeks(frozen.home, source).items():
            assert (commit.count_step, commit.rules_edition) == (10, 2)
            path = frozen.home.cells / "weeks" / source / f"{week}.json"
            content = json.loads(path.read_text())
            assert (content["count_step"], content["rules_edition"]) == (10, 2)


@pytest.mark.clause("rules-editions")
def test_a_commit_from_before_there_were_steps_says_that_its_counts_are_exact(frozen: Run, tmp_path: Path) -> None:
    run = copy_of(frozen, tmp_path)
    path = run.home.cells / "weeks" / "app" / f"{AUTUMN}.json"
    old = {k: v for k, v in json.loads(path.read_text()).items() if k not in ("count_step", "rules_edition")}
    content = json.dumps(old, indent=1, sort_keys=True).encode() + b"\n"
    with replacing(run.home, {path: hashlib.sha256(content).hexdigest()}):
        path.write_bytes(content)
    commits = settled_weeks(run.home, "app")
    assert (commits[AUTUMN].count_step, commits[AUTUMN].rules_edition) == (1, 1)
    assert (commits[NEXT].count_step, commits[NEXT].rules_edition) == (10, 2)


@pytest.mark.clause("promise-3")
def test_every_person_week_is_in_exactly_one_core_cell(frozen: Run) -> None:
    people = Counter(week for week, _ in {(session.week, session.person) for session in SESSIONS})
    assert dict(cube(frozen, "usage_by_region_age_week", "week_start, sum(users)", "group by week_start")) == people
    browsers = Counter(week for week, _ in {(event.week, event.person) for event in EVENTS})
    assert dict(cube(frozen, "ga4_engagement_week", "week_start, sum(users)", "group by week_start")) == browsers


@pytest.mark.clause("promise-1")
def test_no_row_covers_fewer_than_k_persons(frozen: Run) -> None:
    for name in (*CUBES, "ga4_engagement_week"):
        assert cube(frozen, name, "min(users)")[0][0] >= 10, name


@pytest.mark.clause("person-week", "steps", "mart-usage-by-region-age")
def test_a_cell_without_neighbours_is_counted_as_by_hand(frozen: Run) -> None:
    """Every core cell, recounted from the sessions by its members and ages: persons, sessions, minutes half up."""
    people: dict[tuple[date, int], list[Session]] = {}
    for session in SESSIONS:
        people.setdefault((session.week, session.person), []).append(session)
    rows = cube(
        frozen, "usage_by_region_age_week", "week_start, region_members, age_from, age_to, users, sessions, minutes"
    )
    for week, members, age_from, age_to, users, sessions, minutes in rows:
        inside = [
            sessions_of
            for (monday, _), sessions_of in people.items()
            if monday == week
            and home_region(sessions_of) in members
            and age_from <= first_age(sessions_of) <= (age_to or 999)
        ]
        time = sum(one.duration_us for sessions_of in inside for one in sessions_of)
        surplus = sum(map(len, inside)) - len(inside)
        assert (users, sessions) == (len(inside), len(inside) + int(f"0{surplus}"[:-1]) * 10 + 4)  # its tens, and 4
        assert minutes == (2 * time + 60_000_000) // 120_000_000


def home_region(sessions: list[Session]) -> str:
    times: Counter[str] = Counter()
    for one in sessions:
        times[one.region_code] += one.duration_us
    return min(times, key=lambda region: (-times[region], region))


def first_age(sessions: list[Session]) -> int:
    first = min(sessions, key=lambda one: (one.started_at, one.age_band))
    return int(first.age_band.rstrip("+").split("-")[0])


@pytest.mark.clause("mart-coverage")
def test_coverage_is_told_in_whole_percent_or_not_at_all(frozen: Run) -> None:
    passed = sum(session.week == AUTUMN for session in SESSIONS)
    expected = (200 * passed + passed + 60) // (2 * (passed + 60))
    rows = cube(frozen, "coverage_week", "week_start, source, passed_percent")
    assert sorted(rows) == sorted(
        [(AUTUMN, "app", expected), (NEXT, "app", None), (AUTUMN, "ga4_export", None), (NEXT, "ga4_export", None)]
    )


@pytest.mark.clause("mart-coverage")
@pytest.mark.parametrize(
    ("passed", "persons", "dropped", "dropped_persons", "percent"),
    [(995, 50, 5, 10, 100), (994, 50, 6, 10, 99), (985, 50, 15, 10, 99), (1, 10, 1, 10, 50), (9, 9, 1, 10, None)],
)
def test_percentages_by_hand(
    passed: int, persons: int, dropped: int, dropped_persons: int, *, percent: int | None
) -> None:
    assert passed_percent(passed, persons, dropped, dropped_persons, 10) == percent


def test_everyone_dropped_is_not_told_to_be_fewer_than_k() -> None:
    assert passed_percent(100, 50, 9, 9, 10) is None
    assert passed_percent(100, 50, 0, 0, 10) is None


@pytest.mark.clause("home-private")
def test_files_are_for_everyone_to_read_and_hold_published_columns_only(frozen: Run) -> None:
    for path in frozen.home.cells.rglob("*.parquet"):
        assert path.stat().st_mode & 0o777 == 0o644
    found = {
        row[0]
        for row in duckdb.sql(
            f"describe from read_parquet('{frozen.home.cells}/usage*/*.parquet', union_by_name=true)"
        ).fetchall()
    }
    assert found == {
        "week_start", "region_code", "region_name", "region_level", "region_members", "age_group", "age_from", "age_to",
        "day_type", "hour_from", "hour_to", "sessions_from", "sessions_to", "platform", "users", "sessions", "minutes",
        "sessions_least", "sessions_most",
    }  # fmt: skip


def test_what_became_of_the_trial_of_cells_is_for_the_register_alone(counted: Run, frozen: Run) -> None:
    """A leaf of fewer than ten is always merged: so many were tried. Neither status nor a task's log tells of it."""
    tables = {"app": "int_app__leaf_cells_counted", "ga4_export": "int_ga4__leaf_cells_counted"}
    with duckdb.connect(str(counted.home.warehouse), read_only=True) as con:
        small = {
            source: con.execute(f"select count(*) from {table} where persons < 10").fetchall()
            for source, table in tables.items()
        }
    with Register(frozen.home) as register:
        run = register.run(frozen.run_id)
    tried = run["counts"]["choice_of_cells"]
    assert {source: [(counts["small_leaves"],)] for source, counts in tried.items()} == small
    for counts in tried.values():
        assert set(counts) == {"small_leaves", "hidden_by_a_merge", "unproven"}
        assert 0 <= counts["hidden_by_a_merge"] + counts["unproven"] <= counts["small_leaves"]
    assert "unproven" not in str(run_summary(frozen.settings, run))
    assert "choice_of_cells" not in SECTIONS


def test_the_warehouse_is_gone_when_the_week_is_frozen(frozen: Run) -> None:
    assert not frozen.home.warehouse.exists()
    assert not list(frozen.home.work.glob("counted_weeks*"))


def test_the_same_counts_give_the_same_bytes(counted: Run, frozen: Run, tmp_path: Path) -> None:
    again = copy_of(counted, tmp_path)
    freeze_weeks(again)
    assert contents(again.home.cells) == contents(frozen.home.cells)


def test_the_same_records_under_another_key_give_the_same_bytes(frozen: Run, tmp_path: Path) -> None:
    run = make_run(tmp_path)
    store_sessions(run, [replace(session, person=10**9 - session.person) for session in reversed(SESSIONS)])
    ingest(run, "app", WEEKS)
    count_leaf_cells(run)
    freeze_weeks(run)
    for cube_name in CUBES:
        assert contents(run.home.cells / cube_name) == contents(frozen.home.cells / cube_name)


@pytest.mark.clause("week-stays")
def test_late_and_withdrawn_records_change_nothing_that_is_frozen(frozen: Run, tmp_path: Path) -> None:
    run = copy_of(frozen, tmp_path)
    before = contents(run.home.cells)
    store_sessions(run, SESSIONS[: len(SESSIONS) // 2])
    later = make_run(tmp_path, "run-2")
    count_leaf_cells(later)
    freeze_weeks(later)
    assert contents(run.home.cells) == before


@pytest.mark.clause("week-withheld")
def test_a_week_with_too_few_persons_is_withheld_in_all_cubes(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    few = [
        Session(person, local(AUTUMN, 1, 9), local(AUTUMN, 1, 10), "NL-NH", "18-24") for person in range(9)
    ]  # one under k
    store_sessions(run, few)
    ingest(run, "app", WEEKS)  # the second week has no session at all
    count_leaf_cells(run)
    freeze_weeks(run)
    commits = settled_weeks(run.home, "app")
    assert {week: (commit.state, commit.files) for week, commit in commits.items()} == {
        AUTUMN: ("withheld", {}),
        NEXT: ("withheld", {}),
    }
    assert not list(run.home.cells.rglob("*.parquet"))


@pytest.mark.clause("week-withheld")
def test_a_dominated_week_is_withheld(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    start = local(AUTUMN, 1, 9)
    heavy = Session(0, start, start + timedelta(hours=20), "NL-NH", "18-24")
    light = [Session(person, start, start + timedelta(minutes=10), "NL-NH", "18-24") for person in range(1, 12)]
    store_sessions(run, [heavy, *light])  # without the two largest, 100 minutes: under 10 % of 1200
    ingest(run, "app", [AUTUMN])
    count_leaf_cells(run)
    freeze_weeks(run)
    assert settled_weeks(run.home, "app")[AUTUMN].state == "withheld"


@pytest.mark.clause("week-freezes-whole")
def test_only_what_this_run_counted_is_frozen(counted: Run, tmp_path: Path) -> None:
    """Between counting and freezing another run may make a week complete: uncounted, it would look empty."""
    run = copy_of(counted, tmp_path)
    ingest(run, "app", [date(2026, 11, 2)])
    freeze_weeks(run)
    assert sorted(settled_weeks(run.home, "app")) == WEEKS


def test_the_counts_of_another_run_are_not_frozen(counted: Run, tmp_path: Path) -> None:
    copy_of(counted, tmp_path)
    other = make_run(tmp_path, "run-2")
    with pytest.raises(Refusal, match="count_leaf_cells"):
        freeze_weeks(other)
    assert settled_weeks(other.home, "app") == {}


class Killed(BaseException):
    """Stands for the process's end."""


@pytest.mark.clause("week-freezes-whole")
def test_a_kill_between_any_two_file_operations_leaves_the_old_or_the_new_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Freezing is killed before its 1st, 2nd, … file operation: what stands is whole, and trying again ends alike."""
    counted = make_run(tmp_path / "counted")
    store_sessions(counted, population(5, [AUTUMN], 40))
    store_events(counted, browsing(6, [AUTUMN], 40))
    for source in counted.settings.sources:
        ingest(counted, source, [AUTUMN])
    count_leaf_cells(counted)
    whole = copy_of(counted, tmp_path / "whole")
    freeze_weeks(whole)
    expected = contents(whole.home.cells)
    assert len(expected) == 12  # seven cubes and a commit of the app, three and a commit of GA4

    _remember_recoding(monkeypatch)
    monkeypatch.setattr(os, "fsync", lambda _: None)
    monkeypatch.setattr(freezing, "recorded_step", lambda *_: nullcontext())
    left = _die_after(monkeypatch, [*FILE_OPERATIONS, (os, "fsync")])
    seen_states = set()
    for number in range(10**4):
        run = copy_of(counted, tmp_path / str(number))
        left[0] = number
        try:
            freeze_weeks(run)
        except Killed:
            left[0] = FOREVER
        else:
            break
        seen_states.add(tuple(source for source in run.settings.sources if settled_weeks(run.home, source)))
        for paths in cells.committed_files(run.home).values():
            assert all(
                contents(path.parent)[path.name] == expected[f"{path.parent.name}/{path.name}"] for path in paths
            )
        freeze_weeks(run)  # the task is tried again
        assert contents(run.home.cells) == expected
        shutil.rmtree(tmp_path / str(number))
    assert number > 40
    assert seen_states == {(), ("app",), ("app", "ga4_export")}


FOREVER = 10**9
FILE_OPERATIONS = [
    (os, "open"),
    (os, "fchmod"),
    (Path, "replace"),
    (Path, "unlink"),
    (Path, "mkdir"),
    (Path, "open"),
    (cells, "commit_week"),
]


def _die_after(monkeypatch: pytest.MonkeyPatch, operations: list[tuple[Any, str]]) -> list[int]:
    """Each operation counts down what is left, and is the last when nothing is."""
    left = [FOREVER]

    def counting_down(operation: Any) -> Any:
        def wrapped(*arguments: Any, **options: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                left[0] = FOREVER
                raise Killed
            return operation(*arguments, **options)

        return wrapped

    for owner, name in operations:
        monkeypatch.setattr(owner, name, counting_down(getattr(owner, name)))
    return left


def _remember_recoding(monkeypatch: pytest.MonkeyPatch) -> None:
    """The walk is over file operations: the cubes are worked out once a week."""
    remembered: dict[Any, Any] = {}
    cubes, recode = app_week.app_cubes, freezing.recode

    def app_cubes(counted: Any, cells: Any) -> Any:
        if counted.week not in remembered:
            remembered[counted.week] = cubes(counted, cells)
        return dict(remembered[counted.week])

    def recoded(leaves: Any, *rest: Any, **options: Any) -> Any:
        key = tuple(leaves)
        if key not in remembered:
            remembered[key] = recode(leaves, *rest, **options)
        return remembered[key]

    monkeypatch.setitem(freezing.SOURCE_WEEKS, "app", replace(app_week.APP, cubes=app_cubes))
    monkeypatch.setattr(freezing, "recode", recoded)
