"""Suites: a quarter's release, `data` (one row a cell) and `weeks` (the same cells week by week)."""

from collections.abc import Mapping

from catalogue.catalogue import DIVIDED
from expectations.rules.column_rules import no_row_where, not_negative, not_null, unique
from expectations.rules.mart_rules import (
    AGE_COLUMNS,
    REGION_COLUMNS,
    age_rules,
    described_columns,
    disjoint_cells,
    region_rules,
    week_rules,
)
from expectations.rules.rule import Rule, Suite
from expectations.suites.usage_mart import TABLE as CORE

QUARTER = "usage_by_region_age_quarter"
WEEKS = "usage_by_region_age_quarter_weeks"
#: `quarter`, `week_start`: the weeks that each quarter's release says it holds.
WEEKS_HELD = "weeks_held"

_COVERED: Mapping[str, str] = {**REGION_COLUMNS, **AGE_COLUMNS}
_SUMS: Mapping[str, str] = {"person_weeks": "BIGINT", "sessions": "BIGINT", "minutes": "BIGINT"}
QUARTER_COLUMNS = {"quarter": "VARCHAR", **_COVERED, "weeks": "INTEGER", **_SUMS}
WEEKS_COLUMNS = {"week_start": "DATE", **_COVERED, **_SUMS}

_LOST = "A quarter sums whole frozen cells of its weeks: all of them, and no others."


def quarter_release(k: int) -> Suite:
    """The rules of a quarter's cells."""
    return Suite(
        QUARTER,
        QUARTER,
        "app usage in a quarter by home region and age: sums of whole frozen cells",
        (
            *described_columns(QUARTER, QUARTER_COLUMNS),
            *not_null(QUARTER, ["quarter", "weeks"], "Every row is about one quarter, and says of how many weeks."),
            unique(QUARTER, ["quarter", "region_code", "age_group"], "One row a quarter and cell."),
            *_rules(QUARTER, "quarter", k),
            Rule(
                "are_the_weeks_that_it_holds",
                "weeks",
                f"select 1 from {QUARTER} where weeks is distinct from"
                f" (select count(*) from {WEEKS_HELD} held where held.quarter = {QUARTER}.quarter)",
                "The number of weeks is that of the frozen weeks that were summed.",
            ),
            *(_adds_up(QUARTER, name, source) for name, source in _SOURCES.items()),
        ),
    )


def quarter_weeks_release(k: int) -> Suite:
    """The rules of the same cells week by week."""
    cells = "list_sort(region_members), age_from, age_to"
    return Suite(
        WEEKS,
        WEEKS,
        "app usage by week within a quarter, in the quarter's cells",
        (
            *described_columns(WEEKS, WEEKS_COLUMNS),
            *week_rules(WEEKS, f"'{DIVIDED.source}'"),
            unique(WEEKS, ["week_start", "region_code", "age_group"], "One row a week and cell."),
            *_rules(WEEKS, "week_start", k),
            *(_adds_up_in_a_week(name, source) for name, source in _SOURCES.items()),
            Rule(
                "are_the_quarters_cells",
                "region_members",
                f"select 1 from (select {cells} from {WEEKS} except select {cells} from {QUARTER})",
                "Every week is told in the same cells, so that weeks can be compared.",
            ),
        ),
    )


_SOURCES = {"person_weeks": "users", "sessions": "sessions", "minutes": "minutes"}


def _rules(table: str, period: str, k: int) -> list[Rule]:
    return [
        *region_rules(table),
        *age_rules(table),
        no_row_where(
            table,
            "person_weeks",
            "is_at_least_k",
            f"person_weeks is null or person_weeks < {k}",
            "Each cell covers at least k person-weeks (promise 1).",
        ),
        *not_negative(table, ["sessions", "minutes"], "Counts and times are not negative."),
        no_row_where(
            table,
            "sessions",
            "is_at_least_person_weeks",
            "sessions < person_weeks",
            "Whoever is counted in a week has at least one session in it.",
        ),
        disjoint_cells(table, period),
    ]


def _adds_up(table: str, name: str, source: str) -> Rule:
    core = (
        f"select held.quarter, sum(core.{source}) as total from {CORE} core join {WEEKS_HELD} held using (week_start)"
        " group by held.quarter"
    )
    told = f"select quarter, sum({name}) as total from {table} group by quarter"
    return Rule(
        "adds_up_to_the_core",
        name,
        f"select 1 from ({told}) told full join ({core}) core using (quarter)"
        " where told.total is distinct from core.total",
        _LOST,
    )


def _adds_up_in_a_week(name: str, source: str) -> Rule:
    core = (
        f"select week_start, sum({source}) as total from {CORE}"
        f" where week_start in (select week_start from {WEEKS_HELD}) group by week_start"
    )
    told = f"select week_start, sum({name}) as total from {WEEKS} group by week_start"
    return Rule(
        "adds_up_to_the_core",
        name,
        f"select 1 from ({told}) told full join ({core}) core using (week_start)"
        " where told.total is distinct from core.total",
        _LOST,
    )
