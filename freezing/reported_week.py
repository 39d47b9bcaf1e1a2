"""How a week of GA4's reports freezes: rows that are told by themselves, in one commit, for good."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import pyarrow as pa

from anonymisation.audit.count_step import CountStep
from anonymisation.audit.minutes import whole_minutes
from anonymisation.hierarchies.hierarchy import Group, region_hierarchy
from anonymisation.reported.reported_cells import ReportedCell, ReportedRow, check_not_nested, reported_cells
from freezing.cell_files import freeze_cells
from freezing.cell_rows import cube_table, region_columns
from home.register.register import Register
from home.run import Run
from home.weeks.report_weeks import BREAKDOWNS, MEASURES, ReportWeek, read_report_week
from home.weeks.week_states import WeekCommit, WeekState, commit_week

SOURCE: Final = "ga4_reports"
CUBE: Final = "ga4_audience_week"
WITHHELD: Final = "no row of any report of the week has k users"
NOT_WHOLE: Final = "its days were accepted as empty, and no complete reports of it are stored"


def freeze_report_weeks(run: Run) -> None:
    """Settles every week of which all days are ingested: frozen, or withheld. Safe to repeat; the lock must be held.

    Raises:
        StateDamaged: a stored week is not as it was written.
        PublicationRefused: what would be told of a week could be subtracted from one another.
    """
    with Register(run.home) as register:
        due = register.weeks_to_freeze(SOURCE)
    for monday in due:
        state = _settle(run, monday, read_report_week(run.home, monday))
        with Register(run.home) as register:
            register.add_to_counts(run.run_id, "settled", SOURCE, {state: 1})


def _settle(run: Run, monday: date, week: ReportWeek | None) -> WeekState:
    rules = run.policy.anonymity
    whole = week if week is not None and week.is_complete else None
    cells = cells_of(whole, rules.k) if whole else []
    if not whole or not cells:
        why = WITHHELD if whole else NOT_WHOLE
        commit_week(run.home, WeekCommit(monday, SOURCE, "withheld", why, rules.k, rules.dominance_p))
        return "withheld"
    check_not_nested(cells)
    step = CountStep(rules.count_step)
    commit = WeekCommit(monday, SOURCE, "frozen", "", rules.k, rules.dominance_p, count_step=step.width)
    freeze_cells(run.home, commit, {CUBE: audience_rows(whole, cells, rules.k, step)})
    return "frozen"


def cells_of(week: ReportWeek, k: int) -> list[ReportedCell]:
    """What may be told of a stored week; counts are the other measures, in their order."""
    rows = (
        ReportedRow(
            row["report"], row["region_code"], row["age_bracket"], row["users"], tuple(row[one] for one in MEASURES[1:])
        )
        for row in week.rows.to_pylist()
    )
    return reported_cells(rows, tuple(BREAKDOWNS), k)


def audience_rows(week: ReportWeek, cells: Sequence[ReportedCell], k: int, step: CountStep) -> pa.Table:
    """`ga4_audience_week`: one row a cell. Users are told in steps above k, so that what is told is k or more."""
    return cube_table(CUBE, (_row(week, cell, k, step) for cell in cells), week.week)


def _row(week: ReportWeek, cell: ReportedCell, k: int, step: CountStep) -> dict[str, object]:
    tree, facts = region_hierarchy(), week.reports[cell.report]
    node = tree.nodes[cell.region_code]
    group = Group(node.code, node.level, node.leaves, node.parent)
    sessions, engaged_sessions, views, duration_us = cell.counts
    return {
        **region_columns({(group.label, "", group.leaves): group.label}, group, ""),
        "age_bracket": cell.age_bracket,
        "report": cell.report,
        "rows": cell.rows,
        "users_in_rows": step.told(cell.users, k),
        "sessions": step.told(sessions),
        "engaged_sessions": step.told(engaged_sessions),
        "views": step.told(views),
        "minutes": step.told(whole_minutes(duration_us)),
        "is_thresholded": facts.is_thresholded,
        "has_other_row": facts.has_other_row,
        "is_sampled": facts.is_sampled,
        "is_truncated": bool(facts.truncations),
        "is_restricted": facts.is_restricted,
        "time_zone": facts.time_zone,
        "consent_basis": week.consent_basis,
    }
