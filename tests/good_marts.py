"""Marts as they should be, small and made by hand, for tests to break one thing at a time."""

from datetime import date

import duckdb
import pyarrow as pa

from home.layout import Home
from home.weeks import WeekCommit, commit_week
from policy.region_table import regions

WEEK = date(2026, 9, 28)


def leaves_of(country: str) -> list[str]:
    """The leaves of a country, read off the region table's own lines."""
    return sorted(code for code, region in regions().items() if region.parent == country)


CORE = "usage_by_region_age_week"
HOURS = "usage_by_hour_week"
LENGTHS = "session_length_by_age_week"
GA4 = "ga4_engagement_week"
QUALITY = "anonymisation_quality_week"
REGION = "region_code text, region_name text, region_level text, region_members text[]"
AGE = "age_group text, age_from integer, age_to integer"
COUNTS = "users bigint, sessions bigint, minutes bigint"

TABLES = {
    CORE: f"week_start date, {REGION}, {AGE}, {COUNTS}",
    HOURS: f"week_start date, {REGION}, day_type text, hour_from integer, hour_to integer, {COUNTS}",
    LENGTHS: f"week_start date, {AGE}, minutes_from integer, minutes_to integer, {COUNTS}",
    GA4: f"week_start date, {REGION}, device_category text, users bigint, sessions bigint, engaged_sessions bigint,"
    " views bigint, minutes bigint",
    "coverage_week": "week_start date, source text, passed_percent integer",
    QUALITY: "week_start date, source text, users bigint, cells bigint, k_reached bigint, gcp double,"
    " reference_version text, reference_cells_share double, reference_users_share double",
    "dim_region": "region_code text, region_name text, region_level text, parent_code text",
    "dim_age_group": f"{AGE}, is_leaf_band boolean",
    "dim_week": "week_start date, week_end date, iso_year integer, iso_week integer, quarter integer",
}


def rows() -> dict[str, list[tuple]]:
    """Good marts: two core regions, one of them told by age; hours by region, lengths for all ages."""
    nl = ("NL", "Netherlands", "country", leaves_of("NL"))
    be = ("BE", "Belgium", "country", leaves_of("BE"))
    # Leaves covered beyond one, by all beyond one: 4 of 8 age bands are 3 / 7, all of them 1; so are all devices.
    most = sum(region.level == "subdivision" for region in regions().values()) - 1
    nl_lost, be_lost = (len(nl[3]) - 1) / most, (len(be[3]) - 1) / most
    app_gcp = (12 * (nl_lost + 3 / 7) + 15 * (nl_lost + 3 / 7) + 20 * (be_lost + 1)) / (2 * 47)
    ga4_gcp = ((10 + 30) * nl_lost + 11 * (be_lost + 1)) / (2 * 51)
    return {
        CORE: [
            (WEEK, *nl, "0-34", 0, 34, 12, 30, 100),
            (WEEK, *nl, "35+", 35, None, 15, 40, 200),
            (WEEK, *be, "all", 0, None, 20, 50, 300),
        ],
        HOURS: [
            (WEEK, *nl, "all", 0, 11, 20, 33, 150),
            (WEEK, *nl, "all", 12, 23, 22, 37, 149),
            (WEEK, *be, "weekday", 0, 23, 15, 30, 180),
            (WEEK, *be, "weekend", 0, 23, 12, 20, 121),
        ],
        LENGTHS: [
            (WEEK, "all", 0, None, 0, 4, 30, 60, 100),
            (WEEK, "all", 0, None, 5, None, 40, 60, 500),
        ],
        GA4: [
            (WEEK, *nl, "desktop", 10, 8, 4, 40, 30),
            (WEEK, *nl, "mobile", 30, 45, 20, 90, 70),
            (WEEK, *be, "all", 11, 12, 12, 13, 14),
        ],
        "coverage_week": [(WEEK, "app", 81), (WEEK, "ga4_export", None)],
        QUALITY: [
            (WEEK, "app", 47, 3, 12, app_gcp, "2026-09-01", 0.5, 0.4),
            (WEEK, "ga4_export", 51, 3, 10, ga4_gcp, *[None] * 3),
        ],
        "dim_region": [(r.code, r.name, r.level, r.parent) for r in regions().values()],
        "dim_age_group": [("0-34", 0, 34, False), ("35+", 35, None, False), ("all", 0, None, False)],
        "dim_week": [(WEEK, date(2026, 10, 4), 2026, 40, 4)],
    }


def make_good_marts(home: Home) -> None:
    """Makes a home with the marts and with the commits of the week that they show."""
    home.make()
    for source in ("app", "ga4_export"):
        commit_week(home, WeekCommit(WEEK, source, "frozen", "", 10, 10))
    with duckdb.connect(str(home.marts)) as con:
        for table, values in rows().items():
            con.execute(f"create table {table} ({TABLES[table]})")
            names = [column.split()[0] for column in TABLES[table].split(",")]
            given = pa.table([list(column) for column in zip(*values, strict=True)], names=names)
            con.register("given", given)
            con.execute(f"insert into {table} select * from given")
            con.execute(f"comment on table {table} is 'What it is. Unit, one row a thing.'")
            for name in names:
                con.execute(f"comment on column {table}.{name} is 'What it says. Unit, things.'")
