"""Which types of a database server a column may have, and the SQL by which the server itself writes it as text.

A driver's own conversions never come between a value and the judge: `tinyint(1)` is no boolean that swallows a 2, a
zero date no null, `infinity` no year 294247. What a type cannot hold without loss is refused by name.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from home.sql import Sql, quoted
from ingestion.delivered.raw_relation import Want
from refusals.errors import InputRefused

EXPECTED: Mapping[Want, str] = {
    "text": "text or a whole number",
    "instant": "a time with time zone",
    "date": "a date",
    "boolean": "a boolean",
}


@dataclass(frozen=True, slots=True)
class ServerColumn:
    """A column as the server describes it. `kind` is the type's bare name, `shown` its whole one."""

    name: str
    kind: str
    shown: str
    is_whole: bool = False
    """Whether its numbers have no fraction, by its declaration."""


def postgres_text(where: str, column: ServerColumn, want: Want) -> Sql:
    """PostgreSQL's expression for the column as text.

    Raises:
        InputRefused: the type cannot hold what the column means without loss.
    """
    name = quoted(column.name)
    if column.kind in {"text", "varchar", "bpchar", "name", "char", "citext", "uuid", "enum"}:
        return Sql(f"{name}::text")
    if want == "text" and column.kind in {"inet", "cidr"}:
        return Sql(f"host({name})")
    if want in ("text", "boolean") and (column.kind in {"int2", "int4", "int8"} or column.is_whole):
        return Sql(f"{name}::text")
    if want == "boolean" and (column.kind == "bool" or column.shown == "bit(1)"):
        return Sql(f"{name}::text")
    if (want, column.kind) in {("instant", "timestamptz"), ("date", "date")}:
        return Sql(f"{name}::text")
    raise _refused(where, column, want, is_naive=column.kind in {"timestamp", "date", "time", "timetz"})


def mysql_text(where: str, column: ServerColumn, want: Want) -> Sql:
    """The expression of MySQL and MariaDB for the column as text; the session's zone is UTC.

    Raises:
        InputRefused: the type cannot hold what the column means without loss.
    """
    name = quoted(column.name, "`")
    if column.kind in {"char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set"}:
        return name
    if want == "text" and column.kind in {"uuid", "inet4", "inet6"}:
        return Sql(f"cast({name} as char)")
    is_whole = column.kind in {"tinyint", "smallint", "mediumint", "int", "bigint", "year"} or column.is_whole
    if want in ("text", "boolean") and is_whole:
        return Sql(f"cast({name} as char)")
    if want == "boolean" and column.shown == "bit(1)":
        return Sql(f"cast({name} + 0 as char)")
    if want == "instant" and column.kind == "timestamp":
        return Sql(f"concat(cast({name} as char), '+00:00')")
    if want == "date" and column.kind == "date":
        return Sql(f"cast({name} as char)")
    raise _refused(where, column, want, is_naive=column.kind in {"datetime", "date", "time"})


def _refused(where: str, column: ServerColumn, want: Want, is_naive: bool) -> InputRefused:
    if want == "instant" and is_naive:
        return InputRefused(
            f"{where}: column {column.name} is a time without time zone ({column.shown}): give the table, or a view of"
            " it, a column that says which moment is meant"
        )
    return InputRefused(
        f"{where}: column {column.name} is {column.shown}, not {EXPECTED[want]}: give the table, or a view of it, a"
        " column that holds it so"
    )
