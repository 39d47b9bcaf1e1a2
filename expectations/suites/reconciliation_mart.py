"""Suite: `ga4_reconciliation_week`, the app's users beside Google's, from published rows alone."""

from catalogue.catalogue import MART
from expectations.rules.column_rules import no_row_where, unique
from expectations.rules.mart_rules import columns_of, described_columns, week_rules
from expectations.rules.rule import Rule, Suite
from expectations.suites.audience_mart import TABLE as AUDIENCE
from expectations.suites.ga4_mart import TABLE as ENGAGEMENT
from expectations.suites.usage_mart import TABLE as USAGE

TABLE = "ga4_reconciliation_week"
_PUBLISHED = "It is made of published rows alone, each whole: nothing more can be concluded from it than from these."


def reconciliation_mart() -> Suite:
    """The rules of the comparison: sums of whole published rows, recounted here by another way."""
    return Suite(
        TABLE,
        TABLE,
        "the app's users beside Google's, from published rows of the other marts",
        (
            *described_columns(TABLE, columns_of(TABLE)),
            *week_rules(TABLE, "'app'"),
            no_row_where(
                TABLE,
                "ga4_source",
                "is_that_of_what_is_compared",
                "coalesce(case compared when 'age' then 'ga4_reports' when 'region' then 'ga4_export' end, '')"
                " is distinct from ga4_source",
                "Ages are in reports alone; regions are compared with the export.",
            ),
            unique(TABLE, MART[TABLE].key, "One row a week and part."),
            no_row_where(
                TABLE,
                "difference",
                "is_that_of_its_users",
                "difference is distinct from ga4_users - app_users",
                "The difference is that of the two figures beside it.",
            ),
            no_row_where(
                TABLE,
                "ratio",
                "is_that_of_its_users",
                "coalesce(abs(ratio - ga4_users / app_users) > 0.00051, true)",
                "The ratio is that of the two figures beside it.",
            ),
            _adds_up("app_users", _ages_of_app() + " union all " + _regions_of(USAGE)),
            _adds_up("ga4_users", _ages_of_reports("sum(users_in_rows)") + " union all " + _regions_of(ENGAGEMENT)),
            _adds_up("ga4_rows", _ages_of_reports("count(*)") + " union all " + _regions_of(ENGAGEMENT, "count(*)")),
            _is_crossed_by_no_age(),
            _is_crossed_by_no_region(),
        ),
    )


#: First and last year of a part, of rows about ages.
_FIRST = "case when part = 'all' then 0 else cast(regexp_extract(part, '^[0-9]+') as integer) end"
_LAST = "case when part = 'all' or part like '%+' then 999 else cast(regexp_extract(part, '[0-9]+$') as integer) end"
_AGES = f"(select week_start, part, {_FIRST} as first, {_LAST} as last from {TABLE} where compared = 'age')"
_LEAVES = f"(select week_start, part, unnest(region_members) as leaf from {TABLE} where compared = 'region')"


def _ages_of_app() -> str:
    return (
        f"select p.week_start, 'age' as compared, part, sum(users) as told from {_AGES} p join {USAGE} c"
        " on c.week_start = p.week_start and c.age_from between first and last group by all"
    )


def _ages_of_reports(told: str) -> str:
    first = "try_cast(left(age_bracket, 2) as integer)"
    return (
        f"select p.week_start, 'age' as compared, part, {told} as told from {_AGES} p join {AUDIENCE} c"
        f" on c.week_start = p.week_start and {first} between first and last group by all"
    )


def _regions_of(mart: str, told: str = "sum(users)") -> str:
    """A cell is where its first leaf is: that none is cut is a rule of its own."""
    cells = f"(select week_start, region_members[1] as leaf, users from {mart})"
    return (
        f"select week_start, 'region' as compared, part, {told} as told from {_LEAVES} join {cells}"
        " using (week_start, leaf) group by all"
    )


def _adds_up(column: str, recounted: str) -> Rule:
    return Rule(
        "is_of_published_rows",
        column,
        f"select 1 from {TABLE} left join ({recounted}) using (week_start, compared, part)"
        f" where {column} is distinct from told",
        _PUBLISHED,
    )


def _is_crossed_by_no_age() -> Rule:
    return Rule(
        "is_crossed_by_no_cell",
        "part",
        f"select 1 from {_AGES} p join {USAGE} c on c.week_start = p.week_start and c.age_from <= last"
        " and coalesce(c.age_to, 998) >= first where c.age_from < first or coalesce(c.age_to, 998) > last",
        _PUBLISHED,
    )


def _is_crossed_by_no_region() -> Rule:
    cells = " union all ".join(
        f"select week_start, '{mart}' as mart, hash(region_members) as cell, len(region_members) as covered,"
        f" unnest(region_members) as leaf from (select distinct week_start, region_members from {mart})"
        for mart in (USAGE, ENGAGEMENT)
    )
    return Rule(
        "is_crossed_by_no_cell",
        "region_members",
        f"select 1 from {_LEAVES} join ({cells}) using (week_start, leaf)"
        " group by week_start, mart, cell, covered, part having count(*) <> covered",
        _PUBLISHED,
    )
