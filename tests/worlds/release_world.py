"""Releases as they should be, small and made by hand, for tests of what is written, published and shown.

Figures are written out below or drawn from a seeded generator, never taken from the code under test. Columns are
described as the marts describe them (`_marts.yml`), since that is what a release takes over.
"""

import random
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

import dbt_project
from catalogue.catalogue import RELEASABLE
from freezing.cell_rows import SCHEMAS
from home.weeks.week_states import WEEK
from policy.policy import load_policy
from policy.region_table import regions
from policy.release_policy import Approval, DatasetPolicy, ReleasePolicy
from releases.ledger.period import Period
from releases.ledger.release import Evidence, Gap, Release, ReleasedColumn, Resource
from releases.ledger.release_id import ReleaseId

#: 2026-W39, the last week of 2026-Q3.
MONDAY = date(2026, 9, 21)
ISSUED = datetime(2026, 10, 1, 4, 30, tzinfo=UTC)
REVIEWER = "Privacy reviewer of the foundation"
MINUTES = "minutes of the board, 14 September 2026, item 3"


#: Of the quarterly tables, what no mart describes.
QUARTERLY = {
    "quarter": (pa.string(), "Quarter of the weeks' Thursdays. Unit, text, as 2026-Q3."),
    "weeks": (pa.int32(), "How many weeks are summed. Unit, weeks."),
    "person_weeks": (pa.int64(), "Persons of each week, added up; no distinct persons. Unit, person-weeks."),
}  # fmt: skip


def leaves_below(code: str) -> list[str]:
    """The leaves of one region, read off the region table's own lines."""
    below = [region.code for region in regions().values() if region.parent == code]
    return sorted(leaf for child in below for leaf in leaves_below(child)) if below else [code]


@cache
def _all_leaves() -> tuple[str, ...]:
    return tuple(leaves_below("001"))


def _without(whole: Iterable[str], *parts: str) -> list[str]:
    taken = {leaf for part in parts for leaf in leaves_below(part)}
    return [leaf for leaf in whole if leaf not in taken]


def _region(name: str) -> tuple[str, str, str, list[str]]:
    """Code, name, level and members of the regions that the tables below use."""
    dutch = leaves_below("NL")
    return {
        "NL-NH": ("NL-NH", "North Holland", "subdivision", ["NL-NH"]),
        "NL-ZH": ("NL-ZH", "South Holland", "subdivision", ["NL-ZH"]),
        "NL-FL+NL-UT": ("NL-FL+NL-UT", "Flevoland + Utrecht", "group", ["NL-FL", "NL-UT"]),
        "NL-?": ("NL-?", regions()["NL-?"].name, "subdivision", ["NL-?"]),
        "rest of NL": (
            "rest of NL", "rest of Netherlands", "group",
            _without(dutch, "NL-NH", "NL-ZH", "NL-FL", "NL-UT", "NL-?"),
        ),
        "NL": ("NL", "Netherlands", "country", dutch),
        "BE": ("BE", "Belgium", "country", leaves_below("BE")),
        "rest of 001": ("rest of 001", "rest of World", "group", _without(_all_leaves(), "NL", "BE")),
    }[name]  # fmt: skip


_AGES: dict[str, tuple[str, int, int | None]] = {
    "0-17": ("0-17", 0, 17),
    "18-24": ("18-24", 18, 24),
    "18-34": ("18-34", 18, 34),
    "25-64": ("25-64", 25, 64),
    "35+": ("35+", 35, None),
    "65+": ("65+", 65, None),
    "all": ("all", 0, None),
}

#: region, age, users, sessions, minutes of one week
USAGE: tuple[tuple[str, str, int, int, int], ...] = (
    ("BE", "all", 14, 31, 402),
    ("NL-?", "all", 11, 17, 96),
    ("NL-FL+NL-UT", "18-34", 23, 61, 988),
    ("NL-FL+NL-UT", "35+", 12, 20, 0),
    ("NL-NH", "0-17", 10, 44, 1310),
    ("NL-NH", "18-24", 57, 290, 5120),
    ("NL-NH", "25-64", 41, 133, 2077),
    ("NL-NH", "65+", 13, 15, 120),
    ("NL-ZH", "18-34", 38, 120, 1999),
    ("NL-ZH", "35+", 19, 41, 640),
    ("rest of 001", "all", 16, 22, 277),
    ("rest of NL", "18-34", 33, 87, 1404),
    ("rest of NL", "35+", 21, 52, 811),
)

#: region, kind of day, first and last hour, users, sessions, minutes
HOURS: tuple[tuple[str, str, int, int, int, int, int], ...] = (
    ("BE", "all", 0, 23, 14, 31, 402),
    ("NL", "weekday", 0, 8, 61, 103, 1406),
    ("NL", "weekday", 9, 16, 152, 281, 4402),
    ("NL", "weekday", 17, 23, 170, 312, 5655),
    ("NL", "weekend", 0, 23, 121, 184, 3102),
    ("rest of 001", "all", 0, 23, 16, 22, 277),
)

