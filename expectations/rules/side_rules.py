"""Rules of side marts: they divide unions of the core mart's cells, and lose nothing (promises 3 and 4)."""

from collections.abc import Sequence

from catalogue.catalogue import core_of
from expectations.rules.mart_rules import TOLD_IN_STEPS, above, is_narrow, step_of
from expectations.rules.rule import Rule
from policy.oldest_age import OLDEST_AGE

#: Whose cells the side marts of the app divide.
CORE = core_of("app").name

_LOST = "A side mart counts the sessions of its week's core cells, all of them and no others, within their steps."
UNION = "Side marts divide only unions of core cells of the same week (promise 4)."


def side_sums_are_the_cores(table: str, measures: Sequence[str]) -> list[Rule]:
    """A week's sums are the core's: sessions within the steps of both sides' rows, minutes but for roundings of half a
    minute a row.
    """
    sums = ", ".join(f"sum({measure}) as {measure}" for measure in measures)
    weeks = " left join ".join(
        f"(select week_start, {sums}, count(*) as cells from {source} group by week_start) {name}"
        for source, name in ((table, "side"), (CORE, "core"))
    )
    apart = {
        "sessions": _apart("side", "core", step_of("side", "app")),
        "minutes": "(2 * abs(side.minutes - core.minutes) <= side.cells + core.cells) is not true",
    }
    return [
        Rule(
            "add_up_to_the_core",
            measure,
            f"select 1 from {weeks} using (week_start) where {apart[measure]}",
            _LOST,
        )
        for measure in measures
    ]


def users_are_those_of_the_cells(table: str, divides: str) -> list[Rule]:
    """Where nobody is in two parts of a union, its parts' users are its cells', one for one."""
    if divides == "region":
        cells = f"select week_start, region_members[1] as leaf, users from {CORE}"
        cores = (
            f"select week_start, unit, sum(users) as users from ({cells}) join ({units_by_region(table)})"
            " using (week_start, leaf) group by week_start, unit"
        )
        sides = f"select week_start, region_code as unit, sum(users) as users from {table} group by all"
    else:
        sides = (
            f"select week_start, age_from as unit, coalesce(age_to, {OLDEST_AGE}) as last, sum(users) as users"
            f" from {table} group by all"
        )
        cores = (
            f"select sides.week_start, sides.unit, sum(core.users) as users from ({sides}) sides join {CORE} core"
            " on core.week_start = sides.week_start and core.age_from >= sides.unit"
            f" and coalesce(core.age_to, {OLDEST_AGE}) <= sides.last group by all"
        )
    return [
        Rule(
            "are_those_of_their_core_cells",
            "users",
            f"select 1 from ({sides}) sides left join ({cores}) cores using (week_start, unit)"
            " where sides.users is distinct from cores.users",
            "Each person of a union is in one of its rows (promise 3).",
        )
    ]


def visits_are_what_the_cells_allow(table: str) -> list[Rule]:
    """How often people came, added up over a region, is within what its cells say of their sessions."""
    step = step_of("core", "app")
    cells = (
        "select week_start, region_members[1] as leaf,"
        f" sessions - {above(step)} as least, sessions - {above(step)} + {step} - 1 as most from {CORE} core"
    )
    cores = (
        f"select week_start, unit, sum(least) as least, sum(most) as most from ({cells})"
        f" join ({units_by_region(table)}) using (week_start, leaf) group by week_start, unit"
    )
    sides = (
        "select week_start, region_code as unit, sum(sessions_from * users) as fewest,"
        " case when bool_or(sessions_to is null) then null else sum(sessions_to * users) end as most_visits"
        f" from {table} group by all"
    )
    return [
        Rule(
            "are_as_many_as_their_core_cells_say",
            "sessions_from",
            f"select 1 from ({sides}) sides left join ({cores}) cores using (week_start, unit)"
            " where (fewest <= most and coalesce(most_visits, least) >= least) is not true",
            _LOST,
        )
    ]


def most_sessions(table: str) -> str:
    """What a row's sessions can be at most: the step of each cell that it is told by is below what it tells of it."""
    return f"(case when {step_of(table, 'app')} = 1 then sessions else 2 * sessions end)"


def parts_told_in_steps(table: str, unit: Sequence[str]) -> Rule:
    """The parts of a union that is divided are told in steps of their own; one that is not, as its core cells are."""
    parts = f"count(*) over (partition by week_start, {', '.join(unit)})"
    rows = (
        f"select sessions, users, {parts} as parts, {step_of('row', 'app')} as step,"
        f" {is_narrow('row', 'app')} as is_narrow from {table} as row"
    )
    told = f"(not is_narrow and sessions >= users and (sessions - users - {above('step')}) % step = 0)"
    return Rule(
        "is_told_in_steps", "sessions", f"select 1 from ({rows}) where parts > 1 and {told} is not true", TOLD_IN_STEPS
    )


