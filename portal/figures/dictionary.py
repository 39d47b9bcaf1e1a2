"""The data dictionary: what the marts file says of itself, table by table, column by column."""

import re
from collections.abc import Collection
from dataclasses import dataclass

import duckdb

#: Tables in the order in which a reader needs them; what is not here comes after, by name.
ORDER = (
    "usage_by_region_age_week", "usage_by_hour_week", "session_length_by_age_week", "ga4_engagement_week",
    "ga4_engaged_sessions_week", "coverage_week", "anonymisation_quality_week", "dim_region", "dim_age_group",
    "dim_week",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ColumnEntry:
    """One column; `comment` ends in its unit."""

    name: str
    type: str
    comment: str


@dataclass(frozen=True, slots=True)
class TableEntry:
    """One table. `weeks`: how many it has figures of; None where it is not by week."""

    name: str
    comment: str
    rows: int
    weeks: int | None
    columns: tuple[ColumnEntry, ...]


def tables_of(con: duckdb.DuckDBPyConnection, told: Collection[str]) -> list[TableEntry]:
    """The tables of the marts that are to be told of, with their comments; `con`: of `open_shown_marts`."""
    views = con.execute(
        "select view_name, coalesce(comment, '') from duckdb_views()"
        " where not internal and database_name = current_database()"
    ).fetchall()
    found = [(name, comment) for name, comment in views if name in told]
    known = {name: place for place, name in enumerate(ORDER)}
    found.sort(key=lambda table: (known.get(table[0], len(known)), table[0]))
    return [_table(con, name, comment) for name, comment in found]


def described(comment: str) -> tuple[str, str]:
    """A comment as what it says and its unit, in English or Dutch; the unit is empty where it names none."""
    parts = re.fullmatch(r"(.*?)\s*\b(?:Unit|Eenheid), (.*?)\.?", comment, re.DOTALL)
    return (parts[1], parts[2]) if parts else (comment, "")


def _table(con: duckdb.DuckDBPyConnection, table: str, comment: str) -> TableEntry:
    columns = con.execute(
        "select column_name, lower(data_type), coalesce(comment, '') from duckdb_columns() "
        " where database_name = current_database() and table_name = ?"
        " order by column_index",
        [table],
    ).fetchall()
    is_weekly = any(column[0] == "week_start" for column in columns)
    weeks = "count(distinct week_start)" if is_weekly else "null"
    counted = con.execute(f"select count(*), {weeks} from {table}").fetchone() or (0, None)
    return TableEntry(table, comment, counted[0], counted[1], tuple(ColumnEntry(*column) for column in columns))
