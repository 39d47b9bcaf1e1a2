"""Rules that every source's records share at the door in."""

from expectations.rules.column_rules import columns_are, no_identity, no_row_where
from expectations.rules.known_codes import KNOWN_LEAVES
from expectations.rules.rule import Rule

#: The column in which DuckDB names the Parquet file of a row.
FILE_NAME = "filename"

LEAF = "Regions and ages are leaves of the policy's hierarchies, so that every person-week has one cell."


def record_columns_are(table: str, columns: dict[str, str]) -> list[Rule]:
    """The columns of the record store, no more and no less."""
    return columns_are(table, columns, "A column that nobody decided on is not stored: identity could ride in on it.")


def region_is_a_leaf(table: str) -> Rule:
    """Region codes are leaves that the region table lists."""
    condition = f"region_code not in (select region_code from {KNOWN_LEAVES})"
    return no_row_where(table, "region_code", "is_a_known_leaf", condition, LEAF)


def one_week_a_file(table: str, instant: str, timezone: str) -> Rule:
    """All rows of a file start in one ISO week of `timezone`.

    Files are by week because each week has a key of its own, and destroying it must reach the week's rows, all of them.
    """
    week = f"date_trunc('week', timezone('{timezone}', {instant}))"
    return Rule(
        "is_in_one_week_a_file",
        instant,
        f"select {FILE_NAME} from {table} group by {FILE_NAME} having count(distinct {week}) > 1",
        "Pseudonyms are of one week's key: rows in another week's file would outlive their key.",
    )


def no_address(table: str, columns: list[str]) -> list[Rule]:
    """No text holds what looks like an e-mail address or an IP address."""
    return no_identity(
        table,
        columns,
        ("e_mail_address", "ip_address"),
        "No name, e-mail address or IP address is stored, in any column (contract, section 4).",
    )