#: age group, shortest and longest whole minutes, users, sessions, minutes
LENGTHS: tuple[tuple[str, int, int | None, int, int, int], ...] = (
    ("0-17", 0, None, 10, 44, 1310),
    ("18-34", 0, 0, 44, 70, 31),
    ("18-34", 1, 4, 80, 160, 402),
    ("18-34", 5, 14, 91, 181, 1820),
    ("18-34", 15, None, 88, 147, 7258),
    ("35+", 0, 14, 71, 140, 800),
    ("35+", 15, None, 60, 121, 2848),
)

#: region, fewest and most sessions of a person, users, minutes
FREQUENCY: tuple[tuple[str, int, int | None, int, int], ...] = (
    ("NL", 1, 1, 401, 1803),
    ("NL", 2, 6, 388, 5100),
    ("NL", 7, None, 44, 2911),
    ("rest of 001", 1, None, 31, 214),
)

#: age, platform, users, minutes
PLATFORM: tuple[tuple[str, str, int, int], ...] = (
    ("18-34", "android", 301, 3010),
    ("18-34", "ios + web + other + unknown", 122, 2000),
    ("35+", "all", 441, 5018),
)

#: region, device, users, sessions, views, minutes
ENGAGEMENT: tuple[tuple[str, str, int, int, int, int], ...] = (
    ("NL", "desktop", 131, 204, 911, 702),
    ("NL", "mobile", 402, 803, 2711, 1918),
    ("NL", "tablet", 12, 9, 40, 28),
    ("rest of 001", "all", 27, 31, 88, 64),
)

#: region, cells, users, sessions, engaged sessions: unions of those cells
ENGAGED: tuple[tuple[str, int, int, int, int], ...] = (
    ("NL", 3, 545, 1016, 544),
    ("rest of 001", 1, 27, 31, 14),
)


def release_policy(**changes: Any) -> ReleasePolicy:
    """The shipped policy with every dataset approved; `changes` replace settings of it."""
    shipped = load_policy().releases
    approvals = [
        Approval(dataset=one.name, reviewer=REVIEWER, approved_on=date(2026, 9, 14), reference=MINUTES)
        for one in shipped.dataset
    ]  # fmt: skip
    return shipped.model_copy(update={"approval": approvals, **changes})


@cache
def _described() -> dict[str, dict[str, str]]:
    """Each mart's columns with the descriptions that `_marts.yml` gives them."""
    path = Path(dbt_project.__file__).parent / "models" / "marts" / "_marts.yml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {
        model["name"]: {column["name"]: " ".join(column["description"].split()) for column in model["columns"]}
        for model in content["models"]
    }


def _column(name: str, kind: pa.DataType, description: str) -> ReleasedColumn:
    unit = re.sub(r".*Unit, (.*?)(\. .*|\.?$)", r"\1", description)
    return ReleasedColumn(name, kind, description, unit)


def mart_columns(mart: str) -> tuple[ReleasedColumn, ...]:
    """The columns of a weekly release of a mart."""
    return tuple(_column(field.name, field.type, _described()[mart][field.name]) for field in SCHEMAS[mart])


def quarterly_columns(*, week_by_week: bool) -> tuple[ReleasedColumn, ...]:
    """The columns of a quarterly release: of its sums (`data`), or of its weeks (`weeks`)."""
    usage = {column.name: column for column in mart_columns("usage_by_region_age_week")}
    own = {name: _column(name, kind, description) for name, (kind, description) in QUARTERLY.items()}
    region_and_age = [column for name, column in usage.items() if name.startswith(("region_", "age_"))]
    figures = [own["person_weeks"], usage["sessions"], usage["minutes"]]
    if week_by_week:
        return (usage["week_start"], *region_and_age, *figures)
    return (own["quarter"], *region_and_age, own["weeks"], *figures)


def table_of(columns: Sequence[ReleasedColumn], rows: Iterable[Sequence[Any]]) -> pa.Table:
    """Rows as a table of exactly these columns."""
    schema = pa.schema([(column.name, column.type) for column in columns])
    names = schema.names
    return pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows], schema=schema)


def rows_of(mart: str, week: date) -> list[tuple[Any, ...]]:
    """The rows of one week of a mart, as the tables above have them."""
    return {
        "usage_by_region_age_week": [(week, *_region(code), *_AGES[age], *rest) for code, age, *rest in USAGE],
        "usage_by_hour_week": [(week, *_region(code), *rest) for code, *rest in HOURS],
        "session_length_by_age_week": [(week, *_AGES[age], *rest) for age, *rest in LENGTHS],
        "usage_by_frequency_week": [(week, *_region(code), *rest) for code, *rest in FREQUENCY],
        "usage_by_platform_week": [(week, *_AGES[age], *rest) for age, *rest in PLATFORM],
        "ga4_engagement_week": [(week, *_region(code), *rest) for code, *rest in ENGAGEMENT],
        "ga4_engaged_sessions_week": [(week, *_region(code), *rest) for code, *rest in ENGAGED],
    }[mart]


