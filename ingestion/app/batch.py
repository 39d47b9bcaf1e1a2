"""One batch of the app: people, stored sessions gated again, delivered sessions gated and stored."""

from datetime import date

import duckdb

from consent.gate import gate
from consent.reasons import STOPPED
from expectations.doors.door_in import check_app_records_arriving
from home.duck import open_duckdb
from home.keys import quarantine_key, week_key
from home.lock import held
from home.register.register import Dropped, Register, recorded_step
from home.run import Run
from home.sql import Sql, sql_file
from home.weeks.week_states import days_between, mondays_between, records_end_at, settled_weeks
from ingestion.app.delivered_days import awaited_days, note_delivered_days
from ingestion.app.deliveries import app_deliveries
from ingestion.app.people import read_people
from ingestion.app.source import read_app_sessions
from ingestion.deliveries.batch_counts import keep_awaited, keep_batch_counts, keep_days_open, keep_removed
from ingestion.deliveries.delivery_guard import bounds_of_weeks, check_deliveries
from ingestion.places.geolocation import region_of_addresses
from ingestion.store.pseudonyms import PERSON, SESSION, prepare_people_of_week, pseudonym
from ingestion.store.quarantine import store_quarantine
from ingestion.store.record_store import (  # fmt: skip
    check_records,
    discard_pending,
    put_in_place,
    remove_week,
    stored_weeks,
    week_file,
    write_pending,
)
from ingestion.store.regating import regate_app_records

SOURCE = "app"


def ingest_app(run: Run) -> None:
    """Reads the app's source for the run's interval and leaves in the store exactly what may be used.

    Safe to repeat: the same delivery gives the same store.

    Raises:
        InputRefused: the source or what was about to be stored is not what it must be; nothing of the batch is stored.
        StateDamaged: a key or a file of stored records is missing or was changed; nothing of the store is touched.
        AnotherRunHoldsTheLock: another run writes to this home.
    """
    with held(run.home), recorded_step(run, "ingest_app_usage"):
        discard_pending(run.home, SOURCE)
        check_records(run.home, SOURCE)
        keep_days_open(run, SOURCE)
        con = open_duckdb(run.home)
        snapshots = read_people(con, run)
        keep_removed(run, SOURCE, regate_app_records(con, run))
        read_app_sessions(con, run.settings, run.as_of, known_within=bounds_of_weeks(run))
        check_deliveries(con, run, app_deliveries(con, run.settings), (SOURCE,))
        region_of_addresses(con, run.settings)
        _match_stored_sessions(con, run)
        _gate_delivered_sessions(con, run)
        _store(con, run)
        store_quarantine(con, run.home, f"{run.run_id}.{SOURCE}", run.as_of, quarantine_key(run.home))
        _register(con, run, snapshots)
        con.close()


def _match_stored_sessions(con: duckdb.DuckDBPyConnection, run: Run) -> None:
    """Finds, among what is stored, the sessions that were delivered again, whatever week they now start in.

    Makes `stored_matches` (`session_id`, `week`, `session UUID`, `is_superseded`): superseded is the stored row where
    the delivered one ends later, or as late and starts earlier, or as late and long with a smaller user id. The same
    row read again is taken anew, with today's region, where the run's interval holds it, and left alone elsewhere. Of
    two rows of one user that differ in address or platform alone the delivered one is taken: no address is stored.
    """
    con.execute(
        "create or replace temp table stored_matches"
        " (session_id varchar, week date, session uuid, is_superseded boolean)"
    )
    for monday in stored_weeks(run.home, SOURCE):
        prepare_people_of_week(con, run.home, monday)
        con.execute(
            sql_file("ingestion.app", "stored_matches", session_pseudonym=pseudonym(SESSION, Sql("session_id"))),
            {
                "monday": monday,
                "key": week_key(run.home, monday),
                "file": str(week_file(run.home, SOURCE, monday)),
                "timezone": run.policy.consent.timezone,
                "first_day": run.first_day,
                "last_day": run.last_day,
            },
        )


def _gate_delivered_sessions(con: duckdb.DuckDBPyConnection, run: Run) -> None:
    """Gates the delivered sessions of the interval's weeks.

    Makes `delivered`: `candidate`, `session_id`, `user_id`, `started_at`, `ended_at`, `region_code`, `platform`,
    `start_day`, `week`, `is_in_interval`, `is_open`, `is_superseded` (a stored row of the session stands), and
    `delivered_gated`. Whole weeks are gated, not the interval alone, since a week's coverage counts the persons dropped
    in all its days.
    """
    weeks = list(mondays_between(run.first_day, run.last_day))
    con.execute(
        sql_file("ingestion.app", "delivered"),
        {
            "timezone": run.policy.consent.timezone,
            "first_day": run.first_day,
            "last_day": run.last_day,
            "first_week": weeks[0],
            "last_week": weeks[-1],
        },
    )
    con.execute(
        "create or replace temp view delivered_closed as"
        " select * from delivered where not is_open and not is_superseded"
    )
    gate(con, "delivered_closed", "delivered_gated", run.as_of, run.policy)


