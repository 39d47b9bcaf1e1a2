"""Suite: `ga4_audience_week`, rows of GA4's reports that are told by themselves."""

from catalogue.catalogue import MART
from expectations.rules.column_rules import no_row_where, not_negative, not_null, unique
from expectations.rules.mart_rules import (
    cell_size,
    columns_of,
    described_columns,
    k_of,
    region_rules,
    told_in_steps,
    week_rules,
)
from expectations.rules.rule import Rule, Suite

TABLE = "ga4_audience_week"
SOURCE = "ga4_reports"
COUNTS = ("sessions", "engaged_sessions", "views", "minutes")
#: By report: the level of its regions (`??` is a country of its own in both), and whether it has ages.
_SHAPES = {
    "region_age": ("subdivision", True),
    "country_age": ("country", True),
    "region": ("subdivision", False),
    "country": ("country", False),
    "age": ("world", True),
    "all": ("world", False),
}
_FACTS = ("is_thresholded", "has_other_row", "is_sampled", "is_truncated", "is_restricted")


def audience_mart(k: int) -> Suite:
    """The rules of the audience mart. Promises 2 and 3 are not claimed of it: nobody can look into Google's counts."""
    return Suite(
        TABLE,
        TABLE,
        "what GA4's Data API reports, by region and age bracket: no row of fewer than k users, none within another",
        (
            *described_columns(TABLE, columns_of(TABLE)),
            *week_rules(TABLE, f"'{SOURCE}'"),
            unique(TABLE, MART[TABLE].key, "One row a week, region and age bracket."),
            *region_rules(TABLE),
            cell_size(TABLE, SOURCE, k, "users_in_rows"),
            told_in_steps(TABLE, "users_in_rows", SOURCE, floor=k_of(TABLE, SOURCE, k)),
            *not_negative(TABLE, COUNTS, "Counts are not negative."),
            *(told_in_steps(TABLE, name, SOURCE) for name in COUNTS),
            no_row_where(
                TABLE,
                "engaged_sessions",
                "is_at_most_sessions",
                "engaged_sessions > sessions",
                "Engaged sessions are among the sessions.",
            ),
            no_row_where(
                TABLE, "rows", "is_of_a_row", "(rows >= 1) is not true", "A row tells of rows that were read."
            ),
            _fits_its_report(),
            _no_overlap(),
            *not_null(TABLE, [*_FACTS, "time_zone"], "Each row says what Google says of its report."),
            no_row_where(
                TABLE,
                "report",
                "is_of_a_complete_report",
                "is_sampled or is_truncated or is_restricted",
                "A sampled, truncated or restricted week does not freeze.",
            ),
            no_row_where(
                TABLE,
                "consent_basis",
                "is_one_that_holds",
                "consent_basis is null or consent_basis not in ('basic', 'observed')",
                "Reports in which people who refused are modelled are never read.",
            ),
        ),
    )


def _fits_its_report() -> Rule:
    fits = " or ".join(
        f"(report = '{report}' and (region_level = '{level}' or region_code = '??') and"
        f" age_bracket {'in' if has_ages else 'not in'} ({_BRACKETS}))"
        for report, (level, has_ages) in _SHAPES.items()
    )
    return no_row_where(
        TABLE, "report", "has_its_regions_and_ages", f"({fits}) is not true", "A row is one that its report can have."
    )


_BRACKETS = ", ".join(f"'{one}'" for one in ("18-24", "25-34", "35-44", "45-54", "55-64", "65+", "unknown"))


def _no_overlap() -> Rule:
    leaves = f"select week_start, unnest(region_members) as leaf, age_bracket from {TABLE}"
    return Rule(
        "has_disjoint_cells",
        "table",
        f"select 1 from ({leaves}) group by week_start, leaf"
        " having count(*) > count(distinct age_bracket) or (count(*) > 1 and bool_or(age_bracket = 'all'))",
        "No row is within another, or crosses it: a difference of two would tell of fewer than k.",
    )
