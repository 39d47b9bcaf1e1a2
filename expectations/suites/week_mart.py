"""Suite: `usage_week`, the sessions of whole weeks of the app."""

from catalogue.catalogue import MART
from expectations.rules.column_rules import no_row_where, unique
from expectations.rules.mart_rules import (
    TOLD_IN_STEPS,
    above,
    cell_size,
    columns_of,
    described_columns,
    is_narrow,
    step_of,
    week_rules,
)
from expectations.rules.rule import Rule, Suite
from expectations.suites.usage_mart import TABLE as CORE

TABLE = "usage_week"
SOURCE = MART[TABLE].source


def week_mart(k: int) -> Suite:
    """The rules of whole weeks. Weeks that froze before there was this table have no row."""
    return Suite(
        TABLE,
        TABLE,
        "users and sessions of whole weeks",
        (
            *described_columns(TABLE, columns_of(TABLE)),
            *week_rules(TABLE, f"'{SOURCE}'"),
            unique(TABLE, MART[TABLE].key, "One row a week."),
            cell_size(TABLE, SOURCE, k),
            no_row_where(
                TABLE,
                "sessions_least",
                "is_between_users_and_most",
                "(users <= sessions_least and sessions_least <= sessions_most) is not true",
                "Whoever is counted had a session.",
            ),
            Rule(
                "are_those_of_the_core_cells",
                "users",
                f"select 1 from {TABLE} left join ({_OF_CELLS}) using (week_start)"
                f" where {TABLE}.users is distinct from of_cells",
                "A week's users are those of its core cells (promise 3).",
            ),
            _sessions_in_a_step(),
        ),
    )


_WIDTH = step_of(CORE, SOURCE)
#: What the core cells of a week leave open, added up.
_OF_CELLS = (
    f"select week_start, sum(users) as of_cells, sum(sessions - {above(_WIDTH)}) as least,"
    f" sum(sessions - {above(_WIDTH)} + {_WIDTH} - 1) as most from {CORE} group by week_start"
)


def _sessions_in_a_step() -> Rule:
    """One step above the users, within what the cells leave open; or what they leave open."""
    step = step_of(TABLE, SOURCE)
    in_step = (
        f"(sessions_least - {TABLE}.users) % {step} = 0 and sessions_most = sessions_least + {step} - 1"
        " and sessions_most >= least and sessions_least <= most"
    )
    return Rule(
        "are_told_in_a_step",
        "sessions_least",
        f"select 1 from {TABLE} left join ({_OF_CELLS}) using (week_start) where {is_narrow(TABLE, SOURCE)}"
        f" or (({in_step}) or (sessions_least = least and sessions_most = most)) is not true",
        TOLD_IN_STEPS,
    )
