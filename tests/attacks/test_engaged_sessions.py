"""Engaged sessions: no row or difference tells of one to nine persons with or without one, with or without another.

From single records, in plain Python: who is in each row, and with what. The attacker has every published row of a week,
knows how counts are told and which rows are told at all; intervals and programmes are built here, from the published
files alone (scipy's own linear programmes). Sessions of a cell are its engaged and its other ones, and both add up over
a row's cells: a transport problem, whose ends are whole numbers.
"""

import random
import shutil
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import combinations, product
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from scipy.optimize import linprog

from anonymisation.audit.count_step import CountStep
from anonymisation.cells import engaged_unions, engagement
from anonymisation.cells.disclosure import Rules
from anonymisation.cells.engaged_unions import EngagedUnion
from freezing import cell_rows
from freezing.counting import count_leaf_cells
from freezing.freezing import freeze_weeks
from home.run import Run
from home.weeks.week_states import WEEK
from policy.region_table import regions
from tests.worlds.record_files import Event, ingest, local, make_run, store_events

K, P, STEP = 10, 10, 10
CORE, ENGAGED = "ga4_engagement_week", "ga4_engaged_sessions_week"
FIRST = date(2026, 9, 14)
DUTCH = ["NL-NH"] * 5 + ["NL-ZH"] * 6 + ["NL-UT"] * 3 + ["NL-GE"] * 3 + ["NL-GR", "NL-ZE", "NL-?", "BE-VAN", "DE-NW"]
FOREIGN = sorted(code for code, region in regions().items() if region.level == "subdivision")[::31]

# Persons, places, how often somebody came, and how often a session is engaged: of the place, or of the person.
POPULATIONS: list[tuple[int, list[str], list[int], list[float], str]] = [
    (900, DUTCH, [2, 3], [0.98], "place"),  # a few have another session
    (900, DUTCH, [1] * 3 + [2], [0.5], "place"),
    (900, DUTCH, [1, 2, 2, 3], [0.1], "place"),  # a few have no other one
    (1500, DUTCH, [1, 2, 3], [1.0, 0.0, 0.5], "place"),
    (900, DUTCH, [1] * 80 + [2] * 20 + [60], [1.0, 0.0], "person"),  # the heaviest have all of one kind
    (2500, DUTCH + FOREIGN, [0, 1, 2], [0.6, 0.99], "place"),
    (900, DUTCH, [1] * 3 + [2], [0.9, 1.0], "place"),
]
WEEKS = [FIRST + WEEK * number for number in range(len(POPULATIONS))]


def events() -> Iterator[Event]:
    draw = random.Random(21)  # noqa: S311  # repeatable on purpose
    for week, (persons, homes, times, shares, whose) in zip(WEEKS, POPULATIONS, strict=True):
        for person in range(persons):
            home = draw.choice(homes)
            place = home, "mobile" if home == "NL-UT" else draw.choice(["mobile", "mobile", "desktop"])
            share = shares[sum(map(ord, place[0])) % len(shares)] if whose == "place" else draw.choice(shares)
            made = [draw.random() < share for _ in range(draw.choice(times))]
            yield from events_of(person + 10_000 * week.toordinal(), place, made, week)


def events_of(person: int, place: tuple[str, str], engaged: list[bool], week: date = FIRST) -> Iterator[Event]:
    """One row a session; of somebody without any, a row without a session id."""
    for number, is_engaged in enumerate(engaged or [False]):
        session = person * 10_000 + number if engaged else None
        yield Event(person, session, local(week, number % 7, 12), *place, is_engaged, False, 60_000_000)


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Run:
    run = make_run(tmp_path_factory.mktemp("counted"))
    store_events(run, events())
    ingest(run, "ga4_export", WEEKS)
    count_leaf_cells(run)
    return run


def frozen_as(counted: Run, folder: Path) -> Run:
    shutil.copytree(counted.settings.file.parent, folder, dirs_exist_ok=True)
    run = make_run(folder, counted.run_id)
    freeze_weeks(run)
    return run


