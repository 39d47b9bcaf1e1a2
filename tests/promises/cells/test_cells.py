"""Who is told together: every cell covers at least ten persons, none is dominated, nobody is left out or told twice.

Each case is a week of its own, all frozen in one run. A group is so many persons of one region and age group, each with
one session of an hour unless the line says otherwise.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from pathlib import Path

import duckdb
import pytest

from freezing.counting import count_leaf_cells
from freezing.freezing import freeze_weeks
from home.run import Run
from home.weeks.week_states import WEEK, settled_weeks
from tests.worlds.record_files import AUTUMN, Session, ingest, local, make_run, store_sessions


@dataclass(frozen=True)
class Group:
    """Persons of one region and age group, alike in what they did."""

    persons: int
    region: str
    ages: str
    sessions: int = 1
    minutes: int = 60


WITHHELD: list[set[str]] = []
SOUTH, NORTH, ZEELAND = "NL-ZH", "NL-NH", "NL-ZE"

# ruff: noqa: E501 — a table that can be read across
CASES = [
    # what is the case                                  the week's persons                                                                            which of them are told together: a, b, c, … in order
    ("ten alike",                                       [Group(10, NORTH, "18-24")],                                                                  [{"a"}]),
    ("nine alike",                                      [Group(9, NORTH, "18-24")],                                                                   WITHHELD),
    ("nobody",                                          [],                                                                                           WITHHELD),
    ("ten each of two provinces",                       [Group(10, NORTH, "18-24"), Group(10, SOUTH, "18-24")],                                       [{"a"}, {"b"}]),
    ("ten and nine",                                    [Group(10, NORTH, "18-24"), Group(9, SOUTH, "18-24")],                                        [{"a", "b"}]),
    ("nine and one",                                    [Group(9, NORTH, "18-24"), Group(1, SOUTH, "18-24")],                                         [{"a", "b"}]),
    ("two few beside ten are told without them",        [Group(10, NORTH, "18-24"), Group(5, SOUTH, "18-24"), Group(5, ZEELAND, "18-24")],            [{"a"}, {"b", "c"}]),
    ("two too few even together take the ten along",    [Group(10, NORTH, "18-24"), Group(4, SOUTH, "18-24"), Group(5, ZEELAND, "18-24")],            [{"a", "b", "c"}]),
    ("ten each of two ages",                            [Group(10, NORTH, "18-24"), Group(10, NORTH, "35-44")],                                       [{"a"}, {"b"}]),
    ("nine of an age go with their neighbours",         [Group(9, NORTH, "18-24"), Group(10, NORTH, "25-34"), Group(10, NORTH, "55-64")],             [{"a", "b"}, {"c"}]),
    ("countries are told together where they must be",  [Group(9, NORTH, "18-24"), Group(9, "BE-VAN", "18-24")],                                      [{"a", "b"}]),
    ("an unknown region is one like any other",         [Group(10, NORTH, "18-24"), Group(10, "??", "18-24")],                                        [{"a"}, {"b"}]),
    ("one has nearly all minutes",                      [Group(1, NORTH, "18-24", minutes=1000), Group(9, NORTH, "18-24", minutes=1)],                WITHHELD),
    ("two have nearly all minutes",                     [Group(2, NORTH, "18-24", minutes=1000), Group(20, NORTH, "18-24", minutes=1)],               WITHHELD),
    ("three have them",                                 [Group(3, NORTH, "18-24", minutes=1000), Group(9, NORTH, "18-24", minutes=1)],                [{"a", "b"}]),
    ("the rest is just a tenth of the largest",         [Group(2, NORTH, "18-24", minutes=800), Group(8, NORTH, "18-24", minutes=10)],                [{"a", "b"}]),
    ("the rest is just less",                           [Group(2, NORTH, "18-24", minutes=801), Group(8, NORTH, "18-24", minutes=10)],                WITHHELD),
    ("one has nearly all sessions, and no more time",   [Group(1, NORTH, "18-24", sessions=100, minutes=1), Group(9, NORTH, "18-24", minutes=100)],   WITHHELD),
    ("who has nearly all is hidden among others",       [Group(1, ZEELAND, "18-24", minutes=600), Group(9, ZEELAND, "18-24", minutes=1), Group(30, NORTH, "18-24")], [{"a", "b", "c"}]),
]  # fmt: skip
MONDAYS = {case[0]: AUTUMN - WEEK * number for number, case in enumerate(CASES)}


def sessions_of(groups: list[Group], monday: date, numbers: "count[int]") -> list[Session]:
    found = []
    for group in groups:
        for person in (next(numbers) for _ in range(group.persons)):
            for number in range(group.sessions):
                start = local(monday, number // 24, number % 24)
                end = start + timedelta(minutes=group.minutes)
                found.append(Session(person, start, end, group.region, group.ages))
    return found


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Run:
    run, numbers = make_run(tmp_path_factory.mktemp("cells")), count(1)
    store_sessions(run, [one for what, groups, _ in CASES for one in sessions_of(groups, MONDAYS[what], numbers)])
    ingest(run, "app", MONDAYS.values())
    count_leaf_cells(run)
    freeze_weeks(run)
    return run


def rows_of(run: Run, monday: date) -> list[tuple[list[str], int, int | None, int, int]]:
    path = run.home.cells / "usage_by_region_age_week" / f"{monday}.parquet"
    columns = "region_members, age_from, age_to, users, minutes"
    return duckdb.sql(f"select {columns} from read_parquet('{path}')").fetchall() if path.exists() else []


@pytest.mark.clause("promise-1", "promise-2", "promise-3", "week-withheld")
@pytest.mark.parametrize(("what", "groups", "together"), CASES, ids=[case[0] for case in CASES])
def test_who_is_told_together(frozen: Run, what: str, groups: list[Group], together: list[set[str]]) -> None:
    state = settled_weeks(frozen.home, "app")[MONDAYS[what]].state
    rows = rows_of(frozen, MONDAYS[what])
    assert state == ("frozen" if together else "withheld")
    named = dict(zip("abcdefg", groups, strict=False))
    told = []
    for members, first, last, users, minutes in rows:
        inside = {
            name: group
            for name, group in named.items()
            if group.region in members and first <= int(group.ages[:2]) <= (last or 999)
        }
        assert users == sum(group.persons for group in inside.values()) >= 10
        assert minutes == sum(group.persons * group.sessions * group.minutes for group in inside.values())
        told.append(set(inside))
    assert sorted(told, key=sorted) == together
    assert sum(row[3] for row in rows) == (sum(group.persons for group in groups) if together else 0)


def test_nine_are_told_where_the_policy_says_nine(tmp_path: Path) -> None:
    """The ten of the table are the policy's, and the test would see nine that were told."""
    run, monday = make_run(tmp_path, k=9), MONDAYS["nine alike"]
    store_sessions(run, sessions_of([Group(9, NORTH, "18-24")], monday, count(1)))
    ingest(run, "app", [monday])
    count_leaf_cells(run)
    freeze_weeks(run)
    assert [row[3] for row in rows_of(run, monday)] == [9]
