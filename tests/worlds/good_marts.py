"""Marts as they should be, small and made by hand, for tests to break one thing at a time."""

from datetime import date

import duckdb
import pyarrow as pa

from home.layout import Home
from home.weeks.week_states import WeekCommit, commit_week
from policy.region_table import regions

WEEK = date(2026, 9, 28)


def leaves_of(country: str) -> list[str]:
    """The leaves of a country, read off the region table's own lines."""
    return sorted(code for code, region in regions().items() if region.parent == country)


CORE = "usage_by_region_age_week"
HOURS = "usage_by_hour_week"
LENGTHS = "session_length_by_age_week"
GA4 = "ga4_engagement_week"
ENGAGED = "ga4_engaged_sessions_week"
FREQUENCY = "usage_by_frequency_week"
PLATFORM = "usage_by_platform_week"
QUALITY = "anonymisation_quality_week"
AUDIENCE = "ga4_audience_week"
RECONCILIATION = "ga4_reconciliation_week"
REGION = "region_code text, region_name text, region_level text, region_members text[]"
AGE = "age_group text, age_from integer, age_to integer"
COUNTS = "users bigint, sessions bigint, minutes bigint"

TABLES = {
    CORE: f"week_start date, {REGION}, {AGE}, {COUNTS}",
    HOURS: f"week_start date, {REGION}, day_type text, hour_from integer, hour_to integer, {COUNTS}",
    LENGTHS: f"week_start date, {AGE}, minutes_from integer, minutes_to integer, {COUNTS}",
    FREQUENCY: f"week_start date, {REGION}, sessions_from integer, sessions_to integer, users bigint, minutes bigint",
    PLATFORM: f"week_start date, {AGE}, platform text, users bigint, minutes bigint",
    GA4: f"week_start date, {REGION}, device_category text, users bigint, sessions bigint, views bigint,"
    " minutes bigint",
    ENGAGED: f"week_start date, {REGION}, cells integer, users bigint, sessions bigint, engaged_sessions bigint",
    AUDIENCE: f"week_start date, {REGION}, age_bracket text, report text, rows integer, users_in_rows bigint,"
    " sessions bigint, engaged_sessions bigint, views bigint, minutes bigint, is_thresholded boolean,"
    " has_other_row boolean, is_sampled boolean, is_truncated boolean, is_restricted boolean,"
    " time_zone text, consent_basis text",
    "usage_week": "week_start date, users bigint, sessions_least bigint, sessions_most bigint",
    "coverage_week": "week_start date, source text, passed_percent integer",
    RECONCILIATION: "week_start date, compared text, part text, region_members text[], ga4_source text,"
    " app_users bigint, ga4_users bigint, ga4_rows integer, difference bigint, ratio double",
    QUALITY: "week_start date, source text, users bigint, cells bigint, k_reached bigint, gcp double,"
    " reference_version text, reference_cells_share double, reference_users_share double,"
    " frozen_edition integer, told_edition integer",
    "dim_region": "region_code text, region_name text, region_level text, parent_code text",
    "dim_age_group": f"{AGE}, is_leaf_band boolean",
    "dim_week": "week_start date, week_end date, iso_year integer, iso_week integer, quarter integer",
}


#: The sessions of CORE, HOURS and LENGTHS and the counts of GA4 and ENGAGED, row by row: as they were, and in steps of
#: ten. By hand: 12 users with 30 sessions came 18 times again, so that 10 are told of it, and 12 + 10 + 4; GA4's 8 are
#: 0 and 4. Of two cells with 8 and 45 sessions, 24 of them engaged, 4 + 44 and 24 are told; of one with 12 engaged
#: sessions of 12, both as 14.
EXACT = {
    CORE: [30, 40, 50], HOURS: [33, 37, 30, 20], LENGTHS: [60, 60],
    GA4: [(8, 40), (45, 90), (12, 13)], ENGAGED: [(53, 24), (12, 12)],
}  # fmt: skip
IN_TENS = {
    CORE: [26, 39, 54], HOURS: [34, 36, 29, 16], LENGTHS: [64, 64],
    GA4: [(4, 44), (44, 94), (14, 14)], ENGAGED: [(48, 24), (14, 14)],
}  # fmt: skip


