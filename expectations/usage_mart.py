"""Suite: `usage_by_region_age_week`, the app's core mart."""

from expectations.column_rules import not_negative, unique
from expectations.mart_rules import (
    AGE_COLUMNS,
    REGION_COLUMNS,
    age_rules,
    cell_size,
    described_columns,
    region_rules,
    sessions_carry_users,
    week_rules,
)
from expectations.rule import Rule, Suite

TABLE = "usage_by_region_age_week"
COLUMNS = {
    "week_start": "DATE",
    **REGION_COLUMNS,
    **AGE_COLUMNS,
    "users": "BIGINT",
    "sessions": "BIGINT",
    "minutes": "BIGINT",
}


def usage_mart(k: int) -> Suite:
    """The rules of the core mart; k is the policy's, for weeks whose own is unknown."""
    return Suite(
        TABLE,
        TABLE,
        "app usage by home region and age: every person-week in exactly one row",
        (
            *described_columns(TABLE, COLUMNS),
            *week_rules(TABLE, "'app'"),
            unique(TABLE, ["week_start", "region_code", "age_group"], "One row a week and cell."),
            *region_rules(TABLE),
            *age_rules(TABLE),
            cell_size(TABLE, "app", k),
            *not_negative(TABLE, ["sessions", "minutes"], "Counts and times are not negative."),
            *sessions_carry_users(TABLE),
            _no_overlap(),
        ),
    )


def _no_overlap() -> Rule:
    """For each leaf region of a week, sorted by first age: no interval begins before the one before it has ended."""
    open_end = 1000
    ages = f"age_from, coalesce(age_to, {open_end}) as age_end"
    leaves = f"select week_start, unnest(region_members) as leaf, {ages} from {TABLE}"
    before = (
        "max(age_end) over (partition by week_start, leaf order by age_from, age_end"
        " rows between unbounded preceding and 1 preceding)"
    )
    return Rule(
        "has_disjoint_cells",
        "table",
        f"select 1 from (select age_from, {before} as ended from ({leaves})) where age_from <= ended",
        "Every person-week is in exactly one core cell (promise 3): no two cells of a week overlap.",
    )
