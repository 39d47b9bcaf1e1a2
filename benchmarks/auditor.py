"""The independent auditor: the marts of twenty demonstration weeks, and a year of weeks of that size.

The year is those weeks again and again, each under a Monday of its own: what one tells says nothing of another.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from auditor.audit_of_tables import audit_tables
from auditor.form import Promise, read_form
from auditor.read_tables import Reader, Table
from policy.policy import load_policy

WEEKS, GOAL_SECONDS = 52, 600


def main(say: Callable[[str], None] = print) -> None:
    """Prints seconds of CPU, rows, findings, and what is left open."""
    policy = load_policy().anonymity
    promise, reader = Promise(k=policy.k, dominance_p=policy.dominance_p, step=policy.count_step), Reader(read_form())
    with tempfile.TemporaryDirectory() as folder:
        command = [str(Path(sys.executable).with_name("cmn")), "demo", "--home", folder]
        subprocess.run(command, check=True, capture_output=True)
        marts = Path(folder) / "marts" / "marts.duckdb"
        for name, paths in (("marts", [marts]), ("marts and releases", [marts, Path(folder) / "releases"])):
            begun = time.process_time()
            _tell(say, name, reader.read(paths), begun, reader=reader, promise=promise)
        tables = reader.read([marts])
        _tell(
            say, f"{WEEKS} weeks", [_year(one) for one in tables], time.process_time(), reader=reader, promise=promise
        )
    say(f"{'goal of a year, at most':<24}{GOAL_SECONDS:>8.1f}")


def _year(table: Table) -> Table:
    weeks = sorted({row["week_start"] for row in table.rows})
    rows = []
    for number in range(WEEKS):
        week, later = weeks[number % len(weeks)], timedelta(weeks=len(weeks) * (number // len(weeks)))
        rows += [{**row, "week_start": week + later} for row in table.rows if row["week_start"] == week]
    return replace(table, rows=rows)


def _tell(
    say: Callable[[str], None], name: str, tables: Sequence[Table], begun: float, *, reader: Reader, promise: Promise
) -> None:
    report = audit_tables(tables, reader.form, promise)
    seconds = time.process_time() - begun
    say(
        f"{name:<24}{seconds:>8.1f} s of CPU  {report.checked['rows']:>7,} rows  {len(report.findings)} findings"
        f"  {len(report.open)} open  {len(report.not_reached)} not reached"
    )
