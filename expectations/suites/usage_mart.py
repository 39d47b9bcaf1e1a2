"""Suite: `usage_by_region_age_week`, the app's core mart."""

from catalogue.catalogue import MART
from expectations.rules.column_rules import not_negative, unique
from expectations.rules.mart_rules import (
    age_rules,
    cell_size,
    columns_of,
    described_columns,
    disjoint_cells,
    region_rules,
    sessions_carry_users,
    step_of,
    told_in_steps,
    week_rules,
)
from expectations.rules.rule import Suite

TABLE = "usage_by_region_age_week"
SOURCE = MART[TABLE].source


def usage_mart(k: int) -> Suite:
    """The rules of the core mart; k is the policy's, for weeks whose own is unknown."""
    return Suite(
        TABLE,
        TABLE,
        "app usage by home region and age: every person-week in exactly one row",
        (
            *described_columns(TABLE, columns_of(TABLE)),
            *week_rules(TABLE, f"'{SOURCE}'"),
            unique(TABLE, MART[TABLE].key, "One row a week and cell."),
            *region_rules(TABLE),
            *age_rules(TABLE),
            cell_size(TABLE, SOURCE, k),
            *not_negative(TABLE, ["sessions", "minutes"], "Counts and times are not negative."),
            *sessions_carry_users(TABLE, f"(sessions + {step_of(TABLE, SOURCE)} // 2)"),
            told_in_steps(TABLE, "sessions", SOURCE, "users"),
            disjoint_cells(TABLE, "week_start"),
        ),
    )
