"""The data dictionary: what the marts file says of itself, table by table, column by column."""

import re
from dataclasses import dataclass

import duckdb

#: Tables in the order in which a reader needs them; what is not here comes after, by name.
ORDER = (
    "usage_by_region_age_week", "usage_by_hour_week", "session_length_by_age_week", "ga4_engagement_week",
    "coverage_week", "anonymisation_quality_week", "dim_region", "dim_age_group", "dim_week",
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


def tables_of(con: duckdb.DuckDBPyConnection) -> list[TableEntry]:
    """Every table of the marts, with its comments."""
    found = con.execute(
        "select table_name, coalesce(comment, '') from duckdb_tables() where not internal union all"
        " select view_name, coalesce(comment, '') from duckdb_views() where not internal"
    ).fetchall()
    known = {name: place for place, name in enumerate(ORDER)}
    found.sort(key=lambda table: (known.get(table[0], len(known)), table[0]))
    return [_table(con, name, comment) for name, comment in found]


def described(comment: str) -> tuple[str, str]:
    """A comment as what it says and its unit, in English or Dutch; the unit is empty where it names none."""
    parts = re.fullmatch(r"(.*?)\s*\b(?:Unit|Eenheid), (.*?)\.?", comment, re.DOTALL)
    return (parts[1], parts[2]) if parts else (comment, "")


def _table(con: duckdb.DuckDBPyConnection, table: str, comment: str) -> TableEntry:
    columns = con.execute(
        "select column_name, lower(data_type), coalesce(comment, '') from duckdb_columns() where table_name = ?"
        " order by column_index",
        [table],
    ).fetchall()
    is_weekly = any(column[0] == "week_start" for column in columns)
    weeks = "count(distinct week_start)" if is_weekly else "null"
    counted = con.execute(f"select count(*), {weeks} from {table}").fetchone() or (0, None)
    return TableEntry(table, comment, counted[0], counted[1], tuple(ColumnEntry(*column) for column in columns))
