"""Suite: `session_length_by_age_week`, a side mart."""

from expectations.rules.column_rules import no_row_where, not_negative, unique
from expectations.rules.mart_rules import (
    AGE_COLUMNS,
    age_rules,
    cell_size,
    described_columns,
    sessions_carry_users,
    step_of,
    week_rules,
)
from expectations.rules.rule import Rule, Suite
from expectations.rules.side_rules import (
    ages_are_unions_of_core_cells,
    most_sessions,
    parts_told_in_steps,
    side_sums_are_the_cores,
)

TABLE = "session_length_by_age_week"
COLUMNS = {
    "week_start": "DATE",
    **AGE_COLUMNS,
    "minutes_from": "INTEGER",
    "minutes_to": "INTEGER",
    "users": "BIGINT",
    "sessions": "BIGINT",
    "minutes": "BIGINT",
}


def length_mart(k: int) -> Suite:
    """The rules of session lengths; k is the policy's, for weeks whose own is unknown."""
    step = step_of(TABLE, "app")
    return Suite(
        TABLE,
        TABLE,
        "app sessions by their length, within unions of core age groups",
        (
            *described_columns(TABLE, COLUMNS),
            *week_rules(TABLE, "'app'"),
            unique(TABLE, ["week_start", "age_group", "minutes_from"], "One row a week, age group and span."),
            *age_rules(TABLE),
            no_row_where(
                TABLE,
                "minutes_from",
                "begins_a_known_band",
                "minutes_from is null or minutes_from not in (0, 1, 5, 15, 30, 60)",
                "Lengths are in bands of 0, 1, 5, 15, 30, 60 minutes and more.",
            ),
            no_row_where(
                TABLE,
                "minutes_to",
                "ends_a_known_band",
                "minutes_to < minutes_from or minutes_to not in (0, 4, 14, 29, 59)",
                "Lengths are in bands of 0, 1, 5, 15, 30, 60 minutes and more; the last is open.",
            ),
            no_row_where(
                TABLE,
                "minutes",
                "is_what_the_lengths_allow",
                f"2 * minutes + 1 < 2 * (sessions - ({step} - 1) // 2) * minutes_from"
                f" or 2 * minutes - 1 > 2 * (sessions + {step} // 2) * (minutes_to + 1)",
                "The minutes of sessions of 5 to 14 minutes lie between 5 and 15 times their number, but for rounding"
                " and the step in which it is told.",
            ),
            _no_overlap(),
            cell_size(TABLE, "app", k),
            *not_negative(TABLE, ["sessions", "minutes"], "Counts and times are not negative."),
            *sessions_carry_users(TABLE, most_sessions(TABLE)),
            parts_told_in_steps(TABLE, ("age_from", "age_to")),
            *side_sums_are_the_cores(TABLE),
            *ages_are_unions_of_core_cells(TABLE),
        ),
    )


def _no_overlap() -> Rule:
    open_end = 24 * 60
    pairs = (
        f"{TABLE} one join {TABLE} other on one.week_start = other.week_start and one.age_group = other.age_group"
        " and one.minutes_from < other.minutes_from"
        f" and other.minutes_from <= coalesce(one.minutes_to, {open_end})"
    )
    return Rule(
        "has_disjoint_spans", "table", f"select 1 from {pairs}", "A session is in one row of its age group, not in two."
    )
