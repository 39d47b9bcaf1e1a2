"""Rules of side marts: they divide unions of the core mart's cells, and lose nothing (promises 3 and 4)."""

from collections.abc import Sequence

from catalogue.axis import Axis
from catalogue.catalogue import DIVIDED
from expectations.rules.mart_rules import TOLD_IN_STEPS, above, is_narrow, step_of
from expectations.rules.rule import Rule
from policy.oldest_age import OLDEST_AGE

#: Whose cells the side marts of the app divide.
CORE = DIVIDED.name

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
        "sessions": _apart("side", "core", step_of("side", DIVIDED.source)),
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


def _by_unit(table: str, divides: str, of_sides: str, of_cells: str) -> str:
    """`sides left join cores`, both by week and unit (a region, or an age group): sums over the parts of a side mart,
    and over the core cells that the unit covers (`core.…`).
    """
    if divides == "region":
        sides = f"select week_start, region_code as unit, {of_sides} from {table} group by all"
        cells = f"(select *, region_members[1] as leaf from {CORE}) core join ({units_by_region(table)}) units"
        cores = f"select week_start, unit, {of_cells} from {cells} using (week_start, leaf) group by week_start, unit"
    else:
        last = f"coalesce(age_to, {OLDEST_AGE}) as age_end"
        sides = f"select week_start, age_from as unit, {last}, {of_sides} from {table} group by all"
        cores = (
            f"select sides.week_start, unit, {of_cells} from ({sides}) sides join (select *, {last} from {CORE}) core"
            " on core.week_start = sides.week_start and core.age_from >= unit and core.age_end <= sides.age_end"
            " group by all"
        )
    return f"({sides}) sides left join ({cores}) cores using (week_start, unit)"


def users_are_those_of_the_cells(table: str, divides: str) -> list[Rule]:
    """Where nobody is in two parts of a union, its parts' users are its cells', one for one."""
    units = _by_unit(table, divides, "sum(users) as users", "sum(core.users) as users")
    return [
        Rule(
            "are_those_of_their_core_cells",
            "users",
            f"select 1 from {units} where sides.users is distinct from cores.users",
            "Each person of a union is in one of its rows (promise 3).",
        )
    ]


def units_hold_the_sessions_of_their_cells(table: str, divides: str) -> list[Rule]:
    """Within the steps of both; a union of one row says what its cells say."""
    counted = "sum({0}sessions) as sessions, count(*) as cells"
    units = _by_unit(table, divides, counted.format(""), counted.format("core."))
    return [
        Rule(
            "hold_the_sessions_of_their_core_cells",
            "sessions",
            f"select 1 from {units} where {_apart('sides', 'cores', step_of('sides', DIVIDED.source))}"
            " or (sides.cells = 1 and sides.sessions <> cores.sessions)",
            UNION,
        ),
    ]


def visits_are_what_the_cells_allow(table: str, axis: Axis) -> list[Rule]:
    """How often people came, at least and at most, added up over a union, is within what its cells say of sessions."""
    step, (first, last) = step_of("core", DIVIDED.source), (column.name for column in axis.columns)
    most = f"case when bool_or({last} is null) then null else sum({last} * users) end"
    of_sides = f"sum({first} * users) as fewest, {most if axis.visits == 'number' else 'null'} as most_visits"
    least = f"core.sessions - {above(step)}"
    units = _by_unit(table, axis.divides, of_sides, f"sum({least}) as least, sum({least} + {step} - 1) as most")
    return [
        Rule(
            "are_as_many_as_their_core_cells_say",
            first,
            f"select 1 from {units} where (fewest <= most and coalesce(most_visits, least) >= least) is not true",
            _LOST,
        )
    ]


def most_sessions(table: str) -> str:
    """What a row's sessions can be at most: the step of each cell that it is told by is below what it tells of it."""
    return f"(case when {step_of(table, DIVIDED.source)} = 1 then sessions else 2 * sessions end)"


def parts_told_in_steps(table: str, unit: Sequence[str]) -> Rule:
    """The parts of a union that is divided are told in steps of their own; one that is not, as its core cells are."""
    parts = f"count(*) over (partition by week_start, {', '.join(unit)})"
    rows = (
        f"select sessions, users, {parts} as parts, {step_of('row', DIVIDED.source)} as step,"
        f" {is_narrow('row', DIVIDED.source)} as is_narrow from {table} as row"
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
