"""Rules of side marts: they divide unions of the core mart's cells, and lose nothing (promises 3 and 4)."""

from expectations.rule import Rule
from expectations.usage_mart import TABLE as CORE

_LOST = "A side mart counts the sessions of its week's core cells, all of them and no others."
_UNION = "Side marts divide only unions of core cells of the same week (promise 4)."


def side_sums_are_the_cores(table: str) -> list[Rule]:
    """A week's sums are the core's: sessions exactly, minutes but for roundings of half a minute a row."""

    def sums(source: str) -> str:
        return (
            "select week_start, sum(sessions) as sessions, sum(minutes) as minutes, count(*) as cells"
            f" from {source} group by week_start"
        )

    weeks = f"({sums(table)}) side left join ({sums(CORE)}) core using (week_start)"
    return [
        Rule(
            "add_up_to_the_core",
            "sessions",
            f"select 1 from {weeks} where side.sessions is distinct from core.sessions",
            _LOST,
        ),
        Rule(
            "add_up_to_the_core",
            "minutes",
            f"select 1 from {weeks}"
            " where (2 * abs(side.minutes - core.minutes) <= side.cells + core.cells) is not true",
            _LOST,
        ),
    ]


def regions_are_unions_of_core_cells(table: str) -> list[Rule]:
    """A leaf is in one region of the side mart, and no core cell reaches over a region's edge."""
    units = f"select distinct week_start, region_code as unit, unnest(region_members) as leaf from {table}"
    core = (
        "select cell, week_start, leaf from (select row_number() over () as cell, week_start, region_members as leaves"
        f" from {CORE}), unnest(leaves) as leaf(leaf)"
    )
    return [
        Rule(
            "are_disjoint",
            "region_members",
            f"select 1 from ({units}) group by week_start, leaf having count(*) > 1",
            _UNION,
        ),
        Rule(
            "are_of_whole_core_cells",
            "region_members",
            f"select cell from ({core}) core left join ({units}) units using (week_start, leaf)"
            f" where week_start in (select week_start from {table})"
            " group by cell having count(distinct coalesce(unit, '')) > 1 or count(unit) = 0",
            _UNION,
        ),
        Rule(
            "hold_the_sessions_of_their_core_cells",
            "sessions",
            f"with units as ({units}), core as (select week_start, region_members[1] as leaf, sessions from {CORE}),"
            " cores as (select week_start, unit, sum(sessions) as sessions"
            " from core join units using (week_start, leaf) group by week_start, unit),"
            f" sides as (select week_start, region_code as unit, sum(sessions) as sessions from {table}"
            " group by week_start, region_code)"
            " select 1 from sides left join cores using (week_start, unit)"
            " where sides.sessions is distinct from cores.sessions",
            _UNION,
        ),
    ]


def ages_are_unions_of_core_cells(table: str) -> list[Rule]:
    """Age groups of a week do not overlap, no core cell reaches over a group's edge, and sessions agree."""
    units = f"select distinct week_start, age_from, coalesce(age_to, {_OPEN_END}) as age_end from {table}"
    core = f"select week_start, age_from, coalesce(age_to, {_OPEN_END}) as age_end, sessions from {CORE}"
    overlap = "core.week_start = unit.week_start and core.age_from <= unit.age_end and unit.age_from <= core.age_end"
    return [
        Rule(
            "are_disjoint",
            "age_group",
            f"select 1 from ({units}) core join ({units}) unit on {overlap}"
            " and (core.age_from, core.age_end) <> (unit.age_from, unit.age_end)",
            _UNION,
        ),
        Rule(
            "are_of_whole_core_cells",
            "age_group",
            f"select 1 from ({core}) core left join ({units}) unit on {overlap}"
            f" where core.week_start in (select week_start from {table})"
            " and (unit.age_from <= core.age_from and core.age_end <= unit.age_end) is not true",
            _UNION,
        ),
        Rule(
            "hold_the_sessions_of_their_core_cells",
            "sessions",
            f"with sides as (select week_start, age_from, coalesce(age_to, {_OPEN_END}) as age_end,"
            f" sum(sessions) as sessions from {table} group by all)"
            " select 1 from sides where sessions is distinct from (select sum(core.sessions)"
            f" from ({core}) core where core.week_start = sides.week_start"
            " and core.age_from >= sides.age_from and core.age_end <= sides.age_end)",
            _UNION,
        ),
    ]


#: years: stands for the open end of an age interval; nobody is this old.
_OPEN_END = 1000
