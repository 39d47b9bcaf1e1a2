"""Suites: the dimensions of the marts."""

from expectations.rules.column_rules import no_row_where, not_null, unique
from expectations.rules.known_codes import KNOWN_REGIONS
from expectations.rules.mart_rules import age_rules, columns_of, described_columns
from expectations.rules.rule import Rule, Suite

REGION = "dim_region"
AGE_GROUP = "dim_age_group"
WEEK = "dim_week"


def dim_region() -> Suite:
    """The rules of the region hierarchy: it is the policy's, whole, whoever was there."""
    return Suite(
        REGION,
        REGION,
        "the region hierarchy",
        (
            *described_columns(REGION, columns_of(REGION)),
            unique(REGION, ["region_code"], "One row a region."),
            *not_null(REGION, ["region_name", "region_level"], "Every region has a name and a level."),
            Rule(
                "is_the_whole_hierarchy",
                "table",
                f"select 1 from {REGION} full join {KNOWN_REGIONS} using (region_code, region_level)"
                f" where {REGION}.region_name is null or {KNOWN_REGIONS}.leaf_codes is null",
                "The hierarchy is shown whole: a list of regions observed would tell who was there.",
            ),
            Rule(
                "is_a_region",
                "parent_code",
                f"select 1 from {REGION} where parent_code not in (select region_code from {REGION})",
                "Regions roll up: subdivision, country, sub-region, world.",
            ),
        ),
    )


def dim_age_group() -> Suite:
    """The rules of age groups."""
    return Suite(
        AGE_GROUP,
        AGE_GROUP,
        "the policy's age bands and their merged groups",
        (
            *described_columns(AGE_GROUP, columns_of(AGE_GROUP)),
            unique(AGE_GROUP, ["age_group"], "One row an age group."),
            *age_rules(AGE_GROUP),
        ),
    )


def dim_week() -> Suite:
    """The rules of weeks: Mondays that some core mart shows, and no withheld ones."""
    shown = " union ".join(
        f"select week_start from {mart}"
        for mart in ("usage_by_region_age_week", "ga4_engagement_week", "ga4_audience_week")
    )
    return Suite(
        WEEK,
        WEEK,
        "the weeks that have published cells",
        (
            *described_columns(WEEK, columns_of(WEEK)),
            unique(WEEK, ["week_start"], "One row a week."),
            no_row_where(
                WEEK,
                "week_start",
                "is_a_monday",
                "(isodow(week_start) = 1) is not true",
                "A week is named by its Monday.",
            ),
            no_row_where(
                WEEK,
                "week_end",
                "is_the_sunday",
                "week_end is distinct from cast(week_start + interval 6 day as date)",
                "A week ends on its Sunday.",
            ),
            Rule(
                "is_a_week_with_cells",
                "week_start",
                f"select 1 from {WEEK} where week_start not in ({shown})",
                "A withheld week has no row anywhere (promise 4).",
            ),
        ),
    )
