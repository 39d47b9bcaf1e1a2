"""A home with marts for the portal, drawn from a seeded generator, and releases made by hand.

As the pipeline would leave them: ten provinces are told by age, Flevoland and Zeeland only together (with the islands)
from 65 on, so their totals are told only together; lengths and hours are merged where few are; GA4's tablets are told
for the whole world.
"""

import random
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import yaml

import dbt_project
from home.layout import Home
from policy.policy import Policy, load_policy
from policy.region_table import regions
from releases.files.release_files import release_files
from releases.ledger.listed_release import ListedRelease
from releases.ledger.period import Period
from releases.ledger.release import Release
from releases.ledger.release_id import ReleaseId
from releases.ledger.states import State
from releases.publishing.publisher import publishing_to
from tests.worlds.good_marts import CORE, ENGAGED, FREQUENCY, GA4, HOURS, LENGTHS, PLATFORM, QUALITY, TABLES
from tests.worlds.release_world import (
    ISSUED,
    corrected_release,
    leaves_below,
    release_policy,
    some_weeks,
    weekly_release,
)

AS_OF = datetime(2026, 10, 1, 5, 0, tzinfo=UTC)
ALONE = ("NL-DR", "NL-FR", "NL-GE", "NL-GR", "NL-LI", "NL-NB", "NL-NH", "NL-OV", "NL-UT", "NL-ZH")
TOGETHER = ("NL-FL", "NL-ZE")
ISLANDS = ("NL-AW", "NL-BQ1", "NL-BQ2", "NL-BQ3", "NL-CW", "NL-SX")
AGES: tuple[tuple[str, int, int | None], ...] = (
    ("0-15", 0, 15), ("16-17", 16, 17), ("18-24", 18, 24), ("25-34", 25, 34), ("35-64", 35, 64), ("65+", 65, None),
)  # fmt: skip
YOUNG: tuple[str, int, int | None] = ("0-17", 0, 17)
LENGTH_BANDS = ((0, 4), (5, 14), (15, 29), (30, 59), (60, None))
MERGED_BANDS = ((0, 14), (15, None))
VISITS: tuple[tuple[int, int | None], ...] = ((1, 1), (2, 3), (4, 13), (14, None))
ALL_VISITS: tuple[tuple[int, int | None], ...] = ((1, None),)
PLATFORMS = ("android", "ios", "web + other + unknown")
WITHDRAWN = "A delivery held sessions of a <test>."


def portal_policy() -> Policy:
    """The shipped policy with every dataset approved."""
    return load_policy().model_copy(update={"releases": release_policy()})


def make_portal_home(root: Path, weeks: Sequence[date], sources: Iterable[str] = ("app", "ga4_export")) -> Home:
    """A home whose marts have these weeks of these sources."""
    home = Home(root)
    home.make()
    rows = mart_rows(weeks, tuple(sources))
    with duckdb.connect(str(home.marts)) as con:
        for table, columns in TABLES.items():
            names = [column.split()[0] for column in columns.split(",")]
            place = f"kept_{table}" if table == "dim_week" else table
            con.execute(f"create table {place} ({columns})")
            if rows[table]:
                given = pa.table([list(column) for column in zip(*rows[table], strict=True)], names=names)
                con.register("given", given)
                con.execute(f"insert into {place} select * from given")
            described = _descriptions()[table]
            kind = "table"
            if table == "dim_week":  # dbt makes the dimensions views
                con.execute(f"create view {table} as select * from {place}")
                kind = "view"
            _comment(con, f"{kind} {table}", described[""])
            for name in names:
                _comment(con, f"column {table}.{name}", described[name])
    return home


def released_in(home: Home, *datasets: str) -> list[ListedRelease]:
    """As if every week of these datasets' marts (none named: of all) had a release in force, without its files."""
    found = []
    with duckdb.connect(str(home.marts), read_only=True) as con:
        for dataset in release_policy().dataset:
            if datasets and dataset.name not in datasets:
                continue
            weeks = con.execute(f"select distinct week_start from {dataset.mart} order by 1").fetchall()
            found += [
                ListedRelease(
                    id=ReleaseId(dataset.name, Period.week(week), 1), state=State.PUBLISHED, published_at=ISSUED,
                    withdrawn_at=None, why="", superseded_by=None, sha256="0" * 64, folder=home.root / "without files",
                )
                for (week,) in weeks
            ]  # fmt: skip
    return found


