"""How often people came, and on which platform: told beside cells, they say of no one to nine persons how they came.

The attacker has the users and minutes of every cell and of every part of both tables, and
- asks of each set of persons (a cell in a part, two parts together, a cell in both) how many it can be at least and at
  most: scipy's linear programmes over the persons by cell, number of sessions and platform, from published files alone;
- subtracts cells, one or two, from a part: whoever is in one and not in the other is what is left.
"""

import random
import shutil
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import combinations, product
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from scipy.optimize import linprog

from anonymisation.sides import side_choice, side_division
from freezing.counting import count_leaf_cells
from freezing.freezing import freeze_weeks
from home.run import Run
from home.weeks.week_states import WEEK
from tests.worlds.record_files import Session, ingest, local, make_run, store_sessions

K = 10
CORE, FREQUENCY, PLATFORM = "usage_by_region_age_week", "usage_by_frequency_week", "usage_by_platform_week"
BANDS = {"0-15": 0, "18-24": 18, "25-34": 25, "45-54": 45, "65+": 65}
VISITS, PLATFORMS = (1, 2, 4, 7, 14), ("android", "ios", "web", "other", "unknown")
HOMES = ["NL-NH"] * 6 + ["NL-ZH"] * 6 + ["NL-UT"] * 2 + ["BE-VAN"]
#: Persons; and how often, and on what, they come: evenly, rarely on one platform, nearly all alike, as their age does.
POPULATIONS: list[tuple[int, list[int], list[str | None]]] = [
    (260, [1, 1, 2, 3, 5, 15], ["android", "ios", "web"]),
    (400, [1] * 20 + [2], ["android"] * 30 + ["ios", None]),
    (700, [1, 2, 2, 8], ["android", "ios", "tv", None]),
]
#: A week in which nearly all of the old in one region use what nearly none of them uses in the other.
CROSSED = [
    *[("NL-NH", "65+", "web")] * 58, *[("NL-NH", "65+", "android")] * 2,
    *[("BE-VAN", "65+", "android")] * 9, *[("BE-VAN", "65+", "web")] * 3,
    *[(home, "18-24", word) for home in ("NL-NH", "BE-VAN") for word in ("android", "ios", "web")] * 35,
]  # fmt: skip
WEEKS = [date(2026, 9, 14) + WEEK * number for number in range(len(POPULATIONS) + 1)]
Person = tuple[str, str, int, int]  # home region, age band, stretch of visits, platform


def sessions() -> Iterator[Session]:
    draw = random.Random(21)  # noqa: S311  # repeatable on purpose
    for person, (home, band, word) in enumerate(CROSSED):
        start = local(WEEKS[-1], person % 7, 12)
        for number in range(1 + person % 5):
            begun = start + timedelta(hours=number)
            yield Session(person, begun, begun + timedelta(minutes=5), home, band, word)
    for week, (persons, times, platforms) in zip(WEEKS, POPULATIONS, strict=False):
        for person in range(persons):
            home, band, platform = draw.choice(HOMES), draw.choice(list(BANDS)), draw.choice(platforms)
            if band == "65+" and draw.random() < 0.8:
                platform = "web"
            for _ in range(draw.choice(times)):
                start = local(week, draw.randrange(7), draw.choice([8, 12, 20]), draw.randrange(60))
                yield Session(
                    person + 10_000 * week.toordinal(), start, start + timedelta(minutes=5), home, band, platform
                )


def placed(week: date) -> dict[int, Person]:
    """Who there was: each lives in one region, is of one band, and uses one platform."""
    of: dict[int, list[Session]] = defaultdict(list)
    for one in sessions():
        if one.week == week:
            of[one.person].append(one)
    found = {}
    for person, theirs in of.items():
        word = theirs[0].platform or "unknown"
        platform = PLATFORMS.index(word if word in PLATFORMS else "other")
        visits = max(place for place, bound in enumerate(VISITS) if len(theirs) >= bound)
        found[person] = theirs[0].region_code, theirs[0].age_band, visits, platform
    return found


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Run:
    run = make_run(tmp_path_factory.mktemp("counted"))
    store_sessions(run, sessions())
    ingest(run, "app", WEEKS)
    count_leaf_cells(run)
    return run


def rows_of(run: Run, cube: str, week: date) -> list[dict[str, Any]]:
    return duckdb.sql(f"from read_parquet('{run.home.cells / cube}/{week}.parquet')").to_arrow_table().to_pylist()


def visits_of(row: dict[str, Any]) -> set[int]:
    last = 10**6 if row["sessions_to"] is None else row["sessions_to"]
    return {place for place, bound in enumerate(VISITS) if row["sessions_from"] <= bound <= last}


def platforms_of(row: dict[str, Any]) -> set[int]:
    words = PLATFORMS if row["platform"] == "all" else row["platform"].split(" + ")
    return {PLATFORMS.index(word) for word in words}


def last_age(row: dict[str, Any]) -> int:
    return 200 if row["age_to"] is None else row["age_to"]


def cell_of(core: list[dict[str, Any]], person: Person) -> int:
    home, band, *_ = person
    (cell,) = [
        number
        for number, row in enumerate(core)
        if home in row["region_members"] and row["age_from"] <= BANDS[band] <= last_age(row)
    ]
    return cell


