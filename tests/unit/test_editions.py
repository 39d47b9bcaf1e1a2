"""Editions of the rules: what becomes of each column, and of what no column says; figures by hand."""

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from anonymisation.audit import repeat_visits
from anonymisation.audit.count_step import CountStep
from anonymisation.cells.disclosure import Rules
from freezing.bringing_over import bring_over_weeks, weeks_to_bring_over
from freezing.cell_files import committed_files, freeze_cells, remove_uncommitted
from freezing.cell_rows import SCHEMAS, cube_table
from freezing.editions import column_fates, to_edition_2
from freezing.editions.chain import STEPS, brought_to_today, not_judged_anew, why_told_anew
from freezing.editions.column_fates import FATES, NOT_JUDGED_ANEW, WHY, Fate
from home.weeks.older_rules import counted_in_words, told_in_words
from home.weeks.week_states import (
    RULES_EDITION,
    BroughtOver,
    WeekCommit,
    commit_brought_over,
    commit_week,
    settled_weeks,
)
from tests.conventions.tracked import ROOT
from tests.old_homes import old_home
from tests.readers.repeat_visits import told_in_a_week
from tests.worlds.record_files import make_run

WEEK = date(2026, 9, 14)
CORE, HOURS, LENGTHS, GA4 = (
    "usage_by_region_age_week", "usage_by_hour_week", "session_length_by_age_week", "ga4_engagement_week",
)  # fmt: skip
RULES, STEP = Rules(10, 10), CountStep(10)
NORTH = {
    "region_code": "NL-NH",
    "region_name": "North Holland",
    "region_level": "subdivision",
    "region_members": ["NL-NH"],
}
Rows = list[dict[str, Any]]


def table(cube: str, rows: Rows) -> pa.Table:
    """As today's cubes are, with the column that only edition 1 had."""
    held = cube_table(cube, rows, WEEK)
    if cube == GA4 and "engaged_sessions" in rows[0]:
        held = held.append_column("engaged_sessions", pa.array([row["engaged_sessions"] for row in rows], pa.int64()))
    return held


def brought(cubes: dict[str, Rows]) -> dict[str, Rows]:
    told = brought_to_today(1, WEEK, {cube: table(cube, rows) for cube, rows in cubes.items()}, RULES, STEP)
    return {cube: rows.to_pylist() for cube, rows in told.items()}


def cell(ages: str, users: int, sessions: int, minutes: int) -> dict[str, Any]:
    first, _, last = ages.partition("-")
    interval = {"age_group": ages, "age_from": int(first.rstrip("+")), "age_to": int(last) if last else None}
    return {**NORTH, **interval, "users": users, "sessions": sessions, "minutes": minutes}


def hours(first: int, last: int, users: int, sessions: int, minutes: int) -> dict[str, Any]:
    figures = {"users": users, "sessions": sessions, "minutes": minutes}
    return {**NORTH, "day_type": "all", "hour_from": first, "hour_to": last, **figures}


def lengths(first: int, last: int | None, users: int, sessions: int, minutes: int) -> dict[str, Any]:
    figures = {"users": users, "sessions": sessions, "minutes": minutes}
    return {"age_group": "all", "age_from": 0, "age_to": None, "minutes_from": first, "minutes_to": last, **figures}


#: Two ages of 40; 40 of them all come at nine, 40 at twenty; of each age 9 come at nine once more. Of a cell, 0 to 9
#: are left open; of the hours together, 90 sessions at least: so of each cell 90 - 49 - 40 = 1 at least, 9 at most.
FEW = {
    CORE: [cell("0-34", 40, 49, 300), cell("35+", 40, 49, 310)],
    HOURS: [hours(0, 11, 40, 58, 401), hours(12, 23, 40, 40, 209)],
    LENGTHS: [lengths(0, None, 80, 98, 611)],
}
#: The same, and 20 of each age come at nine once more: every figure is wide enough.
MANY = {
    CORE: [cell("0-34", 40, 60, 300), cell("35+", 40, 63, 310)],
    HOURS: [hours(0, 11, 40, 83, 401), hours(12, 23, 40, 40, 209)],
    LENGTHS: [lengths(0, 4, 60, 70, 140), lengths(5, None, 50, 53, 471)],
}


def figures(rows: Rows, *names: str) -> list[tuple[Any, ...]]:
    return sorted(tuple(row[name] for name in names) for row in rows)


