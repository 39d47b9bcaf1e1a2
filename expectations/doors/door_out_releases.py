"""The door out for releases: their tables, as they stand in the files about to leave, keep every rule of their mart."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

import duckdb
import pyarrow as pa

from catalogue.catalogue import SIDES
from expectations.doors.door_out import attach_marts, describe_marts, make_frozen_weeks
from expectations.rules.known_codes import make_known_codes
from expectations.rules.mart_rules import COMMENTS_FOUND
from expectations.rules.rule import Suite
from expectations.suites.engaged_mart import engaged_mart
from expectations.suites.ga4_mart import ga4_mart
from expectations.suites.quarter_releases import QUARTER, WEEKS_HELD, quarter_release, quarter_weeks_release
from expectations.suites.side_mart import side_mart
from expectations.suites.usage_mart import usage_mart
from expectations.validation.outcome import SuiteOutcome, describe_failures
from expectations.validation.outcome_pages import write_pages
from expectations.validation.validation import validate
from home.duck import open_duckdb
from home.layout import Home
from policy.policy import Policy
from refusals.errors import PublicationRefused


@dataclass(frozen=True)
class LeavingTable:
    """A table of a release, read back from its file. `suite`: whose rules it keeps, a mart or a quarter's table.

    The descriptions of table and columns are those in the file's own metadata. `weeks`: the Mondays it holds.
    """

    release: str
    suite: str
    table: pa.Table
    weeks: tuple[date, ...]


@cache
def number_of_rules(suite: str) -> int:
    """How many rules a table must keep to leave."""
    return len(_suites(1)[suite].rules)


def check_releases_leaving(
    dataset: str, leaving: Sequence[LeavingTable], home: Home, policy: Policy, run_id: str
) -> None:
    """Every table of a dataset about to be released keeps every rule; tables of one suite are judged together.

    Raises:
        PublicationRefused: a rule is broken; suite, column, rule and the number of offenders are named.
    """
    outcomes = _judge(leaving, home, policy)
    kind = "quarters" if any(one.suite == QUARTER for one in leaving) else "weeks"
    page = write_pages(home.reports, f"door-out-{dataset}-{kind}", f"Door out: {dataset}, {kind}", outcomes, run_id)
    if any(outcome.failures for outcome in outcomes):
        raise PublicationRefused(
            f"releases of {dataset}: nothing was published; broken at the door out: {describe_failures(outcomes)}."
            f" {page} has the counts; it is a fault of the pipeline or of the marts (build them again), not of a source"
        )


def _suites(k: int) -> Mapping[str, Suite]:
    suites = (
        usage_mart(k), *(side_mart(mart, k) for mart in SIDES), ga4_mart(k), engaged_mart(k), quarter_release(k),
        quarter_weeks_release(k),
    )  # fmt: skip
    return {suite.table: suite for suite in suites}


def _judge(judged: Sequence[LeavingTable], home: Home, policy: Policy) -> list[SuiteOutcome]:
    with open_duckdb(home) as con:
        make_known_codes(con, policy)
        make_frozen_weeks(con, home)
        attach_marts(con, home.marts, without={one.suite for one in judged})
        _make_weeks_held(con, judged)
        names = sorted({one.suite for one in judged})
        for name in names:
            _make_table(con, name, [one.table for one in judged if one.suite == name])
        describe_marts(con, "memory")
        _make_comments(con, judged)
        return validate(con, [_suites(policy.anonymity.k)[name] for name in names])


def _make_weeks_held(con: duckdb.DuckDBPyConnection, judged: Iterable[LeavingTable]) -> None:
    held = [
        {"quarter": one.table.column("quarter")[0].as_py(), "week_start": week}
        for one in judged
        if one.suite == QUARTER and one.table.num_rows
        for week in one.weeks
    ]
    schema = pa.schema([("quarter", pa.string()), ("week_start", pa.date32())])
    con.register("weeks_held_given", pa.Table.from_pylist(held, schema))
    con.execute(f"create table {WEEKS_HELD} as select * from weeks_held_given")
    con.unregister("weeks_held_given")


def _make_table(con: duckdb.DuckDBPyConnection, name: str, tables: Sequence[pa.Table]) -> None:
    con.register("leaving", pa.concat_tables([table.replace_schema_metadata(None) for table in tables]))
    con.execute(f"create table {name} as select * from leaving")
    con.unregister("leaving")


def _make_comments(con: duckdb.DuckDBPyConnection, judged: Iterable[LeavingTable]) -> None:
    """The comments that the files carry in their own metadata, each that any file says; null where one says nothing."""
    comments = {
        (one.suite, column, _described(metadata))
        for one in judged
        for column, metadata in (
            (None, one.table.schema.metadata),
            *((field.name, field.metadata) for field in one.table.schema),
        )
    }
    names = ("table_name", "column_name", "comment")
    given = pa.table(
        {name: pa.array(texts, pa.string()) for name, texts in zip(names, zip(*comments, strict=True), strict=True)}
    )
    con.register("comments_given", given)
    con.execute(f"create or replace table {COMMENTS_FOUND} as select * from comments_given")
    con.unregister("comments_given")


def _described(metadata: Mapping[bytes, bytes] | None) -> str | None:
    text = (metadata or {}).get(b"description")
    return None if text is None else text.decode()