@pytest.fixture(scope="module")
def frozen(counted: Run, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return frozen_as(counted, tmp_path_factory.mktemp("frozen"))


def frozen_with(folder: Path, people: list[tuple[tuple[str, str], list[bool]]]) -> Run:
    folder.mkdir(exist_ok=True)
    run = make_run(folder)
    store_events(
        run, (one for number, (place, made) in enumerate(people) for one in events_of(number + 1, place, made))
    )
    ingest(run, "ga4_export", [FIRST])
    count_leaf_cells(run)
    freeze_weeks(run)
    return run


def rows_of(run: Run, cube: str) -> dict[date, list[dict[str, Any]]]:
    found: dict[date, list[dict[str, Any]]] = defaultdict(list)
    if (run.home.cells / cube).exists():
        table = duckdb.sql(f"select * from read_parquet('{run.home.cells / cube}/*.parquet')").to_arrow_table()
        for row in table.to_pylist():
            found[row["week_start"]].append(row)
    return found


def cells_of(row: dict[str, Any], core: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [cell for cell in core if set(cell["region_members"]) <= set(row["region_members"])]


# From single records

Person = tuple[str, str, int, int]  # region, device, engaged sessions, other sessions


def persons_by_week() -> dict[date, list[Person]]:
    """Everyone is in one place; engaged and other sessions are counted off the records."""
    of: dict[tuple[date, int], list[Event]] = defaultdict(list)
    for event in events():
        of[event.week, event.person].append(event)
    found: dict[date, list[Person]] = defaultdict(list)
    for (week, _), rows in of.items():
        sessions = [row for row in rows if row.session is not None]
        engaged = sum(bool(row.is_engaged) for row in sessions)
        found[week].append((rows[0].region_code, rows[0].device_category, engaged, len(sessions) - engaged))
    return found


def few(persons: list[Person]) -> list[str]:
    """What a set of persons would tell of one to nine, or of one who has nearly all."""
    found = []
    for name, place in (("engaged", 2), ("other", 3)):
        counts = sorted((person[place] for person in persons), reverse=True)
        having = sum(count > 0 for count in counts)
        found += [f"with {name}"] if 0 < having < K else []
        found += [f"without {name}"] if 0 < len(persons) - having < K else []
        found += [f"dominated {name}"] if counts and 100 * sum(counts[2:]) < P * counts[0] else []
    return found


def faults_from_records(run: Run) -> list[tuple[date, str, str]]:
    people, core, faults = persons_by_week(), rows_of(run, CORE), []
    for week, rows in rows_of(run, ENGAGED).items():
        inside = [[person for person in people[week] if person[0] in row["region_members"]] for row in rows]
        if sorted(person for persons in inside for person in persons) != sorted(people[week]):
            faults.append((week, "", "somebody is in no row, or in two"))
        for row, persons in zip(rows, inside, strict=True):
            cells = cells_of(row, core[week])
            if row["users"] != len(persons) or row["users"] != sum(cell["users"] for cell in cells):
                faults.append((week, row["region_code"], "users"))
            if (row["cells"], row["sessions"]) != (len(cells), sum(cell["sessions"] for cell in cells)):
                faults.append((week, row["region_code"], "cells or sessions"))
            engaged = sum(person[2] for person in persons)
            least = sum(
                sum(n[2] + n[3] for n in persons if n[0] in cell["region_members"] and is_of(cell, n)) // 10 * 10
                for cell in cells
            )
            told = engaged // 10 * 10 + 4 if engaged // 10 * 10 < least else row["sessions"]
            if row["engaged_sessions"] != told:
                faults.append((week, row["region_code"], "engaged sessions"))
        for size in (1, 2, 3, len(inside) - 1, len(inside)):
            for chosen in combinations(range(len(inside)), size):
                told_of = [person for number in chosen for person in inside[number]]
                faults += [(week, rows[chosen[0]]["region_code"], fault) for fault in few(told_of)]
    return faults


def is_of(cell: dict[str, Any], person: Person) -> bool:
    return cell["device_category"] in ("all", person[1])


@pytest.mark.clause("mart-engaged-sessions")
def test_each_row_and_each_sum_of_rows_is_counted_from_records_and_of_nobody_or_ten(frozen: Run) -> None:
    assert set(rows_of(frozen, ENGAGED)) == set(WEEKS)
    assert faults_from_records(frozen) == []


@pytest.mark.clause("mart-engaged-sessions")
def test_what_may_be_told_finely_is(frozen: Run) -> None:
    """The finest unions are found here by merging cells that share a leaf; nearly all that may be told are rows."""
    people, engaged = persons_by_week(), rows_of(frozen, ENGAGED)
    kept = lost = coarser = 0
    for week, core in rows_of(frozen, CORE).items():
        unions = closure([frozenset(cell["region_members"]) for cell in core])
        rows = {frozenset(row["region_members"]) for row in engaged[week]}
        assert all(any(union <= row for row in rows) for union in unions)
        for union in unions:
            persons = [person for person in people[week] if person[0] in union]
            may_be = not few(persons) and any(person[2] + person[3] for person in persons)
            kept += may_be and union in rows
            lost += may_be and union not in rows
            coarser += not may_be
    assert kept > 20
    assert coarser > 20
    assert lost <= kept / 5


def closure(covered: list[frozenset[str]]) -> list[frozenset[str]]:
    sets: list[frozenset[str]] = []
    for one in covered:
        touching = [other for other in sets if one & other]
        sets = [other for other in sets if not one & other] + [one.union(*touching)]
    return sets


# What the attacker makes of a week


def told_of_few(run: Run, step: int = STEP) -> list[tuple[date, str]]:
    """Whatever is certainly one to nine: engaged or other sessions of a cell or row, or visits beyond its users."""
    core = rows_of(run, CORE)
    return [
        (week, fault)
        for week, rows in rows_of(run, ENGAGED).items()
        for row in rows
        for fault in told_in_a_row(row, cells_of(row, core[week]), step)
    ]


def told_in_a_row(row: dict[str, Any], cells: list[dict[str, Any]], step: int) -> Iterator[str]:
    """`step`: in which engaged sessions are told, unless as the sessions; 1: exactly."""
    count = len(cells)
    boxes = [(cell["sessions"] - 4, cell["sessions"] + 5) for cell in cells]
    least = sum(low for low, _ in boxes)
    if row["engaged_sessions"] == row["sessions"] and step > 1:
        engaged = least, sum(high for _, high in boxes)
    else:
        low = row["engaged_sessions"] - (step - 1) // 2
        engaged = low, low + step - 1
    # Variables: engaged sessions of each cell, then the others. Rows: sessions of each cell, engaged ones, others.
    matrix = np.block(
        [[np.eye(count), np.eye(count)], [np.ones(count), np.zeros(count)], [np.zeros(count), np.ones(count)]]
    )
    fewest = K if row["users"] >= 2 * K else row["users"]  # of fewer than twenty it is nobody or everybody
    ends = [
        (max(engaged[0], bounds[0]), min(engaged[1], bounds[1]), *other)
        for bounds, other in product([(0, 0), (fewest, np.inf)], repeat=2)
        if bounds[1] + other[1]  # a row without any session is not told
    ]
    targets = {f"engaged in cell {n}": ([n], 0) for n in range(count)}
    targets |= {f"others in cell {n}": ([count + n], 0) for n in range(count)}
    targets |= {f"came again in cell {n}": ([n, count + n], cells[n]["users"]) for n in range(count)}
    targets |= {"engaged": (list(range(count)), 0), "others": (list(range(count, 2 * count)), 0)}
    targets |= {"sessions": (list(range(2 * count)), 0), "came again": (list(range(2 * count)), row["users"])}
    feasible = 0
    for name, (columns, beyond) in targets.items():
        found = [
            (least_of(matrix, boxes, end, columns, 1), -least_of(matrix, boxes, end, columns, -1))
            for end in ends
            if end[0] <= end[1] and least_of(matrix, boxes, end, columns, 1) is not None
        ]
        feasible += bool(found)
        least, most = min(low for low, _ in found) - beyond, max(high for _, high in found) - beyond
        if 0 < least <= most < K:
            yield f"{row['region_code']}: {name}"
    assert feasible == len(targets), "a table with all the published figures exists"


def least_of(matrix: Any, boxes: list[tuple[int, int]], ends: tuple[float, ...], columns: list[int], sign: int) -> Any:
    cost = np.zeros(matrix.shape[1])
    cost[columns] = sign
    lower = np.array([low for low, _ in boxes] + [ends[0], ends[2]])
    upper = np.array([high for _, high in boxes] + [ends[1], ends[3]])
    bounded = np.isfinite(upper)
    best = linprog(
        cost,
        A_ub=np.vstack([matrix[bounded], -matrix]),
        b_ub=np.concatenate([upper[bounded], -lower]),
        bounds=[(0, None)] * matrix.shape[1],
    )
    return round(best.fun, 6) if best.status == 0 else None


def test_no_cell_and_no_row_tells_of_one_to_nine(frozen: Run) -> None:
    rows = [row for of_week in rows_of(frozen, ENGAGED).values() for row in of_week]
    assert sum(row["engaged_sessions"] == row["sessions"] and row["cells"] > 1 for row in rows) > 3
    assert sum(row["cells"] == 1 for row in rows) > 2
    assert told_of_few(frozen) == []


# Each protection taken away


def test_without_the_threshold_rows_tell_of_few(counted: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engaged_unions, "may_be_told", lambda *_: True)
    found = {fault for _, _, fault in faults_from_records(frozen_as(counted, tmp_path))}
    assert found >= {f"{what} {kind}" for what in ("with", "without") for kind in ("engaged", "other")}


@pytest.mark.parametrize("off", [f"{what} {kind}" for what in ("with", "without") for kind in ("engaged", "other")])
def test_without_one_part_of_it_too(counted: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, off: str) -> None:
    real = engaged_unions.may_be_told

    def blind(of: Any, rules: Any) -> bool:
        """As if everybody had such a session, or as if nobody had, where one to nine have none, or have one."""
        kind = {"engaged": "engaged", "other": "bounced"}[off.split()[1]]
        persons = getattr(of, kind).persons
        if off.startswith("without"):
            seen = of.persons if 0 < of.persons - persons < K else persons
        else:
            seen = 0 if 0 < persons < K else persons
        return real(replace(of, **{kind: replace(getattr(of, kind), persons=seen)}), rules)

    monkeypatch.setattr(engaged_unions, "may_be_told", blind)
    assert off in {fault for _, _, fault in faults_from_records(frozen_as(counted, tmp_path))}


def exactly(union: EngagedUnion, step: CountStep) -> tuple[int, int]:
    return told_alone(union, step)[0], union.engagement.engaged.sessions


def told_alone(union: EngagedUnion, step: CountStep) -> tuple[int, int]:
    """In a step of its own, wherever the sessions' steps are."""
    return sum(step.told(cell.counts[0]) for cell in union.union.cells), step.told(union.engagement.engaged.sessions)


def place(device: str, region: str = "NL-NH") -> tuple[str, str]:
    return region, device


# By hand. One cell of 43, of whom everyone has a session, all engaged, and one has two: 44 sessions. Told exactly,
# engaged ones leave 44 to 49 sessions, others none to five, hence none: 44, and one came again. In steps: 40 to 49.
ONE_CELL = [(place("mobile"), [True] * (2 if number == 0 else 1)) for number in range(43)]
# Two cells: 15 with 19 sessions, and 20 of whom five have one, all engaged. 10 to 19 and none to nine sessions are
# told. 24 engaged ones, as 20 to 29, would leave one to nine in the second cell; as the sessions, 10 to 28 in both.
TWO_CELLS = [(place("mobile"), [True] * (2 if number < 4 else 1)) for number in range(15)]
TWO_CELLS += [(place("desktop"), [True] * (1 if number < 5 else 0)) for number in range(20)]


@pytest.mark.parametrize(
    ("people", "row", "planted"),
    [
        (ONE_CELL, (1, 43, 44, 44), (exactly, 1, "came again")),
        (TWO_CELLS, (2, 35, 18, 18), (told_alone, 10, "engaged in cell 0")),
    ],
)
def test_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, people: Any, row: Any, planted: Any) -> None:
    wrong, step, found = planted
    right = frozen_with(tmp_path / "right", people)
    ((told,),) = rows_of(right, ENGAGED).values()
    assert tuple(told[name] for name in ("cells", "users", "sessions", "engaged_sessions")) == row
    assert told_of_few(right) == []
    monkeypatch.setattr(cell_rows, "told_engaged", wrong)
    assert found in {fault.split(": ")[1] for _, fault in told_of_few(frozen_with(tmp_path / "wrong", people), step)}


def test_whoever_has_nearly_all_of_a_kind_is_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In North Holland one person has 200 engaged sessions, another 200 others, and 28 have one: 13 are left of each
    kind beside the two largest. With the 30 of South Holland, who have one of each, it is 43: over a tenth of 200."""
    people = [(place("mobile"), [True] * 200), (place("mobile"), [False] * 200)]
    people += [(place("mobile"), [number < 14]) for number in range(28)]
    people += [(place("mobile", "NL-ZH"), [True, False]) for _ in range(30)]
    ((together,),) = rows_of(frozen_with(tmp_path / "right", people), ENGAGED).values()
    assert (together["region_code"], together["cells"]) == ("NL-NH+NL-ZH", 2)
    monkeypatch.setattr(engaged_unions, "may_be_told", lambda of, _: engagement.may_be_told(of, Rules(K, 0)))
    (rows,) = rows_of(frozen_with(tmp_path / "wrong", people), ENGAGED).values()
    assert [row["region_code"] for row in rows] == ["NL-NH", "NL-ZH"]


@pytest.mark.clause("mart-engaged-sessions")
def test_a_week_of_few_engaged_has_no_row_and_freezes_all_the_same(tmp_path: Path) -> None:
    """Nine of forty have an engaged session: not even the whole week may be told. With ten, it is."""
    for engaged in (9, 10):
        people = [(place("mobile"), [number < engaged]) for number in range(40)]
        run = frozen_with(tmp_path / str(engaged), people)
        assert [(row["users"], row["sessions"]) for (row,) in rows_of(run, CORE).values()] == [(40, 44)]
        assert [row["engaged_sessions"] for (row,) in rows_of(run, ENGAGED).values()] == [14] * (engaged == 10)