def cells_of(core: list[dict[str, Any]], part: dict[str, Any]) -> set[int]:
    """The cells of the union that a part divides."""
    if "region_members" in part:
        return {n for n, cell in enumerate(core) if set(cell["region_members"]) <= set(part["region_members"])}
    return {
        n for n, cell in enumerate(core) if part["age_from"] <= cell["age_from"] and last_age(cell) <= last_age(part)
    }


def parts_of(run: Run, week: date, core: list[dict[str, Any]]) -> list[tuple[set[int], set[int], set[int], int]]:
    """Of every part of both tables its cells, visits and platforms, and its users."""
    every_visit, every_word = set(range(len(VISITS))), set(range(len(PLATFORMS)))
    frequency, platform = (rows_of(run, cube, week) for cube in (FREQUENCY, PLATFORM))
    return [(cells_of(core, row), visits_of(row), every_word, row["users"]) for row in frequency] + [
        (cells_of(core, row), every_visit, platforms_of(row), row["users"]) for row in platform
    ]


def certain(run: Run, week: date) -> list[str]:
    """The sets of one to nine persons whose number is certain."""
    core = rows_of(run, CORE, week)
    atoms = list(product(range(len(core)), range(len(VISITS)), range(len(PLATFORMS))))
    place = {atom: number for number, atom in enumerate(atoms)}
    figures = [({atom for atom in atoms if atom[0] == number}, cell["users"]) for number, cell in enumerate(core)]
    for cells, visits, words, users in parts_of(run, week, core):
        figures.append(({a for a in atoms if a[0] in cells and a[1] in visits and a[2] in words}, users))
    matrix = np.zeros((len(figures), len(atoms)))
    for number, (inside, _) in enumerate(figures):
        matrix[number, [place[atom] for atom in inside]] = 1
    true = np.zeros(len(atoms))
    for person in placed(week).values():
        true[place[cell_of(core, person), person[2], person[3]]] += 1
    told = [users for _, users in figures]
    assert np.array_equal(matrix @ true, told)
    of_cells, of_parts = ([inside for inside, _ in some] for some in (figures[: len(core)], figures[len(core) :]))
    sets = {frozenset(one & other) for one in of_cells + of_parts for other in of_parts}
    sets |= {frozenset(cell & one & other) for cell in of_cells for one in of_parts for other in of_parts}
    found = []
    for target in sorted(sets, key=sorted):
        inside = [place[atom] for atom in target]
        count = round(true[inside].sum())
        if 0 < count < K and _is_certain(matrix, told, inside, count):
            found.append(f"{week}: {count} of {sorted({core[atom[0]]['region_code'] for atom in target})}")
    return found


def left_over(run: Run, week: date) -> list[str]:
    """Parts less one or two cells that are about one to nine persons."""
    core = rows_of(run, CORE, week)
    of_cell: dict[int, set[int]] = defaultdict(set)
    people = placed(week)
    for number, person in people.items():
        of_cell[cell_of(core, person)].add(number)
    sums = [of_cell[n] for n in of_cell] + [of_cell[n] | of_cell[m] for n, m in combinations(of_cell, 2)]
    found = []
    for cells, visits, words, users in parts_of(run, week, core):
        inside = {
            number
            for number, person in people.items()
            if cell_of(core, person) in cells and person[2] in visits and person[3] in words
        }
        assert len(inside) == users
        found += [f"{week}: {len(inside ^ one)}" for one in sums if 0 < len(inside ^ one) < K]
    return found


def _is_certain(matrix: Any, figures: list[int], inside: list[int], count: int) -> bool:
    for sign in (1, -1):
        cost = np.zeros(matrix.shape[1])
        cost[inside] = sign
        best = linprog(cost, A_eq=matrix, b_eq=figures, bounds=(0, None))
        assert best.status == 0
        if abs(sign * best.fun - count) > 0.5:
            return False
    return True


def frozen(counted: Run, folder: Path) -> Run:
    shutil.copytree(counted.settings.file.parent, folder, dirs_exist_ok=True)
    run = make_run(folder, counted.run_id)
    freeze_weeks(run)
    return run


@pytest.mark.clause("mart-usage-by-frequency", "mart-usage-by-platform", "promise-4")
def test_no_set_of_one_to_nine_is_told(counted: Run, tmp_path: Path) -> None:
    run = frozen(counted, tmp_path / "home")
    assert any(len(rows_of(run, FREQUENCY, week)) > 3 for week in WEEKS)
    assert any(len(rows_of(run, PLATFORM, week)) > 2 for week in WEEKS)
    assert [fault for week in WEEKS for fault in (*certain(run, week), *left_over(run, week))] == []


def test_without_the_audit_of_all_side_marts_together_some_are_left_over(
    counted: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(side_choice, "audit_sides", lambda *_: [])
    assert left_over(frozen(counted, tmp_path / "home"), WEEKS[-1])


def test_parts_of_any_size_are_certain(counted: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(side_choice, "audit_sides", lambda *_: [])
    monkeypatch.setattr(side_division, "safe_stretches", lambda counts, _: np.triu(np.ones_like(counts.inside)) > 0)
    assert certain(frozen(counted, tmp_path / "home"), WEEKS[1])
