"""`cmn audit`: what published tables tell together, found with none of the code that made them."""

import argparse
import json

from auditor.audit_of_tables import audit_tables
from auditor.finding import Report
from auditor.form import SHIPPED, Promise, read_form
from auditor.read_tables import Reader
from policy.policy import load_policy

FOUND = 4
NOT_FINISHED = 1


def audit_command(options: argparse.Namespace) -> int:
    """Prints every finding with the rows that combine; 0: none, 4: some, 1: none before the time was over."""
    shipped = load_policy().anonymity
    promise = Promise(
        k=options.k or shipped.k,
        dominance_p=shipped.dominance_p if options.dominance_p is None else options.dominance_p,
        step=options.step or shipped.count_step,
    )
    reader = Reader(read_form(options.form or SHIPPED))
    report = audit_tables(reader.read(options.paths), reader.form, promise, options.minutes)
    if options.as_json:
        print(json.dumps({**promise.model_dump(), **report.as_json(), "passed_over": reader.passed_over}))
    else:
        print("\n".join(_lines(report, promise, reader.passed_over)))
    if report.findings:
        return FOUND
    return NOT_FINISHED if report.not_reached else 0


def _lines(report: Report, promise: Promise, passed_over: list[str]) -> list[str]:
    checked = ", ".join(f"{count} {what}" for what, count in sorted(report.checked.items()))
    return [
        *(f"found      {one.sentence()}" for one in report.findings),
        *(f"open       {one}" for one in report.open),
        *(f"unreached  {one}" for one in report.not_reached),
        *(f"passed     {one}: no table of the form, not looked at" for one in passed_over),
        f"looked at  {checked}",
        f"{len(report.findings)} findings of 1 to {promise.k - 1} persons; {len(report.open)} left open,"
        f" {len(report.not_reached)} not reached",
    ]
