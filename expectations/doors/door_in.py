"""The door in: nothing is stored that breaks an expectation."""

from pathlib import Path

import duckdb

from expectations.rules.column_rules import COLUMNS_FOUND
from expectations.rules.known_codes import make_known_codes
from expectations.rules.rule import Suite
from expectations.suites.app_records import app_records
from expectations.suites.ga4_records import ga4_records
from expectations.validation.outcome import describe_failures
from expectations.validation.outcome_pages import write_pages
from expectations.validation.validation import validate
from home.duck import open_duckdb
from home.layout import Home
from policy.policy import Policy
from refusals.errors import EngineFailed, InputRefused


def check_app_records_arriving(paths: list[Path], reports: Path, policy: Policy, run_id: str) -> None:
    """The app's sessions about to be stored keep every rule of `app_records`.

    Args:
        paths: the Parquet files about to be renamed into the record store; none: nothing is done.
        reports: the home's reports folder, which gets the pages.
        policy: the policy of the run.
        run_id: the run, for the pages.

    Raises:
        InputRefused: a rule is broken; table, column, expectation and the number of offenders are named.
        EngineFailed: the files cannot be read back, or no rule could be evaluated.
    """
    suite = app_records(policy.consent.timezone)
    _check("app", suite, paths, reports=reports, policy=policy, run_id=run_id)


def check_ga4_records_arriving(paths: list[Path], reports: Path, policy: Policy, run_id: str) -> None:
    """The GA4 rows about to be stored keep every rule of `ga4_records`; otherwise as for the app.

    Raises:
        InputRefused: a rule is broken; table, column, expectation and the number of offenders are named.
    """
    suite = ga4_records(policy.consent.timezone)
    _check("ga4_export", suite, paths, reports=reports, policy=policy, run_id=run_id)


def _check(source: str, suite: Suite, paths: list[Path], *, reports: Path, policy: Policy, run_id: str) -> None:
    if not paths:
        return
    with open_duckdb(Home(reports.parent)) as con:
        make_known_codes(con, policy)
        _make_records(con, source, suite.table, paths)
        outcomes = validate(con, [suite])
    page = write_pages(reports, f"door-in-{source}", f"Door in: {source}", outcomes, run_id)
    failures = [failure for outcome in outcomes for failure in outcome.failures]
    if failures and all(failure.offenders is None for failure in failures):
        raise EngineFailed(
            f"{source}: nothing was stored: at the door in, {describe_failures(outcomes)}: no source is at fault; run"
            " again, and where it stays, check disk and memory"
        )
    if failures:
        raise InputRefused(
            f"{source}: nothing was stored; broken at the door in: {describe_failures(outcomes)}."
            f" {page} has the counts; mend the source, or ignore the file, and run again"
        )


def _make_records(con: duckdb.DuckDBPyConnection, source: str, table: str, paths: list[Path]) -> None:
    """Makes the view that the rules read, and the table of each file's own columns: a scan of many would blend them."""
    con.execute(f"create table {COLUMNS_FOUND} (table_name text, file_name text, column_name text, column_type text)")
    try:
        for path in paths:
            con.execute(
                f"insert into {COLUMNS_FOUND} select '{table}', ?, column_name, column_type"
                " from (describe select * from read_parquet(?))",
                [path.name, str(path)],
            )
        records = con.read_parquet([str(path) for path in paths], union_by_name=True, filename=True)
        records.create_view(table)
    except duckdb.Error as error:
        names = ", ".join(sorted(path.name for path in paths))
        # The driver's own message could quote what it read, and a task's log shows the cause of an error.
        raise EngineFailed(
            f"{source}: among the files about to be stored ({names}), one cannot be read back ({type(error).__name__});"
            " nothing was stored, and no source is at fault: run again; where it stays, check disk and memory"
        ) from None
