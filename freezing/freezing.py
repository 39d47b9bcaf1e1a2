"""Freezing: leaf cells of the weeks that were counted → cells, in one commit a week and source, for good."""

from datetime import date
from functools import partial

import duckdb

from anonymisation.audit.atoms import atoms_of_leaf_cells, figures_of_cells
from anonymisation.audit.audit import audit_release
from anonymisation.audit.count_step import in_steps
from anonymisation.audit.minutes import MINUTE_US
from anonymisation.cells.leaf_cell import Cell, cell_of
from anonymisation.cells.minimality_merging import TriedChoice, try_choice
from anonymisation.cells.recoding import check_cells, recode
from catalogue.catalogue import core_of
from freezing.app_week import APP
from freezing.cell_files import freeze_cells, remove_uncommitted
from freezing.cell_rows import coverage_rows
from freezing.counted_weeks import CountedWeeks, counted_weeks, is_counted, remove_warehouse
from freezing.ga4_week import GA4
from freezing.leaf_tables import leaf_cells
from freezing.reported_week import freeze_report_weeks
from freezing.source_week import CountedWeek, SourceWeek
from home.duck import open_duckdb
from home.lock import held
from home.register.register import Register, recorded_step
from home.run import Run
from home.weeks.week_states import WeekCommit, WeekState, commit_week, settled_weeks

#: By name, how each source's weeks freeze.
SOURCE_WEEKS = {one.source: one for one in (APP, GA4)}

WITHHELD = "the week as a whole covers fewer than k persons, or is dominated by one of them"


def freeze_weeks(run: Run) -> None:
    """Settles every week that this run counted, and of reports every complete one: frozen with all its cubes, or
    withheld in all of them.

    Safe to repeat, and after a crash at any point: a week is settled by one rename, and what is settled stays. Then
    the warehouse, which holds person-weeks, is removed.

    Raises:
        Refusal: this run has not counted.
        InputRefused: a leaf is outside the policy's hierarchies.
        AnotherRunHoldsTheLock: see home.lock.
    """
    with held(run.home), recorded_step(run, "freeze_weeks"):
        remove_uncommitted(run.home)
        freeze_report_weeks(run)
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
            if not any(register.weeks_to_freeze(source) for source in run.settings.record_sources):
                return CountedWeeks(run.run_id, {})
    return counted_weeks(run.home, run.run_id)


def _settle(
    run: Run, con: duckdb.DuckDBPyConnection, source: str, week: date, passed: int
) -> tuple[WeekState, dict[str, int]]:
    """`passed`: records of the week that passed the gate. Returns what became of it, and of the trial of its cells."""
    kind = SOURCE_WEEKS[source]
    counted = CountedWeek(con, week, leaf_cells(con, kind.leaf_cells, week), run.policy)
    rules = counted.rules
    tried = choose_cells(kind, counted)
    if tried is None:
        commit_week(run.home, WeekCommit(week, source, "withheld", WITHHELD, rules.k, rules.dominance_p))
        return "withheld", {}
    audit_cells(kind, counted, tried.cells)
    cubes = kind.cubes(counted, tried.cells)
    with Register(run.home) as register:
        dropped = register.dropped(source, week)
    persons = sum(cell.persons for cell in tried.cells)
    percent = passed_percent(passed, persons, dropped.records, dropped.persons, rules.k) if dropped.is_whole else None
    cubes["coverage_week"] = coverage_rows(week, source, percent)
    commit = WeekCommit(week, source, "frozen", "", rules.k, rules.dominance_p, count_step=counted.step.width)
    freeze_cells(run.home, commit, cubes)
    return "frozen", {"small_leaves": tried.small, "hidden_by_a_merge": tried.merged, "unproven": tried.unproven}


def choose_cells(kind: SourceWeek, counted: CountedWeek) -> TriedChoice | None:
    """The cells to publish, after their choice was tried; None where the week as a whole is unsafe, or empty."""
    leaves, rules = counted.leaves, counted.rules
    hierarchies = kind.hierarchies(leaves, counted.policy)
    recode_week = partial(
        recode,
        hierarchies=hierarchies,
        rules=rules,
        aligned=kind.is_aligned,
        reference=kind.reference(counted.policy),
    )
    cells = recode_week(leaves)
    if not cells:
        return None
    tried = try_choice(leaves, cells, recode_week, hierarchies, rules)
    check_cells(tried.cells, cell_of((), leaves), rules)
    return tried


def audit_cells(kind: SourceWeek, counted: CountedWeek, cells: list[Cell]) -> None:
    """The last look at the core cube, over its leaf cells: nothing that froze before shares a person-week with it."""
    block = f"{kind.source} {counted.week}"
    atoms = atoms_of_leaf_cells(block, counted.leaves, kind.counts)
    told = figures_of_cells(block, core_of(kind.source).name, cells, atoms, kind.counts, MINUTE_US)
    floors = [cell.persons if kind.is_above_users else 0 for cell in cells]
    in_their_steps = [in_steps(*one, kind.counts, counted.step) for one in zip(told, floors, strict=True)]
    audit_release(in_their_steps, (), atoms, counted.rules)


def passed_percent(passed: int, passed_persons: int, dropped: int, dropped_persons: int, k: int) -> int | None:
    """Share of records that passed, in whole percent, half up; None where under k persons passed, or were dropped."""
    if min(passed_persons, dropped_persons) < k:
        return None
    return (200 * passed + passed + dropped) // (2 * (passed + dropped))
