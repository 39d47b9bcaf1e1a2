"""Reads the marts file: frozen cells and nothing else."""

from dataclasses import dataclass
from datetime import date

import duckdb

from portal.figures.figure import AgeSpan, Figure, Value


@dataclass(frozen=True, slots=True)
class CoreCell:
    """One cell of a core mart in one week. `ages` where the mart has them, `device` likewise."""

    code: str
    name: str
    leaves: frozenset[str]
    ages: AgeSpan | None
    device: str
    users: int
    sessions: int
    minutes: int


def weeks_of(con: duckdb.DuckDBPyConnection, mart: str) -> tuple[date, ...]:
    """The Mondays of a mart's weeks, in order."""
    return tuple(row[0] for row in con.execute(f"select distinct week_start from {mart} order by 1").fetchall())


def week_sums(con: duckdb.DuckDBPyConnection, mart: str, measures: tuple[str, ...]) -> list[tuple[date, ...]]:
    """Sums over all rows of each week. Users add up only where nobody is in two rows of a week."""
    sums = ", ".join(f"sum({measure})::bigint" for measure in measures)
    return con.execute(f"select week_start, {sums} from {mart} group by week_start order by week_start").fetchall()


def weeks_figure(
    con: duckdb.DuckDBPyConnection, mart: str, measures: tuple[str, ...], drawn: tuple[str, ...] = ()
) -> Figure:
    """Every week that has cells; between them, charts leave open what has none."""
    rows = tuple(week_sums(con, mart, measures))
    facts: dict[str, Value] = dict(zip(("week", *measures), rows[-1], strict=True))
    return Figure("weeks", ("week_start", *measures), rows, drawn or measures, facts | {"weeks": len(rows)})


def age_cells(con: duckdb.DuckDBPyConnection, week: date) -> list[CoreCell]:
    """The core cells of the app's week."""
    found = con.execute(
        "select region_code, region_name, region_members, age_from, age_to, users, sessions, minutes"
        " from usage_by_region_age_week where week_start = ? order by age_from, age_to, region_code",
        [week],
    ).fetchall()
    return [
        CoreCell(code, name, frozenset(members), AgeSpan(first, last), "", users, sessions, minutes)
        for code, name, members, first, last, users, sessions, minutes in found
    ]


def device_cells(con: duckdb.DuckDBPyConnection, week: date) -> list[CoreCell]:
    """The core cells of GA4's week."""
    found = con.execute(
        "select region_code, region_name, region_members, device_category, users, sessions, minutes"
        " from ga4_engagement_week where week_start = ? order by device_category, region_code",
        [week],
    ).fetchall()
    return [
        CoreCell(code, name, frozenset(members), None, device, users, sessions, minutes)
        for code, name, members, device, users, sessions, minutes in found
    ]