def test_rows_are_told_in_steps_above_their_users() -> None:
    told = brought(MANY)
    assert figures(told[CORE], "users", "sessions", "minutes") == [(40, 64, 300), (40, 64, 310)]  # 20 and 23 came again
    assert figures(told[HOURS], "hour_from", "sessions", "minutes") == [(0, 84, 401), (12, 44, 209)]  # 43 and none
    assert figures(told[LENGTHS], "minutes_from", "sessions") == [(0, 74), (5, 54)]  # 10 and 3


def test_a_division_that_would_tell_of_few_is_given_up() -> None:
    told = brought(FEW)
    assert figures(told[CORE], "users", "sessions", "minutes") == [(40, 44, 300), (40, 44, 310)]
    whole = {"week_start": WEEK, **NORTH, "day_type": "all", "hour_from": 0, "hour_to": 23}
    assert told[HOURS] == [{**whole, "users": 80, "sessions": 88, "minutes": 610}]
    # Undivided before: users and minutes are its own, sessions what its cells tell.
    assert figures(told[LENGTHS], "users", "sessions", "minutes") == [(80, 88, 611)]
    assert list(told_in_a_week(WEEK, told, 10)) == []


def test_without_the_audit_it_would_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(to_edition_2, "unions_that_tell", lambda *_: [])
    told = brought(FEW)
    assert figures(told[HOURS], "hour_from", "sessions") == [(0, 54), (12, 44)]
    assert {name for _, name, _ in told_in_a_week(WEEK, told, 10)} >= {CORE}


def test_figures_that_contradict_one_another_are_told_undivided() -> None:
    """Cells hold 80 to 98 sessions, hours 200: no table has both."""
    told = brought({**FEW, HOURS: [hours(0, 11, 40, 150, 401), hours(12, 23, 40, 50, 209)]})
    assert figures(told[HOURS], "hour_from", "hour_to", "sessions") == [(0, 23, 88)]


def test_counts_of_ga4_are_told_in_steps_above_nothing_or_left_out() -> None:
    row = {
        **NORTH,
        "device_category": "all",
        "users": 30,
        "sessions": 29,
        "engaged_sessions": 9,
        "views": 10,
        "minutes": 7,
    }
    (told,) = brought({GA4: [row]})[GA4]
    del row["engaged_sessions"]
    assert told == {"week_start": WEEK, **row, "sessions": 24, "views": 14}


def test_coverage_stays_as_it_is() -> None:
    coverage = [{"source": "app", "passed_percent": 81}]
    assert brought({"coverage_week": coverage})["coverage_week"] == [{"week_start": WEEK, **coverage[0]}]


# The table of columns


def test_every_edition_has_its_entries_and_its_module() -> None:
    editions = set(range(2, RULES_EDITION + 1))
    assert set(FATES) == set(STEPS) == set(NOT_JUDGED_ANEW) == set(WHY) == editions
    assert not_judged_anew(RULES_EDITION) == ()
    assert all(words.isprintable() and not words.endswith(".") for words in [*WHY.values(), why_told_anew(1)])


def test_every_column_of_edition_1_has_its_fate(tmp_path: Path) -> None:
    """As that version wrote them; and what is not left out is what today's cubes have. A cube that it had not has no
    row of its weeks."""
    home = old_home("edition-1", tmp_path / "home").parent / "home"
    assert set(FATES[2]) == {path.name for path in (home / "cells").iterdir()} - {"weeks"}
    for cube in FATES[2]:
        written = {name for path in (home / "cells" / cube).glob("*.parquet") for name in pq.read_schema(path).names}
        assert set(FATES[2][cube]) == written
        assert {name for name, fate in FATES[2][cube].items() if fate != Fate.LEFT_OUT} == set(SCHEMAS[cube].names)


def test_the_table_in_the_documents_is_this_table() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    _, _, text = text.partition("## An upgrade that changes the rules")
    app = (CORE, HOURS, LENGTHS)
    documented: dict[tuple[str, str], str] = {}
    for columns, cubes, fate in re.findall(r"^\| (`.*?) \| (.*?) \| (.*?) \|$", text, re.MULTILINE):
        groups, of = columns.split("; "), cubes.split("; ")
        for group, places in zip(groups, of if len(of) == len(groups) else [cubes] * len(groups), strict=True):
            named = [*(app if "the app's marts" in places else ()), *re.findall(r"`([a-z0-9_]+_week)`", places)]
            documented |= {(cube, column): fate for cube in named for column in re.findall(r"`(\w+)`", group)}
    fates = {(cube, name): str(fate) for cube, columns in FATES[2].items() for name, fate in columns.items()}
    del documented["ga4_engagement_week", "sessions"]  # by the line of its own, below the app's
    documented["ga4_engagement_week", "sessions"] = str(Fate.STEPS_ABOVE_NOTHING)
    documented["coverage_week", "week_start"] = str(Fate.KEPT)
    assert documented == fates


