"""One batch of the GA4 export: stored rows gated again, delivered rows gated and put in place of what they replace."""

from datetime import date, timedelta

import duckdb

from consent.gate import gate
from consent.reasons import STOPPED
from expectations.doors.door_in import check_ga4_records_arriving
from home.duck import open_duckdb
from home.keys import quarantine_key, week_key
from home.lock import held
from home.register.register import Dropped, Register, recorded_step
from home.run import Run
from home.sql import Sql, sql_file
from home.weeks.week_states import days_between, mondays_between, records_end_at, settled_weeks
from ingestion.app.people import read_people
from ingestion.deliveries.batch_counts import keep_awaited, keep_batch_counts, keep_days_open, keep_removed
from ingestion.deliveries.delivery_guard import check_deliveries
from ingestion.ga4.deliveries import ga4_deliveries
from ingestion.ga4.repeats import repeats_counted
from ingestion.ga4.shrink import check_days_not_shrunk
from ingestion.ga4.source import read_ga4_events
from ingestion.ga4.stopped_browsers import link_persons_but_stopped
from ingestion.store.account_links import prepare_links_of_week
from ingestion.store.pseudonyms import BROWSER, SESSION, pseudonym
from ingestion.store.quarantine import store_quarantine
from ingestion.store.record_store import (
    check_records,
    discard_pending,
    put_in_place,
    remove_week,
    week_file,
    write_pending,
)
from ingestion.store.regating import first_reason, regate_ga4_records

SOURCE = "ga4_export"


def ingest_ga4_export(run: Run) -> None:
    """Reads the GA4 day files of the run's interval and leaves in the store exactly what may be used.

    A day file is a whole: its rows replace what was stored of it. Safe to repeat.

    Raises:
        InputRefused: a file or what was about to be stored is not what it must be; nothing of the batch is stored.
        StateDamaged: a key or a file of stored records is missing or was changed; nothing of the store is touched.
        AnotherRunHoldsTheLock: another run writes to this home.
    """
    with held(run.home), recorded_step(run, "ingest_ga4_export"):
        discard_pending(run.home, SOURCE)
        check_records(run.home, SOURCE)
        keep_days_open(run, SOURCE)
        con = open_duckdb(run.home)
        read_people(con, run)
        # What a reader of people found bad is the app batch's to report.
        con.execute("drop table if exists bad_records; drop table if exists drift_notes")
        weeks = list(mondays_between(run.first_day, run.last_day))
        read_ga4_events(con, run.settings, weeks[0], weeks[-1] + timedelta(days=6), run.as_of)
        check_deliveries(con, run, ga4_deliveries(run.settings), (SOURCE,))
        check_days_not_shrunk(con, run)
        link_persons_but_stopped(con, run)
        keep_removed(run, SOURCE, regate_ga4_records(con, run))
        _gate_events(con, run)
        _store(con, run, weeks)
        store_quarantine(con, run.home, f"{run.run_id}.{SOURCE}", run.as_of, quarantine_key(run.home))
        _register(con, run)
        con.close()


def _gate_events(con: duckdb.DuckDBPyConnection, run: Run) -> None:
    """Makes `gated_events`: the events of the interval's weeks, `week`, `is_in_interval` and `reason` (null: passed).

    The consent flag first, then the missing id, then the gate of every account that was seen with this browser, and of
    the browser itself, which may have been erased with its user.
    """
    con.execute(
        """
        create or replace temp table account_events as
        select
            row_number() over () as candidate,
            events.event_row,
            links.user_id,
            events.event_at as started_at,
            events.event_at as ended_at
        from ga4_events as events
        inner join (select distinct user_pseudo_id, user_id from ga4_links where user_id is not null) as links
            using (user_pseudo_id)
        """
    )
    gate(con, "account_events", "gated_accounts", run.as_of, run.policy)
    export = run.settings.ga4_export
    con.execute(
        sql_file("ingestion.ga4", "gated_events", first_reason=first_reason(Sql("judged.reason"))),
        {
            "first_day": run.first_day,
            "last_day": run.last_day,
            "null_is_consent": export is not None and export.consent_basis == "basic",
        },
    )


