"""The gate, run again over what is stored: a withdrawal or a closed account empties the store within this run."""

from collections import Counter
from datetime import date

import duckdb

from consent.gate import gate
from consent.reasons import REASONS
from home.run import Run
from home.sql import Sql, identifier, joined, literal, sql_file
from ingestion.store.account_links import prepare_links_of_week
from ingestion.store.pseudonyms import prepare_people_of_week
from ingestion.store.record_store import put_in_place, remove_week, stored_weeks, week_file, write_pending


def regate_app_records(con: duckdb.DuckDBPyConnection, run: Run) -> dict[str, int]:
    """Takes out stored sessions that no longer pass, and re-reckons age bands from today's birth dates.

    Needs `app_users` and `app_consents`. Returns how many sessions were removed, by reason.
    """
    removed: Counter[str] = Counter()
    for monday in stored_weeks(run.home, "app"):
        prepare_people_of_week(con, run.home, monday)
        con.execute(
            """
            create or replace temp table stored as
            select records.*, people_of_week.user_id, row_number() over () as candidate
            from read_parquet(?) as records
            left join people_of_week using (person)
            """,
            [str(week_file(run.home, "app", monday))],
        )
        gate(con, "stored", "regated", run.as_of, run.policy)
        con.execute(
            """
            create or replace temp table kept as
            select stored.* replace (regated.age_band as age_band)
            from stored
            inner join regated using (candidate)
            where regated.reason is null
            """
        )
        removed.update(_reasons(con, "regated"))
        [(changed_bands,)] = con.execute(
            "select count(*) from stored inner join kept using (candidate) where stored.age_band <> kept.age_band"
        ).fetchall()
        _keep(con, run, "app", monday, must_write=changed_bands > 0)
    return dict(removed)


def regate_ga4_records(con: duckdb.DuckDBPyConnection, run: Run) -> dict[str, int]:
    """Takes out stored rows of which an account no longer passes, after linking browsers to accounts seen with them.

    Needs `app_users`, `app_consents`, `ga4_links` and `ga4_persons`. Returns how many rows were removed, by reason.
    """
    removed: Counter[str] = Counter()
    for monday in stored_weeks(run.home, "ga4_export"):
        prepare_people_of_week(con, run.home, monday)
        prepare_links_of_week(con, run.home, monday)
        con.execute(
            sql_file("ingestion.store", "stored_ga4_records"),
            {"file": str(week_file(run.home, "ga4_export", monday))},
        )
        con.execute(
            """
            create or replace temp table account_rows as
            select
                row_number() over () as candidate,
                accounts.stored_row,
                people_of_week.user_id,
                accounts.event_at as started_at,
                accounts.event_at as ended_at
            from (select stored_row, event_at, unnest(gate_persons) as person from stored) as accounts
            left join people_of_week using (person)
            """
        )
        gate(con, "account_rows", "regated_accounts", run.as_of, run.policy)
        con.execute(
            f"""
            create or replace temp table regated as
            select account_rows.stored_row, {first_reason(Sql("regated_accounts.reason"))} as reason
            from account_rows
            inner join regated_accounts using (candidate)
            group by account_rows.stored_row
            """
        )
        con.execute(
            """
            create or replace temp table kept as
            select stored.*
            from stored
            left join regated using (stored_row)
            where regated.reason is null
            """
        )
        removed.update(_reasons(con, "regated"))
        [(relinked,)] = con.execute("select count(*) from kept where is_relinked").fetchall()
        _keep(con, run, "ga4_export", monday, must_write=relinked > 0)
    return dict(removed)


def first_reason(column: Sql) -> Sql:
    """The SQL aggregate for the first of a group's reasons, in the gate's order; null where all passed."""
    listed = joined(literal(reason) for reason in REASONS)
    return Sql(f"list_extract([{listed}], cast(min(list_position([{listed}], {column})) as integer))")


def _reasons(con: duckdb.DuckDBPyConnection, table: str) -> dict[str, int]:
    rows = con.execute(
        f"select reason, count(*) from {identifier(table)} where reason is not null group by reason"
    ).fetchall()
    return dict(rows)


def _keep(con: duckdb.DuckDBPyConnection, run: Run, source: str, monday: date, *, must_write: bool) -> None:
    """Rewrites a week's file by `kept`, where that differs from what is stored."""
    [(before, after)] = con.execute("select (select count(*) from stored), (select count(*) from kept)").fetchall()
    if after == 0:
        remove_week(run.home, source, monday)
    elif after != before or must_write:
        put_in_place(run.home, [write_pending(con, run.home, source, monday, Sql("kept"))])