def test_a_column_that_is_left_out_of_a_cube_that_still_has_it_is_null(monkeypatch: pytest.MonkeyPatch) -> None:
    fates = {**FATES[2], GA4: {**FATES[2][GA4], "views": Fate.LEFT_OUT}}
    monkeypatch.setattr(to_edition_2, "FATES", {2: fates})
    row = {**NORTH, "device_category": "all", "users": 30, "sessions": 29, "views": 10, "minutes": 7}
    (told,) = brought_to_today(1, WEEK, {GA4: table(GA4, [row])}, RULES, STEP)[GA4].to_pylist()
    assert (told["sessions"], told["views"]) == (24, None)


# Weeks


def frozen_week(folder: Path, rows: dict[str, Rows], **changes: Any) -> Any:
    """A run over a home in which the app's week froze under edition 1."""
    run = make_run(folder)
    commit = WeekCommit(WEEK, "app", "frozen", "", 10, 10, rules_edition=1)
    freeze_cells(run.home, replace(commit, **changes), {cube: table(cube, one) for cube, one in rows.items()})
    return run


def test_a_week_is_brought_over_once(tmp_path: Path) -> None:
    run = frozen_week(tmp_path, MANY)
    assert [told_in_words(one) for one in weeks_to_bring_over(run.home)] == [
        "froze under edition 1 of the rules, not yet told by today's (2): `cmn run` brings it over"
    ]
    bring_over_weeks(run)
    (commit,) = settled_weeks(run.home, "app").values()
    assert weeks_to_bring_over(run.home) == []
    assert (commit.count_step, commit.rules_edition, commit.told_step, commit.told_edition) == (1, 1, 10, 2)
    with pytest.raises(ValueError, match="cannot be brought over"):
        commit_brought_over(run.home, commit, BroughtOver(2, 20))
    remove_uncommitted(run.home)
    assert {path.name for paths in committed_files(run.home).values() for path in paths} == {
        f"{WEEK}.edition-2.parquet"
    }
    assert (run.home.cells / CORE / f"{WEEK}.parquet").is_file()


def test_no_step_is_narrower_than_the_k_of_the_week(tmp_path: Path) -> None:
    run = frozen_week(tmp_path, MANY, k=15)
    bring_over_weeks(run)
    (commit,) = settled_weeks(run.home, "app").values()
    assert commit.told_step == 15
    sessions = figures(pq.read_table(committed_files(run.home)[CORE][0]).to_pylist(), "users", "sessions")
    assert sessions == [(40, 40 + 15 + 7), (40, 40 + 15 + 7)]


def test_a_week_that_cannot_be_told_by_todays_rules_is_told_no_more(tmp_path: Path) -> None:
    """Fewer sessions than users cannot have been frozen; if they were, nothing of the week leaves, and no run fails."""
    run = frozen_week(tmp_path, {CORE: [cell("0-34", 40, 39, 300)]})
    bring_over_weeks(run)
    (commit,) = settled_weeks(run.home, "app").values()
    assert committed_files(run.home)[CORE] == []
    assert told_in_words(commit).startswith("froze under edition 1 of the rules, and cannot be told by today's (2): ")
    assert "not told any more" in counted_in_words([commit])
    bring_over_weeks(run)
    assert (run.home.cells / CORE / f"{WEEK}.parquet").is_file()


def test_a_week_that_was_brought_over_can_be_retracted(tmp_path: Path) -> None:
    run = frozen_week(tmp_path, MANY)
    bring_over_weeks(run)
    commit_week(run.home, WeekCommit(WEEK, "app", "retracted", "counted twice", 10, 10))
    remove_uncommitted(run.home)
    assert list(run.home.cells.glob("*/*.parquet")) == []
    bring_over_weeks(run)
    (commit,) = settled_weeks(run.home, "app").values()
    assert (commit.state, commit.brought_over, commit.is_of_older_rules) == ("retracted", None, False)


def test_a_commit_of_today_is_written_as_ever(tmp_path: Path) -> None:
    run = frozen_week(tmp_path, MANY, rules_edition=2, count_step=10)
    path = run.home.cells / "weeks" / "app" / f"{WEEK}.json"
    before = path.read_bytes()
    assert "brought_over" not in json.loads(before)
    bring_over_weeks(run)
    assert path.read_bytes() == before


def test_the_audit_is_the_one_of_the_freeze() -> None:
    assert to_edition_2.unions_that_tell is repeat_visits.unions_that_tell
    assert column_fates.FATES is to_edition_2.FATES
