"""What sums in steps tell together, week by week: that a few came again, or that a few had any of it."""

from collections.abc import Iterable, Sequence
from datetime import date

from auditor.events import Events
from auditor.finding import Report
from auditor.finer import IN_STEPS, Finer, cells_below, finest_rows, says_what_they_say
from auditor.form import Form, PopulationForm
from auditor.person_sets import CONTRADICT, AuditLimits
from auditor.programme import not_shown_open
from auditor.told import OutsiderRow
from auditor.world import World


def audit_sums(rows: Sequence[OutsiderRow], form: Form, world: World, report: Report, limits: AuditLimits) -> None:
    """Everything that the rows of one population tell of what they tell in steps; findings go to the report."""
    measures = {one.measure for row in rows for one in row.form.sums if one.told in IN_STEPS and not one.part_of}
    for measure in sorted(measures):
        finest = finest_rows(rows, measure, world)
        telling = [row for row in rows if len(row.weeks) == 1 or _says_more(row, measure, world, finest)]
        for together in weeks_together(telling):
            weeks = sorted({week for row in together for week in row.weeks})
            if limits.left() <= 0:
                report.not_reached.append(f"{measure} of {weeks[0]} to {weeks[-1]}: out of time")
                continue
            whose = form.population.get(rows[0].population, PopulationForm())
            events = Events(
                measure, form, world, limits, finest_rows(together, measure, world), measure in whose.at_least_one
            )
            events.take(together)
            report.checked[f"sums of {measure}"] += len(events.targets)
            _audit(events, report)


def _says_more(row: OutsiderRow, measure: str, world: World, finest: Sequence[Finer]) -> bool:
    """Whether a row of several weeks says anything of a measure that is not what their own rows say, added up."""
    told = next((one for one in row.form.sums if one.measure == measure), None)
    below = cells_below(row, world, finest) if told else None
    return told is not None and below is not None and not says_what_they_say(row, told.column, below)


def _audit(events: Events, report: Report) -> None:
    limits = events.limits
    left = not_shown_open(events.programme, events.targets, limits.promise.k, limits.seconds)
    if left and left == events.targets:
        amount, named = events.programme.contradiction(limits.seconds)
        if amount:
            about = f"{events.measure} of whoever was added or removed"
            report.add(CONTRADICT, about, (round(amount), round(amount)), named)
            return
    for target in left:
        between = events.programme.between(target.sums, limits.seconds)
        report.checked["linear programmes"] += 2
        if between is None:
            report.open.append(target.about)
            continue
        persons = between.most - target.floor if target.per_person == 1 else between.most // target.per_person
        if between.least > target.floor and persons < limits.promise.k:
            least = between.least - target.floor if target.per_person == 1 else 1
            report.add(target.kind, target.about, (least, persons), between.rows)


def weeks_together(rows: Iterable[OutsiderRow]) -> list[list[OutsiderRow]]:
    """Rows of one week each, and those of several weeks with all rows of those weeks."""
    parent: dict[date, date] = {}

    def root(week: date) -> date:
        while parent.setdefault(week, week) != week:
            week = parent[week]
        return week

    listed = list(rows)
    for row in listed:
        for week in row.weeks:
            one, other = sorted((root(row.weeks[0]), root(week)))
            parent[other] = one
    found: dict[date, list[OutsiderRow]] = {}
    for row in listed:
        found.setdefault(root(row.weeks[0]), []).append(row)
    return [found[week] for week in sorted(found)]
