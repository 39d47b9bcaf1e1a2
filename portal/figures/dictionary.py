"""The data dictionary: the tables of the marts that are told of, with what the catalogue says of them."""

from collections.abc import Collection
from dataclasses import dataclass

import duckdb

from catalogue.catalogue import MARTS
from catalogue.mart import Mart


@dataclass(frozen=True, slots=True)
class TableEntry:
    """One table. `weeks`: how many it has figures of; None where it is not by week. `types`: of the file's columns."""

    mart: Mart
    rows: int
    weeks: int | None
    types: dict[str, str]

    @property
    def name(self) -> str:
        """As analysts write it."""
        return self.mart.name


def tables_of(con: duckdb.DuckDBPyConnection, told: Collection[str]) -> list[TableEntry]:
    """The tables of the marts that are to be told of, in the catalogue's order; `con`: of `open_shown_marts`."""
    return [_table(con, mart) for mart in MARTS if mart.name in told]


def _table(con: duckdb.DuckDBPyConnection, mart: Mart) -> TableEntry:
    columns = con.execute(
        "select column_name, lower(data_type) from duckdb_columns() "
        " where database_name = current_database() and table_name = ? order by column_index",
        [mart.name],
    ).fetchall()
    types: dict[str, str] = dict(columns)
    weeks = "count(distinct week_start)" if "week_start" in types else "null"
    counted = con.execute(f"select count(*), {weeks} from {mart.name}").fetchone() or (0, None)
    return TableEntry(mart, counted[0], counted[1], types)