def _store(con: duckdb.DuckDBPyConnection, run: Run, weeks: list[date]) -> None:
    """Replaces, in each week, the rows of the interval's days that the day files just read hold anew."""
    pending, emptied = [], []
    settled = settled_weeks(run.home, SOURCE)
    for monday in weeks:
        over = run.as_of >= records_end_at(monday, run.policy.retention.record_weeks, run.policy.consent.timezone)
        if monday in settled and over:
            continue  # Its cells are frozen and its records were due for destruction: nothing is stored again.
        if _merge_week(con, run, monday):
            pending.append(write_pending(con, run.home, SOURCE, monday, Sql("merged")))
        else:
            emptied.append(monday)
    check_ga4_records_arriving(pending, run.home.reports, run.policy, run.run_id)
    put_in_place(run.home, pending)
    for monday in emptied:
        remove_week(run.home, SOURCE, monday)


def _merge_week(con: duckdb.DuckDBPyConnection, run: Run, monday: date) -> int:
    """Makes `merged`, the week's records after this batch, and returns how many they are."""
    prepare_links_of_week(con, run.home, monday)
    con.execute(
        sql_file(
            "ingestion.ga4",
            "merged",
            session_pseudonym=pseudonym(SESSION, Sql("events.ga4_session")),
            browser_pseudonym=pseudonym(BROWSER, Sql("user_pseudo_id")),
        ),
        {"monday": monday, "key": week_key(run.home, monday)},
    )
    file = week_file(run.home, SOURCE, monday)
    if file.exists():
        con.execute(
            """
            insert into merged by name
            select stored.*
            from read_parquet($file) as stored
            left join ga4_days using (file_date)
            where
                ga4_days.file_date is null
                or cast(timezone($timezone, stored.event_at) as date) not between $first_day and $last_day
            """,
            {
                "file": str(file),
                "timezone": run.policy.consent.timezone,
                "first_day": run.first_day,
                "last_day": run.last_day,
            },
        )
    [(rows,)] = con.execute("select count(*) from merged").fetchall()
    return int(rows)


def _register(con: duckdb.DuckDBPyConnection, run: Run) -> None:
    """Keeps the run's counts (rows, not sessions), the days it covered, and what the gate dropped."""
    gated = con.execute(
        "select coalesce(reason, 'passed') as outcome, count(*) from gated_events"
        " where is_in_interval group by outcome order by outcome"
    ).fetchall()
    weeks = con.execute(
        f"select week, count(*) filter (reason not in {STOPPED}),"
        f" count(distinct user_pseudo_id) filter (reason not in {STOPPED}), count(*)"
        " from gated_events group by week"
    ).fetchall()
    missed = _weeks_with_rows_of_absent_files(con, run)
    dropped = [
        (week, Dropped(records, persons, delivered, is_whole=week not in missed))
        for week, records, persons, delivered in weeks
    ]
    daily = {day for (day,) in con.execute("select file_date from ga4_days where is_daily").fetchall()}
    delivered = dict(con.execute("select file_date, sum(records)::bigint from ga4_delivered group by all").fetchall())
    empty = {
        day
        for (day,) in con.execute("select file_date from ga4_delivered group by all having sum(good) = 0").fetchall()
    }
    days = days_between(run.first_day, run.last_day)
    with Register(run.home) as register:
        present = (daily - empty) | set(register.accepted_empty_days(SOURCE))
        ingested = [day for day in days if day in present and run.settles(day)]
        register.keep_delivered_days(SOURCE, delivered)
        keep_awaited(register, run, SOURCE, (day for day in days if day not in present and run.settles(day)))
        keep_batch_counts(con, register, run, SOURCE, gated=dict(gated), still_open=0)
        register.add_counts(run.run_id, "export", SOURCE, repeats_counted(con, run.first_day, run.last_day))
        register.keep_dropped(SOURCE, dropped)
        register.cover_days(SOURCE, days, ingested)


def _weeks_with_rows_of_absent_files(con: duckdb.DuckDBPyConnection, run: Run) -> set[date]:
    """The interval's weeks of which rows are stored whose day file is no longer there."""
    missed = set()
    for monday in mondays_between(run.first_day, run.last_day):
        file = week_file(run.home, SOURCE, monday)
        if not file.exists():
            continue
        [(rows,)] = con.execute(
            "select count(*) from read_parquet(?) anti join ga4_days using (file_date)", [str(file)]
        ).fetchall()
        if rows:
            missed.add(monday)
    return missed