def rows(counts: dict[str, list] = IN_TENS) -> dict[str, list[tuple]]:
    """Good marts: two core regions, one of them told by age; hours by region, lengths for all ages."""
    core, hours, lengths, ga4, engaged = (counts[table] for table in (CORE, HOURS, LENGTHS, GA4, ENGAGED))
    nl = ("NL", "Netherlands", "country", leaves_of("NL"))
    be = ("BE", "Belgium", "country", leaves_of("BE"))
    said = (True, False, False, False, False, "Europe/Amsterdam", "observed")
    # Leaves covered beyond one, by all beyond one: 4 of 8 age bands are 3 / 7, all of them 1; so are all devices.
    most = sum(region.level == "subdivision" for region in regions().values()) - 1
    nl_lost, be_lost = (len(nl[3]) - 1) / most, (len(be[3]) - 1) / most
    app_gcp = (12 * (nl_lost + 3 / 7) + 15 * (nl_lost + 3 / 7) + 20 * (be_lost + 1)) / (2 * 47)
    ga4_gcp = ((10 + 30) * nl_lost + 11 * (be_lost + 1)) / (2 * 51)
    return {
        CORE: [
            (WEEK, *nl, "0-34", 0, 34, 12, core[0], 100),
            (WEEK, *nl, "35+", 35, None, 15, core[1], 200),
            (WEEK, *be, "all", 0, None, 20, core[2], 300),
        ],
        HOURS: [
            (WEEK, *nl, "all", 0, 11, 20, hours[0], 150),
            (WEEK, *nl, "all", 12, 23, 22, hours[1], 149),
            (WEEK, *be, "weekday", 0, 23, 15, hours[2], 180),
            (WEEK, *be, "weekend", 0, 23, 12, hours[3], 121),
        ],
        LENGTHS: [
            (WEEK, "all", 0, None, 0, 4, 30, lengths[0], 100),
            (WEEK, "all", 0, None, 5, None, 40, lengths[1], 500),
        ],
        # 44 sessions at least of the 57 to 75 that NL's cells leave open, and as many of BE as there are.
        FREQUENCY: [
            (WEEK, *nl, 1, 1, 10, 41),
            (WEEK, *nl, 2, None, 17, 258),
            (WEEK, *be, 1, None, 20, 300),
        ],
        PLATFORM: [
            (WEEK, "all", 0, None, "android", 30, 401),
            (WEEK, "all", 0, None, "ios + web + other + unknown", 17, 199),
        ],
        GA4: [
            (WEEK, *nl, "desktop", 10, *ga4[0], 30),
            (WEEK, *nl, "mobile", 30, *ga4[1], 70),
            (WEEK, *be, "all", 11, *ga4[2], 14),
        ],
        ENGAGED: [(WEEK, *nl, 2, 40, *engaged[0]), (WEEK, *be, 1, 11, *engaged[1])],
        # Of reports 30 to 39 users are 10 + 20 + 4, and so on; two places without a code are together, of unknown age.
        AUDIENCE: [
            (WEEK, *nl, "18-24", "country_age", 1, 34, 44, 24, 104, 64, *said),
            (WEEK, *nl, "35-44", "country_age", 1, 24, 24, 14, 54, 34, *said),
            (
                WEEK,
                "NL-?",
                "Netherlands, subdivision unknown",
                "subdivision",
                ["NL-?"],
                "unknown",
                "region_age",
                2,
                14,
                14,
                4,
                24,
                4,
                True,
                True,
                *said[2:],
            ),
            (WEEK, *be, "all", "country", 1, 14, 14, 14, 24, 14, *said),
        ],
        # Belgium's cell has all ages, so that ages are told together: 34 + 24 beside 12 + 15 + 20.
        RECONCILIATION: [
            (WEEK, "age", "all", None, "ga4_reports", 47, 58, 2, 11, 1.234),
            (WEEK, "region", "BE", be[3], "ga4_export", 20, 11, 1, -9, 0.55),
            (WEEK, "region", "NL", nl[3], "ga4_export", 27, 40, 2, 13, 1.481),
        ],
        # 47 users and 120 sessions: 70 to 79 more than users.
        "usage_week": [(WEEK, 47, 117, 126)],
        "coverage_week": [(WEEK, "app", 81), (WEEK, "ga4_export", None)],
        QUALITY: [
            (WEEK, "app", 47, 3, 12, app_gcp, "2026-09-01", 0.5, 0.4, 2, 2),
            (WEEK, "ga4_export", 51, 3, 10, ga4_gcp, *[None] * 3, 2, 2),
        ],
        "dim_region": [(r.code, r.name, r.level, r.parent) for r in regions().values()],
        "dim_age_group": [("0-34", 0, 34, False), ("35+", 35, None, False), ("all", 0, None, False)],
        "dim_week": [(WEEK, date(2026, 10, 4), 2026, 40, 4)],
    }


def make_good_marts(home: Home, counts: dict[str, list] = IN_TENS, step: int = 10) -> None:
    """Makes a home with the marts and with the commits of the week that they show."""
    home.make()
    for source in ("app", "ga4_export"):
        commit_week(home, WeekCommit(WEEK, source, "frozen", "", 10, 10, count_step=step))
    commit_week(home, WeekCommit(WEEK, "ga4_reports", "frozen", "", 10, 10, count_step=10))
    with duckdb.connect(str(home.marts)) as con:
        for table, values in rows(counts).items():
            con.execute(f"create table {table} ({TABLES[table]})")
            names = [column.split()[0] for column in TABLES[table].split(",")]
            given = pa.table([list(column) for column in zip(*values, strict=True)], names=names)
            con.register("given", given)
            con.execute(f"insert into {table} select * from given")
            con.execute(f"comment on table {table} is 'What it is. Unit, one row a thing.'")
            for name in names:
                con.execute(f"comment on column {table}.{name} is 'What it says. Unit, things.'")
