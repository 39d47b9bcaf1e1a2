"""The audit of published tables, with nothing but themselves: linear programmes over persons whom nobody knows."""

import time
from collections.abc import Sequence

from auditor.finding import Report
from auditor.form import Form, Promise
from auditor.parts import audit_parts, divisions
from auditor.person_sets import AuditLimits, core_world, worlds_of_axes
from auditor.read_tables import Table
from auditor.rows import audit_coverage, audit_dominance, audit_ends, audit_gaps, audit_minutes
from auditor.sums import audit_sums
from auditor.told import told_rows


def audit_tables(tables: Sequence[Table], form: Form, promise: Promise, minutes: float = 10) -> Report:
    """Every set of one to k - 1 persons that the tables are found to tell together, each with the rows that combine.

    A finding is proven: whatever table of persons has these figures has so few persons in that set. `Report.open` and
    `Report.not_reached` say of what nothing is shown. The same tables give the same report, while there is time.

    Raises:
        InputRefused: a row covers what the form does not allow.
    """
    ends = time.monotonic() + 60 * minutes
    limits = AuditLimits(promise, lambda: ends - time.monotonic())
    report = Report()
    rows = told_rows(list(tables), form)
    report.checked["rows"] = len(rows)
    for population in dict.fromkeys(row.population for row in rows):
        mine = [row for row in rows if row.population == population]
        world = core_world(mine, report, limits)
        worlds_of_axes(mine, form, world, report, limits)
        audit_ends(mine, form, report)
        audit_gaps(mine, form, report)
        audit_dominance(mine, report, limits)
        audit_minutes(mine, world, report)
        audit_sums(mine, form, world, report, limits)
        for division in divisions(mine, form, world, report):
            if limits.left() <= 0:
                first = division.rows[0]
                report.not_reached.append(f"parts of {first.form.name} {first.key}: out of time")
            else:
                audit_parts(division, report, limits)
    audit_coverage(tables, rows, form, report, limits)
    report.findings.sort()
    return report
