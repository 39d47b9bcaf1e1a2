"""Rules that many tables share: columns and types, no nulls, unique keys, no text that tells who somebody is.

Names of tables and columns come from the suites, never from data.
"""

from collections.abc import Mapping, Sequence

from expectations.rules.rule import Rule
from policy.identities import IDENTITY_PATTERNS

#: Table of what columns there really are: `table_name`, `file_name` (one a Parquet file), `column_name`, `column_type`.
COLUMNS_FOUND = "columns_found"


def columns_are(table: str, columns: Mapping[str, str], promise: str) -> list[Rule]:
    """One rule a column (there, and of exactly this DuckDB type), and one against any column besides."""
    names = ", ".join(f"'{name}'" for name in columns)
    exact = [
        Rule(
            "is_there_with_its_type",
            column,
            f"select file_name from {COLUMNS_FOUND} where table_name = '{table}' group by file_name"
            f" having count(*) filter (column_name = '{column}' and column_type = '{kind}') <> 1",
            promise,
        )
        for column, kind in columns.items()
    ]
    besides = Rule(
        "no_column_besides",
        "table",
        f"select 1 from {COLUMNS_FOUND} where table_name = '{table}' and column_name not in ({names})",
        promise,
    )
    return [*exact, besides]


def no_row_where(table: str, column: str, name: str, condition: str, promise: str) -> Rule:
    """No row of the table fulfils the condition."""
    return Rule(name, column, f"select 1 from {table} where {condition}", promise)


def not_null(table: str, columns: Sequence[str], promise: str) -> list[Rule]:
    """No null in any of the columns."""
    return [no_row_where(table, column, "is_not_null", f"{column} is null", promise) for column in columns]


def not_negative(table: str, columns: Sequence[str], promise: str) -> list[Rule]:
    """No number below zero, and none missing."""
    return [
        no_row_where(table, column, "is_not_negative", f"{column} is null or {column} < 0", promise)
        for column in columns
    ]


def unique(table: str, columns: Sequence[str], promise: str) -> Rule:
    """No two rows with the same key; nulls are equal here."""
    key = ", ".join(columns)
    name = "is_unique" if len(columns) == 1 else "key_is_unique"
    column = columns[0] if len(columns) == 1 else "table"
    return Rule(name, column, f"select 1 from {table} group by {key} having count(*) > 1", promise)


def no_identity(table: str, columns: Sequence[str], kinds: Sequence[str], promise: str) -> list[Rule]:
    """No text that holds something that looks like one of the kinds of `IDENTITY_PATTERNS`."""
    return [
        no_row_where(
            table, column, f"holds_no_{kind}", f"regexp_matches({column}, '{IDENTITY_PATTERNS[kind]}')", promise
        )
        for column in columns
        for kind in kinds
    ]
