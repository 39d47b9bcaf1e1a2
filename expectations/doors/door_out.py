"""The door out: nothing leaves that breaks an expectation."""

from collections.abc import Collection
from pathlib import Path

import duckdb
import pyarrow as pa

from catalogue.catalogue import FROZEN_SOURCES, SIDES
from expectations.rules.column_rules import COLUMNS_FOUND
from expectations.rules.known_codes import make_known_codes
from expectations.rules.mart_rules import COMMENTS_FOUND, FROZEN_WEEKS
from expectations.rules.rule import Suite
from expectations.suites.audience_mart import audience_mart
from expectations.suites.coverage_mart import coverage_mart
from expectations.suites.dimensions import dim_age_group, dim_region, dim_week
from expectations.suites.engaged_mart import engaged_mart
from expectations.suites.ga4_mart import ga4_mart
from expectations.suites.marts_file import marts_file
from expectations.suites.quality_mart import quality_mart
from expectations.suites.reconciliation_mart import reconciliation_mart
from expectations.suites.side_mart import side_mart
from expectations.suites.usage_mart import usage_mart
from expectations.suites.week_mart import week_mart
from expectations.validation.outcome import describe_failures
from expectations.validation.outcome_pages import MARTS_DOOR, write_pages
from expectations.validation.validation import validate
from home.duck import open_duckdb
from home.layout import Home
from home.weeks.week_states import settled_weeks
from policy.policy import Policy
from refusals.errors import MartsRefused


def check_marts_leaving(marts: Path, reports: Path, policy: Policy, run_id: str) -> None:
    """The marts file about to be swapped in keeps every rule of every mart.

    Args:
        marts: the DuckDB file, still aside; opened read-only.
        reports: the home's reports folder, which gets the pages; the commits of weeks are read beside it.
        policy: the policy of the run. A week that was frozen under another k is held to its own.
        run_id: the run, for the pages.

    Raises:
        MartsRefused: a rule is broken; mart, column, expectation and the number of offenders are named.
    """
    home = Home(reports.parent)
    with open_duckdb(home) as con:
        make_known_codes(con, policy)
        make_frozen_weeks(con, home)
        attach_marts(con, marts)
        outcomes = validate(con, mart_suites(policy.anonymity.k))
    page = write_pages(reports, MARTS_DOOR, "Door out: marts", outcomes, run_id)
    if any(outcome.failures for outcome in outcomes):
        raise MartsRefused(
            f"marts: nothing was published, the last marts stay; broken at the door out: {describe_failures(outcomes)}."
            f" {page} has the counts; this is a fault of the pipeline or its cells, not of a source"
        )


def mart_suites(k: int) -> list[Suite]:
    """All suites of the door out."""
    tables = [
        usage_mart(k),
        *(side_mart(mart, k) for mart in SIDES),
        ga4_mart(k),
        engaged_mart(k),
        audience_mart(k),
        week_mart(k),
        coverage_mart(),
        reconciliation_mart(),
        quality_mart(k),
        dim_region(),
        dim_age_group(),
        dim_week(),
    ]
    return [marts_file([suite.table for suite in tables]), *tables]


def make_frozen_weeks(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Makes the table of frozen weeks from their commits."""
    frozen = [
        {
            "source": source,
            "week_start": commit.week,
            "k": commit.k,
            "count_step": commit.told_step,
            "rules_edition": commit.rules_edition,
        }
        for source in FROZEN_SOURCES
        for commit in settled_weeks(home, source).values()
        if commit.state == "frozen"
    ]
    whole = dict.fromkeys(("k", "count_step", "rules_edition"), pa.int32())
    schema = pa.schema({"source": pa.string(), "week_start": pa.date32(), **whole})
    con.register("frozen_weeks_given", pa.Table.from_pylist(frozen, schema))
    con.execute(f"create table {FROZEN_WEEKS} as select * from frozen_weeks_given")
    con.unregister("frozen_weeks_given")


def attach_marts(con: duckdb.DuckDBPyConnection, marts: Path, without: Collection[str] = ()) -> None:
    """Makes a view of each known mart but some, and tables of the columns and comments that the file has.

    Raises:
        MartsRefused: there is no such file, or it is none of DuckDB's.
    """
    # Else a table that is missing is looked for among Python's variables.
    con.execute("set python_enable_replacements = false")
    quoted = str(marts).replace("'", "''")
    try:
        con.execute(f"attach '{quoted}' as marts (read_only)")
    except duckdb.Error:
        raise MartsRefused(f"marts: {marts} is missing or no DuckDB file: run again") from None
    describe_marts(con, "marts")
    for suite in mart_suites(1)[1:]:
        if suite.table in without:
            continue
        try:
            con.execute(f"create view {suite.table} as select * from marts.main.{suite.table}")
        except duckdb.CatalogException:
            continue  # its rules cannot be evaluated, and so are broken; `marts_file` says that it is missing


def describe_marts(con: duckdb.DuckDBPyConnection, database: str) -> None:
    """Makes `columns_found` and `comments_found` of a database that is attached."""
    con.execute(
        f"create or replace table {COLUMNS_FOUND} as select table_name, database_name as file_name, column_name,"
        f" data_type as column_type from duckdb_columns() where database_name = '{database}' and not internal"
    )
    con.execute(
        f"create or replace table {COMMENTS_FOUND} as"
        f" select table_name, column_name, comment from {COLUMNS_FOUND} join duckdb_columns()"
        f" using (table_name, column_name) where database_name = '{database}'"
        f" union all select table_name, null, comment from duckdb_tables() where database_name = '{database}'"
    )
