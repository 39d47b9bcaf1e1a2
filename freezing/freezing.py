"""Freezing: leaf cells of the weeks that were counted → cells, in one commit a week and source, for good."""

from datetime import date
from functools import partial

import duckdb
import pyarrow as pa

from anonymisation.audit.audit import audit_release
from anonymisation.audit.count_step import CountStep, in_steps
from anonymisation.audit.minutes import MINUTE_US
from anonymisation.audit.published_figures import atoms_of_leaf_cells, figures_of_cells
from anonymisation.cells.disclosure import Rules
from anonymisation.cells.engaged_unions import engaged_unions
from anonymisation.cells.engagement import together
from anonymisation.cells.leaf_cell import Cell, LeafCell, cell_of
from anonymisation.cells.minimality_merging import TriedChoice, try_choice
from anonymisation.cells.recoding import check_cells, members_of, recode
from anonymisation.hierarchies.hierarchy import Hierarchy, flat_categories, region_hierarchy
from catalogue.catalogue import SIDES, core_of
from freezing.cell_files import freeze_cells, remove_uncommitted
from freezing.cell_rows import (
    coverage_rows,
    engaged_rows,
    engagement_rows,
    side_rows,
    usage_rows,
    week_rows,
)
from freezing.counted_weeks import CountedWeeks, counted_weeks, is_counted, remove_warehouse
from freezing.leaf_tables import engagements, leaf_cells
from freezing.reference_cells import app_hierarchies, app_reference
from freezing.side_divisions import side_divisions
from home.duck import open_duckdb
from home.lock import held
from home.register.register import Register, recorded_step
from home.run import Run
from home.weeks.week_states import WeekCommit, WeekState, commit_week, settled_weeks
from policy.axis_policy import AxesPolicy
from policy.policy import Policy

#: GA4's words, and ours for none. The list is whole, whether a word was seen or not.
DEVICE_CATEGORIES = ("desktop", "mobile", "tablet", "smart tv", "unknown")

#: What the counts of a source's leaf cells are, in their order.
COUNTS = {"app": ("sessions",), "ga4_export": ("sessions", "views")}

WITHHELD = "the week as a whole covers fewer than k persons, or is dominated by one of them"


def freeze_weeks(run: Run) -> None:
    """Settles every week that this run counted: frozen with all its cubes, or withheld in all of them.

    Safe to repeat, and after a crash at any point: a week is settled by one rename, and what is settled stays. Then
    the warehouse, which holds person-weeks, is removed.

    Raises:
        Refusal: this run has not counted.
        InputRefused: a leaf is outside the policy's hierarchies.
        AnotherRunHoldsTheLock: see home.lock.
    """
    with held(run.home), recorded_step(run, "freeze_weeks"):
        remove_uncommitted(run.home)
        counted = _counted(run)
        if not counted.is_empty():
            with open_duckdb(run.home, run.home.warehouse, read_only=True) as con:
                for source, weeks in counted.records.items():
                    for week in sorted(set(weeks) - set(settled_weeks(run.home, source))):
                        state, choice = _settle(run, con, source, week, weeks[week])
                        with Register(run.home) as register:
                            register.add_to_counts(run.run_id, "settled", source, {state: 1})
                            register.add_to_counts(run.run_id, "choice_of_cells", source, choice)
        remove_warehouse(run.home)


def _counted(run: Run) -> CountedWeeks:
    """What is to be settled. The note is what is cleared away first: without it, and with no week left, all is done."""
    if not is_counted(run.home):
        with Register(run.home) as register:
            if not any(register.weeks_to_freeze(source) for source in run.settings.sources):
                return CountedWeeks(run.run_id, {})
    return counted_weeks(run.home, run.run_id)


def _settle(
    run: Run, con: duckdb.DuckDBPyConnection, source: str, week: date, passed: int
) -> tuple[WeekState, dict[str, int]]:
    """`passed`: records of the week that passed the gate. Returns what became of it, and of the trial of its cells."""
    leaves = leaf_cells(con, source, week)
    rules = Rules(run.policy.anonymity.k, run.policy.anonymity.dominance_p)
    step = CountStep(run.policy.anonymity.count_step)
    tried = _choose_cells(source, leaves, rules, run.policy)
    if tried is None:
        commit_week(run.home, WeekCommit(week, source, "withheld", WITHHELD, rules.k, rules.dominance_p))
        return "withheld", {}
    cells = tried.cells
    _audit_cells(source, week, leaves, cells, rules, step)
    cubes_of = _app_cubes if source == "app" else _ga4_cubes
    cubes = cubes_of(con, week, leaves, cells, rules, step, run.policy.axes)
    with Register(run.home) as register:
        dropped = register.dropped(source, week)
    persons = sum(cell.persons for cell in cells)
    percent = passed_percent(passed, persons, dropped.records, dropped.persons, rules.k) if dropped.is_whole else None
    cubes["coverage_week"] = coverage_rows(week, source, percent)
    commit = WeekCommit(week, source, "frozen", "", rules.k, rules.dominance_p, count_step=step.width)
    freeze_cells(run.home, commit, cubes)
    return "frozen", {"small_leaves": tried.small, "hidden_by_a_merge": tried.merged, "unproven": tried.unproven}


