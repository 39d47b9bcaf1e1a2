"""Suite: `usage_by_hour_week`, a side mart."""

from expectations.rules.column_rules import no_row_where, not_negative, unique
from expectations.rules.mart_rules import (
    REGION_COLUMNS,
    cell_size,
    described_columns,
    region_rules,
    same_members_one_code,
    sessions_carry_users,
    week_rules,
)
from expectations.rules.rule import Rule, Suite
from expectations.rules.side_rules import (
    most_sessions,
    parts_told_in_steps,
    regions_are_unions_of_core_cells,
    regions_hold_the_sessions_of_their_cells,
    side_sums_are_the_cores,
)
from expectations.suites.usage_mart import TABLE as CORE

TABLE = "usage_by_hour_week"
COLUMNS = {
    "week_start": "DATE",
    **REGION_COLUMNS,
    "day_type": "VARCHAR",
    "hour_from": "INTEGER",
    "hour_to": "INTEGER",
    "users": "BIGINT",
    "sessions": "BIGINT",
    "minutes": "BIGINT",
}


def hour_mart(k: int) -> Suite:
    """The rules of usage by hour; k is the policy's, for weeks whose own is unknown."""
    return Suite(
        TABLE,
        TABLE,
        "app usage by the local hour of a session's start, within unions of core regions",
        (
            *described_columns(TABLE, COLUMNS),
            *week_rules(TABLE, "'app'"),
            unique(TABLE, ["week_start", "region_code", "day_type", "hour_from"], "One row a week, region and span."),
            *region_rules(TABLE),
            same_members_one_code(TABLE, ("region_code", "region_members")),
            no_row_where(
                TABLE,
                "day_type",
                "is_a_known_type",
                "day_type is null or day_type not in ('weekday', 'weekend', 'all')",
                "Days are weekdays, weekends, or not told apart.",
            ),
            no_row_where(
                TABLE,
                "hour_from",
                "begins_a_span_of_a_day",
                "(0 <= hour_from and hour_from <= hour_to and hour_to <= 23) is not true",
                "Hours are local hours, from 0 to 23, both ends included.",
            ),
            _no_overlap(),
            cell_size(TABLE, "app", k),
            *not_negative(TABLE, ["sessions", "minutes"], "Counts and times are not negative."),
            *sessions_carry_users(TABLE, most_sessions(TABLE)),
            parts_told_in_steps(TABLE, ("region_code",)),
            *side_sums_are_the_cores(TABLE),
            *regions_are_unions_of_core_cells(TABLE, CORE),
            *regions_hold_the_sessions_of_their_cells(TABLE),
        ),
    )


def _no_overlap() -> Rule:
    pairs = (
        f"{TABLE} one join {TABLE} other on one.week_start = other.week_start and one.region_code = other.region_code"
        " and (one.day_type, one.hour_from) < (other.day_type, other.hour_from)"
        " and (one.day_type = other.day_type or one.day_type = 'all' or other.day_type = 'all')"
        " and one.hour_from <= other.hour_to and other.hour_from <= one.hour_to"
    )
    return Rule(
        "has_disjoint_spans", "table", f"select 1 from {pairs}", "A session is in one row of its region, not in two."
    )
