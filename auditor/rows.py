"""What rows tell without a programme: ends of intervals, dominance, minutes that do not add up, coverage."""

from collections.abc import Iterable, Sequence
from datetime import date

from auditor.finding import Report
from auditor.finer import cells_below, finest_rows
from auditor.form import Form
from auditor.person_sets import CONTRADICT, AuditLimits
from auditor.read_tables import Table
from auditor.told import OutsiderRow, held, whole_of
from auditor.world import World

ENDS = "an interval that ends where people end"
DOMINATED = "a sum that one person dominates"
DROPPED = "those whom consent left out"


def audit_ends(rows: Sequence[OutsiderRow], form: Form, report: Report) -> None:
    """Intervals that stop where no other row of their week goes on: somebody is at the end, and nobody beyond it."""
    by_week: dict[tuple[str, date], list[OutsiderRow]] = {}
    for row in rows:
        if row.form.no_ends and len(row.weeks) == 1 and not row.older:
            by_week.setdefault((row.form.name, row.weeks[0]), []).append(row)
    for told in by_week.values():
        for group in told[0].form.no_ends:
            points = form.group[group]
            firsts = {row.values[points.from_] for row in told}
            lasts = {row.values[points.to] for row in told}
            for row in told:
                first, last = row.values[points.from_], row.values[points.to]
                if (last is not None and last + 1 not in firsts) or (first != points.first and first - 1 not in lasts):
                    report.add(ENDS, row.key, (1, row.persons or 1), [row.named(row.form.persons)])
    report.checked["intervals"] += len(by_week)


def audit_gaps(rows: Sequence[OutsiderRow], form: Form, report: Report) -> None:
    """Parts along an order that leave a stretch out: nobody is there, and somebody is beside it."""
    divided: dict[tuple[object, ...], list[OutsiderRow]] = {}
    for row in rows:
        if row.part is not None and form.axis[row.form.axis].from_ and not row.older:
            divided.setdefault((row.form.name, row.weeks, row.box), []).append(row)
    for parts in divided.values():
        axis = form.axis[parts[0].form.axis]
        if frozenset[object]().union(*(row.part or () for row in parts)) != whole_of(axis):
            last_part = max(parts, key=lambda row: int(row.values[axis.from_]))
            report.add(ENDS, last_part.key, (1, last_part.persons or 1), [one.named(axis.from_) for one in parts])
    report.checked["intervals"] += len(divided)


def audit_dominance(rows: Iterable[OutsiderRow], report: Report, limits: AuditLimits) -> None:
    """Sums of which the two largest contributions are given: without them too little is left to hide the largest."""
    for row in rows:
        for told in row.form.sums:
            largest, second = (row.values.get(f"{told.column}_{which}") for which in ("largest", "second"))
            if largest is None or second is None:
                continue
            report.checked["contributions"] += 1
            most = held(row, told, limits.promise)[1]
            rest = (int(row.values[told.column]) if most is None else most) - largest - second
            if 100 * rest < limits.promise.dominance_p * largest:
                named = [
                    row.named(column) for column in (told.column, f"{told.column}_largest", f"{told.column}_second")
                ]
                report.add(DOMINATED, f"{row.key}: {told.column}", (1, 1), named)


def audit_minutes(rows: Sequence[OutsiderRow], world: World, report: Report) -> None:
    """Sums that are rounded once a row: rows of the same persons, or that add up to them, must agree within that."""
    measures = sorted({told.column for row in rows for told in row.form.sums if told.told == "rounded"})
    for measure in measures:
        finest = finest_rows(rows, measure, world, ("rounded",))
        sets: dict[tuple[object, ...], list[OutsiderRow]] = {}
        for row in rows:
            if any(told.column == measure for told in row.form.sums) and (
                row.form.axis or row.form.period != "week_start"
            ):
                sets.setdefault((row.form.name, row.weeks, row.box, row.part is None), []).append(row)
        for together in [*sets.values(), *([row] for _, row, _ in finest)]:
            same = {row.part: row for row in together}
            below = cells_below(together[0], world, finest)
            if below is None:
                continue
            told = sum(int(row.values[measure]) for row in same.values())
            cells = sum(int(one.values[each.column]) for one, each in below)
            report.checked["sums of minutes"] += 1
            if 2 * abs(told - cells) > len(same) + len(below):
                named = [*(row.named(measure) for row in same.values()), *(one.named(measure) for one, _ in below)]
                report.add(CONTRADICT, f"{measure} that differ", (abs(told - cells),) * 2, named)
    _same_parts(rows, report)


def _same_parts(rows: Sequence[OutsiderRow], report: Report) -> None:
    known: dict[tuple[object, ...], OutsiderRow] = {}
    for row in rows:
        same = known.setdefault((row.weeks, row.box, row.form.axis, row.part), row)
        for told in row.form.sums:
            one, other = same.values.get(told.column), row.values[told.column]
            if told.told == "rounded" and one is not None and one != other and same.form.name == row.form.name:
                named = [same.named(told.column), row.named(told.column)]
                report.add(CONTRADICT, f"{told.column} that differ", (abs(one - other),) * 2, named)


def audit_coverage(
    tables: Sequence[Table], rows: Sequence[OutsiderRow], form: Form, report: Report, limits: AuditLimits
) -> None:
    """A percentage that passed, beside how many did: whoever was left out may be a few."""
    for table in tables:
        if not table.form.percent:
            continue
        for row in table.rows:
            whose = str(row[table.form.population.removeprefix("column ")])
            percent, measure = row[table.form.percent], getattr(form.population.get(whose), "percent_of", "")
            if percent is None or not measure or percent <= 0:
                continue
            passed = [
                (one, told)
                for one in rows
                if one.population == whose and one.weeks == (row["week_start"],) and not one.form.axis
                for told in one.form.sums
                if told.measure == measure and told.told == "above persons"
            ]
            if not passed:
                continue
            between = [held(one, told, limits.promise) for one, told in passed]
            least, most = sum(low for low, _ in between), sum(high or 0 for _, high in between)
            fewest = -(-least * max(0, 199 - 2 * percent) // (2 * percent + 1))
            at_most = most * (201 - 2 * percent) // (2 * percent - 1)
            report.checked["coverage"] += 1
            if limits.is_few(fewest, at_most):
                named = [f"{table.place} {table.form.name} {row['week_start']} {whose} {table.form.percent}={percent}"]
                report.add(
                    DROPPED, f"{row['week_start']}", (1, at_most), [*named, *(o.named(t.column) for o, t in passed)]
                )
