"""Ready queries for analysts: shown on the portal as they are, and run by the tests against the marts.

One `region_code` can cover other leaves in another row, so whoever adds up over regions groups by `region_members`.
"""

import re
from collections.abc import Collection
from types import MappingProxyType

#: Name, by which the texts describe it, to SQL.
QUERIES = MappingProxyType(
    {
        "latest_week": """\
select region_name, age_group, users, sessions, minutes
from usage_by_region_age_week
where week_start = (select max(week_start) from usage_by_region_age_week)
order by users desc;""",
        "totals": """\
select week_start, sum(users) as users, sum(sessions) as sessions, sum(minutes) as minutes
from usage_by_region_age_week
group by week_start
order by week_start;""",
        "provinces": """\
select region_name, age_group, users
from usage_by_region_age_week
where week_start = (select max(week_start) from usage_by_region_age_week)
  and region_level = 'subdivision' and region_code like 'NL-%'
order by region_name, age_from;""",
        "one_region": """\
select week_start, region_name, age_group, users, sessions
from usage_by_region_age_week
where list_contains(region_members, 'NL-ZH')
order by week_start desc, age_from;""",
        "regions": """\
select region_code, region_name, len(region_members) as leaf_regions, sum(users) as users, sum(sessions) as sessions
from usage_by_region_age_week
where week_start = (select max(week_start) from usage_by_region_age_week)
group by region_code, region_name, region_members
having sum(coalesce(age_to, 120) - age_from + 1) = 121
order by users desc;""",
        "ages": """\
-- 18-24 is not everyone of that age where another cell tells 18-34
select age_group, sum(users) as users, sum(sessions) as sessions
from usage_by_region_age_week
where week_start = (select max(week_start) from usage_by_region_age_week)
group by age_group, age_from
order by age_from;""",
        "evening": """\
select region_name, day_type,
    round(100.0 * sum(sessions) filter (where hour_from >= 18) / sum(sessions)) as evening_percent
from usage_by_hour_week
where week_start = (select max(week_start) from usage_by_hour_week)
group by region_code, region_name, region_members, day_type
having count(*) filter (where hour_from < 18 and hour_to >= 18) = 0
order by region_name, day_type;""",
        "long_sessions": """\
select age_group,
    round(100.0 * sum(sessions) filter (where minutes_from >= 15) / sum(sessions)) as percent_of_15_minutes_or_more
from session_length_by_age_week
where week_start = (select max(week_start) from session_length_by_age_week)
group by age_group, age_from
order by age_from;""",
        "came_often": """\
select region_name,
    round(100.0 * sum(users) filter (where sessions_from >= 4) / sum(users)) as percent_that_came_4_times_or_more
from usage_by_frequency_week
where week_start = (select max(week_start) from usage_by_frequency_week)
group by region_code, region_name, region_members
having count(*) filter (where sessions_from < 4 and coalesce(sessions_to, 4) >= 4) = 0
order by region_name;""",
        "platforms": """\
select age_group, platform, users,
    round(100.0 * users / sum(users) over (partition by age_group)) as percent_of_the_age_group
from usage_by_platform_week
where week_start = (select max(week_start) from usage_by_platform_week)
order by age_from, users desc;""",
        "devices": """\
select week_start, device_category, sum(users) as users, sum(sessions) as sessions, sum(views) as views
from ga4_engagement_week
group by week_start, device_category
order by week_start desc, users desc;""",
        "engaged": """\
select week_start, sum(users) as users, sum(sessions) as sessions, sum(engaged_sessions) as engaged_sessions
from ga4_engaged_sessions_week
group by week_start
order by week_start desc;""",
        "quality": """\
select week_start, source, cells, k_reached, round(100 * gcp, 1) as percent_of_detail_lost
from anonymisation_quality_week
order by week_start desc, source;""",
        "coverage": """\
select week_start, source, passed_percent
from coverage_week
order by week_start desc, source;""",
    }
)


def answered(told: Collection[str]) -> list[str]:
    """The names of the queries that read no other tables than these."""
    return [name for name, sql in QUERIES.items() if set(re.findall(r"from ([a-z0-9_]+)", sql)) <= set(told)]
