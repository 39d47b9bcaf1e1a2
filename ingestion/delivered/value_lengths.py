"""No value of a delivered record is longer than the policy's limit: one look over what was read, in any format."""

from collections.abc import Sequence

import duckdb

from home.sql import Sql, identifier, joined
from policy.limits_policy import LimitsPolicy
from refusals.errors import InputRefused


def check_value_lengths(
    con: duckdb.DuckDBPyConnection, records: Sql, columns: Sequence[str], limits: LimitsPolicy
) -> None:
    """Looks at the text `columns` of the relation `records`, which also has `file`; costs one pass.

    Raises:
        InputRefused: a value is too long; file and column are named.
    """
    longest = joined(Sql(f"max(strlen({identifier(column)}))") for column in columns)
    at_all = con.execute(f"select {longest} from {records}").fetchone() or ()
    too_long = [name for name, length in zip(columns, at_all, strict=True) if length and length > limits.value_bytes]
    if not too_long:
        return
    column = too_long[0]
    found = con.execute(
        f"select file from {records} where strlen({identifier(column)}) > ? order by file limit 1", [limits.value_bytes]
    ).fetchone()
    raise InputRefused(value_too_long(found[0] if found else "a file", column, limits))


def value_too_long(name: str, column: str, limits: LimitsPolicy) -> str:
    """The refusal of a file for one value, with the setting that bounds it."""
    return (
        f"{name}: column {column} has a value over {limits.value_kibibytes} KiB: deliver it without, or raise"
        " value_kibibytes in the policy's limits.toml"
    )