def _store(con: duckdb.DuckDBPyConnection, run: Run) -> None:
    """Puts what passed in the place of what it beats, week by week, once the door-in suite agrees to all of it."""
    pending, emptied = [], []
    settled = settled_weeks(run.home, SOURCE)
    arriving = set(mondays_between(run.first_day, run.last_day))
    for monday in sorted(arriving | set(stored_weeks(run.home, SOURCE))):
        over = run.as_of >= records_end_at(monday, run.policy.retention.record_weeks, run.policy.consent.timezone)
        if monday in settled and over:
            continue  # Its cells are frozen and its records were due for destruction: nothing is stored again.
        before, superseded, after = _merge_week(con, run, monday)
        if after == 0 and before > 0:
            emptied.append(monday)
        elif after > before - superseded or superseded > 0:
            pending.append(write_pending(con, run.home, SOURCE, monday, Sql("merged")))
    check_app_records_arriving(pending, run.home.reports, run.policy, run.run_id)
    put_in_place(run.home, pending)
    for monday in emptied:
        remove_week(run.home, SOURCE, monday)


def _merge_week(con: duckdb.DuckDBPyConnection, run: Run, monday: date) -> tuple[int, int, int]:
    """Makes `merged`, the week's records after this batch. Returns rows stored before, rows superseded, rows after."""
    file = week_file(run.home, SOURCE, monday)
    con.execute(
        "create or replace temp table superseded as"
        " select session from stored_matches where week = ? and is_superseded",
        [monday],
    )
    con.execute(
        sql_file(
            "ingestion.app",
            "merged",
            person_pseudonym=pseudonym(PERSON, Sql("delivered.user_id")),
            session_pseudonym=pseudonym(SESSION, Sql("delivered.session_id")),
        ),
        {"monday": monday, "key": week_key(run.home, monday)},
    )
    before = 0
    if file.exists():
        [(before,)] = con.execute("select count(*) from read_parquet(?)", [str(file)]).fetchall()
        con.execute(
            "insert into merged by name select * from read_parquet(?) anti join superseded using (session)", [str(file)]
        )
    [(superseded, after)] = con.execute(
        "select (select count(*) from superseded), (select count(*) from merged)"
    ).fetchall()
    return before, superseded, after


def _register(con: duckdb.DuckDBPyConnection, run: Run, snapshots: dict[str, int]) -> None:
    """Keeps the run's counts, the days it covered, and what the gate dropped."""
    gated = con.execute(
        """
        -- A stored row that outdoes the delivered one has passed the gate again in this run.
        select coalesce(delivered_gated.reason, 'passed') as outcome, count(*)
        from delivered
        left join delivered_gated using (candidate)
        where delivered.is_in_interval and (delivered.is_superseded or not delivered.is_open)
        group by outcome
        order by outcome
        """
    ).fetchall()
    [(still_open,)] = con.execute(
        "select count(*) from delivered where is_open and is_in_interval and not is_superseded"
    ).fetchall()
    weeks = con.execute(
        f"""
        select
            delivered.week,
            count(*) filter (delivered_gated.reason not in {STOPPED}),
            count(distinct delivered.user_id) filter (delivered_gated.reason not in {STOPPED}),
            count(*)
        from delivered
        left join delivered_gated using (candidate)
        group by delivered.week
        """
    ).fetchall()
    missed = _weeks_with_sessions_not_delivered(con, run)
    dropped = [
        (week, Dropped(records, persons, delivered, is_whole=week not in missed))
        for week, records, persons, delivered in weeks
    ]
    days = days_between(run.first_day, run.last_day)
    with Register(run.home) as register:
        note_delivered_days(con, register, run)
        awaited = awaited_days(register, run)
        keep_batch_counts(con, register, run, SOURCE, gated=dict(gated), still_open=still_open)
        register.keep_dropped(SOURCE, dropped)
        for name, rows in snapshots.items():
            register.keep_snapshot_rows(name, rows)
        keep_awaited(register, run, SOURCE, awaited)
        register.cover_days(SOURCE, days, [day for day in days if run.settles(day) and day not in awaited])


def _weeks_with_sessions_not_delivered(con: duckdb.DuckDBPyConnection, run: Run) -> set[date]:
    """The interval's weeks of which something was stored that this run was not given again."""
    missed = set()
    for monday in mondays_between(run.first_day, run.last_day):
        file = week_file(run.home, SOURCE, monday)
        if not file.exists():
            continue
        [(rows,)] = con.execute(
            f"""
            select count(*)
            from read_parquet($file) as stored
            anti join (select {pseudonym(SESSION, Sql("session_id"))} as session from app_sessions) as delivered
                using (session)
            """,
            {"file": str(file), "key": week_key(run.home, monday)},
        ).fetchall()
        if rows:
            missed.add(monday)
    return missed