def mart_rows(weeks: Sequence[date], sources: tuple[str, ...]) -> dict[str, list[tuple[Any, ...]]]:
    """Rows of every mart and dimension, by table."""
    rng = random.Random(11)  # noqa: S311  # repeatable on purpose
    rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in TABLES}
    for week in weeks:
        if "app" in sources:
            rows[CORE] += [(week, *cell, *_counts(rng)) for cell in _core_cells()]
            rows[HOURS] += [
                (week, *_region(code), *span, *_counts(rng)) for code in _hour_regions() for span in _spans(code)
            ]
            rows[LENGTHS] += [(week, *age, *band, *_counts(rng)) for age in _length_ages() for band in _bands(age[0])]
            rows[FREQUENCY] += [
                (week, *_region(code), *band, *_people(week, f"{code} {band}"))
                for code in _hour_regions()
                for band in (VISITS if code != "BE" else ALL_VISITS)
            ]
            rows[PLATFORM] += [
                (week, *age, platform, *_people(week, f"{age} {platform}"))
                for age in _length_ages()
                for platform in (PLATFORMS if age != YOUNG else ("all",))
            ]
        if "ga4_export" in sources:
            rows[GA4] += [(week, *cell, *_engagement(rng)) for cell in _ga4_cells()]
            rows[ENGAGED] += [
                (week, *_region(code), cells, *_engaged(week, cells))
                for cells, code in enumerate(("rest of 001", "BE", "NL-NH", "NL-ZH"), 1)
            ]
        for source in sources:
            rows["coverage_week"].append(
                (week, source, None if week == weeks[0] and len(weeks) > 1 else rng.randint(40, 90))
            )
            rows[QUALITY].append(
                (week, source, 900, 50, 10, rng.random() / 4, None, None, None, 1 + (week != weeks[0]), 2)
            )
        rows["dim_week"].append((week, week + timedelta(days=6), *week.isocalendar()[:2], (week.month - 1) // 3 + 1))
    rows["dim_region"] = [(r.code, r.name, r.level, r.parent) for r in regions().values()]
    rows["dim_age_group"] = [(*age, True) for age in AGES] + [(*YOUNG, False)]
    return rows


def publish(home: Home, releases: Sequence[Release], withdrawn: Sequence[str] = ()) -> None:
    """Publishes releases an hour apart, then withdraws some."""
    with publishing_to(home) as publisher:
        for number, release in enumerate(releases):
            publisher.publish(release.id, release_files(release), ISSUED + timedelta(hours=number), release.changes)
        for release_id in withdrawn:
            publisher.withdraw(ReleaseId.parse(release_id), WITHDRAWN, ISSUED + timedelta(days=2))


def some_releases() -> list[Release]:
    """Three weeks of the core dataset, the last corrected, and one week of hours."""
    weekly = [weekly_release("usage_by_region_age", week) for week in some_weeks(3)]
    return [*weekly, weekly_release("usage_by_hour"), corrected_release()]


def _comment(con: duckdb.DuckDBPyConnection, what: str, text: str) -> None:
    quoted = text.replace("'", "''")
    con.execute(f"comment on {what} is '{quoted}'")


@cache
def _descriptions() -> dict[str, dict[str, str]]:
    """What the marts say of themselves, a table's own under the empty name."""
    path = Path(dbt_project.__file__).parent / "models" / "marts" / "_marts.yml"
    models = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    return {
        model["name"]: {
            "": _one_line(model["description"]),
            **{column["name"]: _one_line(column["description"]) for column in model["columns"]},
        }
        for model in models
    }


def _one_line(text: str) -> str:
    return " ".join(text.split())


@cache
def _region(code: str) -> tuple[str, str, str, list[str]]:
    if code == "rest of NL":
        return (code, "rest of Netherlands", "group", sorted(TOGETHER + ISLANDS))
    if code == "rest of 001":
        taken = set(leaves_below("NL")) | set(leaves_below("BE"))
        return (code, "rest of World", "group", [leaf for leaf in leaves_below("001") if leaf not in taken])
    region = regions()[code]
    return (code, region.name, region.level, sorted(leaves_below(code)))


def _core_cells() -> list[tuple[Any, ...]]:
    told_by_age = [*ALONE, "NL-?"]
    cells = [(*_region(code), *age) for code in told_by_age for age in AGES]
    cells += [(*_region(code), *age) for code in TOGETHER for age in (YOUNG, *AGES[2:5])]
    cells.append((*_region("rest of NL"), *AGES[5]))
    return cells + [(*_region(code), *age) for code in ("BE", "rest of 001") for age in (YOUNG, *AGES[2:])]


def _hour_regions() -> list[str]:
    return [*ALONE, "NL-?", "rest of NL", "BE", "rest of 001"]


def _spans(code: str) -> list[tuple[str, int, int]]:
    if code == "BE":
        return [("all", 0, 11), ("all", 12, 23)]
    if code == "rest of 001":
        return [("all", 0, 23)]
    weekday = [("weekday", 0, 6), *(("weekday", hour, hour) for hour in range(7, 23)), ("weekday", 23, 23)]
    return [*weekday, ("weekend", 0, 9), ("weekend", 10, 15), ("weekend", 16, 23)]


def _length_ages() -> list[tuple[str, int, int | None]]:
    return [YOUNG, *AGES[2:]]


def _bands(age: str) -> Sequence[tuple[int, int | None]]:
    return MERGED_BANDS if age == "65+" else LENGTH_BANDS


def _ga4_cells() -> list[tuple[Any, ...]]:
    cells = [(*_region(code), "mobile") for code in [*ALONE, "NL-?", "rest of NL", "BE"]]
    cells += [(*_region(code), "desktop") for code in ("NL", "BE")]
    return [*cells, (*_region("rest of 001"), "all"), (*_region("001"), "tablet")]


def _counts(rng: random.Random) -> tuple[int, int, int]:
    users = rng.randint(10, 900)
    sessions = users + rng.randint(0, 3000)
    return users, sessions, rng.randint(0, 20000)


def _people(week: date, about: str) -> tuple[int, int]:
    """Users and minutes, the same for the same week and part."""
    rng = random.Random(f"{week} {about}")  # noqa: S311  # repeatable on purpose
    return rng.randint(10, 900), rng.randint(0, 20000)


def _engagement(rng: random.Random) -> tuple[int, int, int, int]:
    users, sessions, minutes = _counts(rng)
    return users, sessions, rng.randint(0, 9000), minutes


def _engaged(week: date, cells: int) -> tuple[int, int, int]:
    """Users, sessions and engaged ones; of one cell all are engaged, and so both are told alike."""
    rng = random.Random(1000 * week.toordinal() + cells)  # noqa: S311  # repeatable on purpose
    users, sessions, _ = _counts(rng)
    return users, sessions, sessions if cells == 1 else rng.randint(0, sessions)
