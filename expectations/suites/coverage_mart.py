"""Suite: `coverage_week`, how much of what was delivered consent let in."""

from catalogue.catalogue import MART, SOURCES
from expectations.rules.column_rules import no_row_where, unique
from expectations.rules.mart_rules import columns_of, described_columns, week_rules
from expectations.rules.rule import Suite

TABLE = "coverage_week"


def coverage_mart() -> Suite:
    """The rules of coverage. The percentage may be null: too few persons were dropped or passed to tell it."""
    return Suite(
        TABLE,
        TABLE,
        "the share of sessions that passed the gate, by week and source",
        (
            *described_columns(TABLE, columns_of(TABLE)),
            *week_rules(TABLE, "source"),
            unique(TABLE, MART[TABLE].key, "One row a week and source."),
            no_row_where(
                TABLE,
                "source",
                "is_a_known_source",
                f"source is null or source not in {SOURCES}",
                "A source is named as in every report.",
            ),
            no_row_where(
                TABLE,
                "passed_percent",
                "is_a_percentage",
                "passed_percent not between 0 and 100",
                "A share is between none and all.",
            ),
        ),
    )