def _choose_cells(source: str, leaves: list[LeafCell], rules: Rules, policy: Policy) -> TriedChoice | None:
    """The cells to publish, after their choice was tried; None where the week as a whole is unsafe, or empty."""
    hierarchies = _hierarchies(source, leaves, policy)
    recode_week = partial(
        recode,
        hierarchies=hierarchies,
        rules=rules,
        aligned=source == "app",
        reference=app_reference(policy) if source == "app" else None,
    )
    cells = recode_week(leaves)
    if not cells:
        return None
    tried = try_choice(leaves, cells, recode_week, hierarchies, rules)
    check_cells(tried.cells, cell_of((), leaves), rules)
    return tried


def _audit_cells(  # noqa: PLR0917
    source: str, week: date, leaves: list[LeafCell], cells: list[Cell], rules: Rules, step: CountStep
) -> None:
    """The last look at the core cube, over its leaf cells: nothing that froze before shares a person-week with it."""
    cube, counts = core_of(source).name, COUNTS[source]
    block = f"{source} {week}"
    atoms = atoms_of_leaf_cells(block, leaves, counts)
    told = figures_of_cells(block, cube, cells, atoms, counts, MINUTE_US)
    floors = [cell.persons if source == "app" else 0 for cell in cells]
    audit_release([in_steps(*figure, counts, step) for figure in zip(told, floors, strict=True)], (), atoms, rules)


def _app_cubes(  # noqa: PLR0917
    con: duckdb.DuckDBPyConnection,
    week: date,
    leaves: list[LeafCell],
    cells: list[Cell],
    rules: Rules,
    step: CountStep,
    axes: AxesPolicy,
) -> dict[str, pa.Table]:
    """The core cube, its side cubes, which divide only unions of its cells, and the week as a whole."""
    sides = side_divisions(con, week, leaves, cells, rules, step, axes)
    return {
        "usage_by_region_age_week": usage_rows(week, cells, step),
        **{mart.name: side_rows(mart, week, sides.of_mart[mart.name]) for mart in SIDES},
        "usage_week": week_rows(week, sum(cell.persons for cell in cells), sides.sessions),
    }


def _ga4_cubes(  # noqa: PLR0917
    con: duckdb.DuckDBPyConnection,
    week: date,
    leaves: list[LeafCell],
    cells: list[Cell],
    rules: Rules,
    step: CountStep,
    _axes: AxesPolicy,
) -> dict[str, pa.Table]:
    """The core cube, and engaged sessions over unions of its cells: no cube where they cannot be told of the week."""
    of_leaves = engagements(con, week)
    members = members_of(
        [tuple(group.leaves for group in cell.groups) for cell in cells], [one.codes for one in leaves]
    )
    of_cells = [together(of_leaves[number] for number in inside) for inside in members]
    unions = engaged_unions(cells, of_cells, region_hierarchy(), rules)
    cubes = {"ga4_engagement_week": engagement_rows(week, cells, step)}
    return cubes | ({"ga4_engaged_sessions_week": engaged_rows(week, unions, step)} if unions else {})


def _hierarchies(source: str, leaves: list[LeafCell], policy: Policy) -> list[Hierarchy]:
    if source == "app":
        return list(app_hierarchies(policy))
    return [region_hierarchy(), flat_categories(sorted({*DEVICE_CATEGORIES, *(leaf.codes[1] for leaf in leaves)}))]


def passed_percent(passed: int, passed_persons: int, dropped: int, dropped_persons: int, k: int) -> int | None:
    """Share of records that passed, in whole percent, half up; None where under k persons passed, or were dropped."""
    if min(passed_persons, dropped_persons) < k:
        return None
    return (200 * passed + passed + dropped) // (2 * (passed + dropped))