def weekly_release(
    dataset: str = "usage_by_region_age", week: date = MONDAY, version: int = 1, changes: str = "", **policy: Any
) -> Release:
    """A weekly release of any of the datasets; `policy` replaces settings of the release policy."""
    decided = release_policy(**policy)
    declared = _dataset(decided, dataset)
    columns = mart_columns(declared.mart)
    table = table_of(columns, rows_of(declared.mart, week))
    period = Period.week(week)
    replaces = ReleaseId(dataset, period, version - 1) if version > 1 else None
    return Release(
        id=ReleaseId(dataset, period, version),
        dataset=declared,
        policy=decided,
        approval=_approval(decided, dataset),
        issued=ISSUED,
        weeks=(week,),
        gaps=(),
        resources=(Resource("data", declared.title, table, columns, RELEASABLE[declared.mart].key),),
        evidence=_evidence(table, "users", (week,), gcp=0.31 if declared.mart in _PARTITIONS else None),
        changes=changes or ("one region was named wrongly" if version > 1 else ""),
        replaces=replaces,
        timezone="Europe/Amsterdam",
        axes=load_policy().axes,
        software_version="0.1.0",
    )


_PARTITIONS = {"usage_by_region_age_week", "ga4_engagement_week"}


def corrected_release() -> Release:
    """Version 2 of the weekly release: the same figures, a region's name put right."""
    return weekly_release(version=2, changes="The name of one region was put right; no figure changed.")


def quarterly_release(seed: int = 3) -> Release:
    """2026-Q3 of usage by region and age, with one week withheld: sums in `data`, week by week in `weeks`."""
    decided = release_policy()
    declared = _dataset(decided, "usage_by_region_age")
    period = Period.quarter(MONDAY)
    withheld = period.mondays[4]
    weeks = tuple(monday for monday in period.mondays if monday != withheld)
    rng = random.Random(seed)  # noqa: S311  # repeatable on purpose
    by_week = [
        (week, *_region(code), *_AGES[age], *(figure + rng.randrange(9) for figure in figures))
        for week in weeks
        for code, age, *figures in USAGE
    ]
    sums = [
        (
            period.label, *_region(code), *_AGES[age], len(weeks),
            *(sum(row[place] for row in by_week if row[1] == code and row[5] == age) for place in (-3, -2, -1)),
        )
        for code, age, *_ in USAGE
    ]  # fmt: skip
    summed, weekly = quarterly_columns(week_by_week=False), quarterly_columns(week_by_week=True)
    tables = table_of(summed, sums), table_of(weekly, by_week)
    titles = f"{declared.title}, summed over the quarter", f"{declared.title}, week by week"
    return Release(
        id=ReleaseId(declared.name, period, 1),
        dataset=declared,
        policy=decided,
        approval=_approval(decided, declared.name),
        issued=ISSUED,
        weeks=weeks,
        gaps=(Gap(withheld, "withheld: fewer than k persons in the whole week"),),
        resources=(
            Resource("data", titles[0], tables[0], summed, ("quarter", "region_code", "age_group")),
            Resource("weeks", titles[1], tables[1], weekly, ("week_start", "region_code", "age_group")),
        ),
        evidence=_evidence(tables[1], "person_weeks", weeks, gcp=0.42),
        changes="",
        replaces=None,
        timezone="Europe/Amsterdam",
        axes=load_policy().axes,
        software_version="0.1.0",
    )


def every_release() -> list[Release]:
    """One of each kind: every weekly dataset, a correction, a quarter."""
    return [
        *(weekly_release(dataset.name) for dataset in release_policy().dataset),
        corrected_release(),
        quarterly_release(),
    ]


def _dataset(policy: ReleasePolicy, name: str) -> DatasetPolicy:
    return next(one for one in policy.dataset if one.name == name)


def _approval(policy: ReleasePolicy, name: str) -> Approval:
    return next(one for one in policy.approval if one.dataset == name)


def _evidence(table: pa.Table, persons: str, weeks: Sequence[date], gcp: float | None) -> Evidence:
    return Evidence(
        k=10,
        dominance_p=10,
        count_step=10,
        rules_edition=2,
        older_weeks={},
        not_judged_anew=(),
        k_reached=min(table.column(persons).to_pylist()),
        gcp=gcp,
        audited_figures=len(table),
        earlier_figures=120,
        checked={"combinations": 3, "differences": 44, "intervals": 12},
        unproven=(),
        expectations=58,
        coverage_percent={week: None if number % 5 == 3 else 70 + number for number, week in enumerate(weeks)},
    )


def some_weeks(count: int) -> list[date]:
    """Mondays, the last of them `MONDAY`."""
    return [MONDAY - WEEK * (count - 1 - number) for number in range(count)]