def _apart(side: str, core: str, step: str) -> str:
    """Sums of two tables over the same sessions, each of so many rows (`cells`), that no step explains."""
    beyond = f"{side}.sessions - {core}.sessions"
    too_many = f"{beyond} > {above(step)} * {side}.cells + {step} // 2 * {core}.cells"
    too_few = f"{beyond} < -({step} // 2 * {side}.cells + {above(step)} * {core}.cells)"
    return f"(({too_many}) or ({too_few})) is not false"


def regions_are_unions_of_core_cells(table: str, core_mart: str) -> list[Rule]:
    """A leaf is in one region of the side mart, and no core cell reaches over a region's edge."""
    units = units_by_region(table)
    core = (
        "select cell, week_start, leaf from (select row_number() over () as cell, week_start, region_members as leaves"
        f" from {core_mart}), unnest(leaves) as leaf(leaf)"
    )
    return [
        Rule(
            "are_disjoint",
            "region_members",
            f"select 1 from ({units}) group by week_start, leaf having count(*) > 1",
            UNION,
        ),
        Rule(
            "are_of_whole_core_cells",
            "region_members",
            f"select cell from ({core}) core left join ({units}) units using (week_start, leaf)"
            f" where week_start in (select week_start from {table})"
            " group by cell having count(distinct coalesce(unit, '')) > 1 or count(unit) = 0",
            UNION,
        ),
    ]


def units_by_region(table: str) -> str:
    """A query for the leaves of each region of a side mart."""
    return f"select distinct week_start, region_code as unit, unnest(region_members) as leaf from {table}"


def regions_hold_the_sessions_of_their_cells(table: str) -> list[Rule]:
    """Within the steps of both; a region of one row says what its cells say."""
    return [
        Rule(
            "hold_the_sessions_of_their_core_cells",
            "sessions",
            f"with units as ({units_by_region(table)}),"
            f" core as (select week_start, region_members[1] as leaf, sessions from {CORE}),"
            " cores as (select week_start, unit, sum(sessions) as sessions, count(*) as cells"
            " from core join units using (week_start, leaf) group by week_start, unit),"
            " sides as (select week_start, region_code as unit, sum(sessions) as sessions, count(*) as cells"
            f" from {table} group by week_start, region_code)"
            " select 1 from sides left join cores using (week_start, unit)"
            f" where {_apart('sides', 'cores', step_of('sides', 'app'))}"
            " or (sides.cells = 1 and sides.sessions <> cores.sessions)",
            UNION,
        ),
    ]


def ages_are_unions_of_core_cells(table: str) -> list[Rule]:
    """Age groups of a week do not overlap, and no core cell reaches over a group's edge."""
    units = f"select distinct week_start, age_from, coalesce(age_to, {OLDEST_AGE}) as age_end from {table}"
    core = f"select week_start, age_from, coalesce(age_to, {OLDEST_AGE}) as age_end from {CORE}"
    overlap = "core.week_start = unit.week_start and core.age_from <= unit.age_end and unit.age_from <= core.age_end"
    return [
        Rule(
            "are_disjoint",
            "age_group",
            f"select 1 from ({units}) core join ({units}) unit on {overlap}"
            " and (core.age_from, core.age_end) <> (unit.age_from, unit.age_end)",
            UNION,
        ),
        Rule(
            "are_of_whole_core_cells",
            "age_group",
            f"select 1 from ({core}) core left join ({units}) unit on {overlap}"
            f" where core.week_start in (select week_start from {table})"
            " and (unit.age_from <= core.age_from and core.age_end <= unit.age_end) is not true",
            UNION,
        ),
    ]


def ages_hold_the_sessions_of_their_cells(table: str) -> list[Rule]:
    """Within the steps of both; an age group of one row says what its cells say."""
    core = f"select week_start, age_from, coalesce(age_to, {OLDEST_AGE}) as age_end, sessions from {CORE}"
    return [
        Rule(
            "hold_the_sessions_of_their_core_cells",
            "sessions",
            f"with sides as (select week_start, age_from, coalesce(age_to, {OLDEST_AGE}) as age_end,"
            f" sum(sessions) as sessions, count(*) as cells from {table} group by all),"
            " cores as (select sides.week_start, sides.age_from, sides.age_end, sum(core.sessions) as sessions,"
            f" count(*) as cells from sides join ({core}) core on core.week_start = sides.week_start"
            " and core.age_from >= sides.age_from and core.age_end <= sides.age_end group by all)"
            " select 1 from sides left join cores using (week_start, age_from, age_end)"
            f" where {_apart('sides', 'cores', step_of('sides', 'app'))}"
            " or (sides.cells = 1 and sides.sessions <> cores.sessions)",
            UNION,
        ),
    ]
