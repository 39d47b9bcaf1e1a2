"""Suite: `ga4_engaged_sessions_week`, engaged sessions over unions of the GA4 mart's cells."""

from catalogue.catalogue import MART
from expectations.rules.column_rules import no_row_where, not_negative, unique
from expectations.rules.mart_rules import (
    TOLD_IN_STEPS,
    above,
    cell_size,
    columns_of,
    described_columns,
    is_narrow,
    region_rules,
    step_of,
    week_rules,
)
from expectations.rules.rule import Rule, Suite
from expectations.rules.side_rules import UNION, regions_are_unions_of_core_cells, units_by_region
from expectations.suites.ga4_mart import TABLE as CORE

TABLE = "ga4_engaged_sessions_week"
SOURCE = MART[TABLE].source


def engaged_mart(k: int) -> Suite:
    """The rules of engaged sessions. A week may have no row at all."""
    return Suite(
        TABLE,
        TABLE,
        "sessions that GA4 calls engaged, within unions by region of whole cells",
        (
            *described_columns(TABLE, columns_of(TABLE)),
            *week_rules(TABLE, f"'{SOURCE}'"),
            unique(TABLE, MART[TABLE].key, "One row a week and region."),
            *region_rules(TABLE),
            cell_size(TABLE, SOURCE, k),
            *not_negative(TABLE, ["cells", "users", "sessions", "engaged_sessions"], "Counts are not negative."),
            no_row_where(
                TABLE,
                "engaged_sessions",
                "is_at_most_sessions",
                "engaged_sessions > sessions",
                "Engaged sessions are among the sessions.",
            ),
            _engaged_in_steps(),
            *regions_are_unions_of_core_cells(TABLE, CORE),
            *(_is_its_cells(name, of_cells) for name, of_cells in _OF_CELLS.items()),
        ),
    )


#: What a row tells of its cells, and what these tell themselves.
_OF_CELLS = {"cells": "count(*)", "users": "sum(users)", "sessions": "sum(sessions)"}


def _engaged_in_steps() -> Rule:
    """In steps below those that the cells tell of sessions, or as those sessions."""
    step = step_of(TABLE, SOURCE)
    steps = f"engaged_sessions - {above(step)}"
    below = f"({steps}) % {step} = 0 and {steps} >= 0 and {steps} < sessions - cells * {above(step)}"
    return no_row_where(
        TABLE,
        "engaged_sessions",
        "is_told_in_steps",
        f"({is_narrow(TABLE, SOURCE)} or not (engaged_sessions = sessions or ({below}))) is not false",
        TOLD_IN_STEPS,
    )


def _is_its_cells(name: str, of_cells: str) -> Rule:
    core = f"select week_start, region_members[1] as leaf, users, sessions from {CORE}"
    sums = (
        f"select week_start, unit, {of_cells} as told from ({core}) join ({units_by_region(TABLE)})"
        " using (week_start, leaf) group by week_start, unit"
    )
    return Rule(
        "is_that_of_its_core_cells",
        name,
        f"select 1 from {TABLE} side left join ({sums}) core on core.week_start = side.week_start"
        f" and core.unit = side.region_code where side.{name} is distinct from told",
        UNION,
    )
