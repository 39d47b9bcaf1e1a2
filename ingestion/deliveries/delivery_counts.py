"""How many records each delivery held, by the day they start and by what is wrong with them: what a guard goes by."""

from datetime import date, datetime

import duckdb

from home.sql import Sql, literal, sql_file
from ingestion.delivered.raw_relation import RecordTable

_QUARTER_US = 15 * 60 * 1_000_000
"""Every zone's offset is whole quarters of an hour, so that each quarter lies in one local day; few are converted."""


def make_delivery_counts(con: duckdb.DuckDBPyConnection) -> None:
    """Makes `delivery_counts` and `unknown_users_of_weeks` where they are not there yet.

    `delivery_counts`: `source`, `file`, `day` (local; null where no time was read, or none is meant), `reason` (null: a
    good record), `records`. A file without a record has one row of none.
    `unknown_users_of_weeks`: `file`, `week`, `users`, `unknown`: distinct users of its sessions, those not in `users`.
    `table_digests`: `source`, `file`, `digest` of what is bad in a database's table.
    """
    con.execute("""
        create temp table if not exists delivery_counts
            (source varchar, file varchar, day date, reason varchar, records bigint);
        create temp table if not exists unknown_users_of_weeks
            (file varchar, week date, users bigint, unknown bigint);
        create temp table if not exists table_digests (source varchar, file varchar, digest varchar)
    """)


def count_records(con: duckdb.DuckDBPyConnection, table: RecordTable, reason: Sql) -> None:
    """Counts `judged_<table>` into `delivery_counts`, by file alone; `reason` is SQL over a judged record."""
    make_delivery_counts(con)
    con.execute(f"""
        insert into delivery_counts
        select {literal(table.source)}, file, null, reason, coalesce(records, 0)
        from read_files
        left join (
            select file_number, {reason} as reason, count(*) as records from {table.judged} group by all
        ) using (file_number)
    """)


def count_sessions(con: duckdb.DuckDBPyConnection, table: RecordTable, reason: Sql, timezone: str) -> None:
    """Counts `judged_sessions` into `delivery_counts`, by file and the local day on which they start."""
    make_delivery_counts(con)
    con.execute(
        sql_file(
            "ingestion.deliveries",
            "counted_sessions",
            told_reason=reason,
            judged=table.judged,
        ),
        {"source": table.source, "timezone": timezone, "quarter_us": _QUARTER_US},
    )


def count_events(con: duckdb.DuckDBPyConnection, source: str) -> None:
    """Counts `ga4_rows`, of which the bad ones are in `bad_records`, into `delivery_counts`; a day is its file's date.

    Makes `ga4_delivered` (`file_date`, `file`, `records`, `good`) of the files that were read, empty ones included.
    """
    make_delivery_counts(con)
    con.execute(
        """
        create or replace temp table ga4_bad as
        select file, reason, count(*) as records from bad_records where source = $source group by file, reason;
        """,
        {"source": source},
    )
    con.execute("""
        create or replace temp table ga4_delivered as
        select
            file_date,
            file,
            coalesce(counted.records, 0) as records,
            coalesce(counted.records, 0) - coalesce(bad.records, 0)::bigint as good
        from ga4_files
        left join (select file_number, count(*) as records from ga4_rows group by file_number) as counted
            using (file_number)
        left join (select file, sum(records) as records from ga4_bad group by file) as bad using (file)
        where ga4_files.is_read
    """)
    con.execute(
        """
        insert into delivery_counts
        select $source, file, null, null, good from ga4_delivered
        union all
        select $source, file, null, reason, records from ga4_bad
        """,
        {"source": source},
    )
    con.execute("drop table ga4_bad")


def count_unknown_users(
    con: duckdb.DuckDBPyConnection, timezone: str, first_at: datetime, end_at: datetime, least: int
) -> None:
    """Counts, for each file and week of [`first_at`, `end_at`), the users of `judged_sessions` not in `app_users`.

    Nothing is counted where fewer than `least` are unknown in all.
    """
    make_delivery_counts(con)
    within = {"first_at": first_at, "end_at": end_at}
    con.execute(
        """
        create or replace temp table users_nobody_knows as
        select distinct user_id from judged_sessions
        anti join app_users using (user_id)
        where reason is null and started_at >= $first_at and started_at < $end_at
        """,
        within,
    )
    [(unknown,)] = con.execute("select count(*) from users_nobody_knows").fetchall()
    if unknown >= least:
        con.execute(
            sql_file("ingestion.deliveries", "unknown_users_of_weeks"),
            {**within, "timezone": timezone},
        )


def keep_table_digest(
    con: duckdb.DuckDBPyConnection, table: RecordTable, reason: Sql, are_users_known: bool = False
) -> None:
    """Keeps by what a database's table is known again: its bad records, each by its identity, and its unknown users.

    A live table is another one at every reading; what an operator accepts is what is bad in it. So a further bad record
    is another delivery, and a further good one is not. `in_future` is left out: it depends on the moment.
    """
    make_delivery_counts(con)
    unknown = Sql(f"""
        union
        select sha256(user_id) from {table.judged} anti join app_users using (user_id) where reason is null
    """)
    con.execute(f"""
        insert into table_digests
        select {literal(table.source)}, file, sha256(coalesce(string_agg(part, '' order by part), ''))
        from read_files
        left join (
            select sha256(string_agg(identity, '' order by identity)) as part
            from (
                select coalesce(identity, sha256(coalesce(user_id, ''))) as identity from {table.judged}
                where ({reason}) <> 'in_future'
                {unknown if are_users_known else ""}
            )
            group by left(identity, 3)
        ) on true
        group by file
    """)


def delivered_days(con: duckdb.DuckDBPyConnection, source: str, first_day: date, last_day: date) -> dict[date, int]:
    """How many records of each day were delivered, in whatever file; days without one are left out."""
    return dict(
        con.execute(
            """
            select day, sum(records)::bigint from delivery_counts
            where source = $source and records > 0 and day between $first_day and $last_day
            group by day order by day
            """,
            {"source": source, "first_day": first_day, "last_day": last_day},
        ).fetchall()
    )


def spanned_days(con: duckdb.DuckDBPyConnection, source: str, days: list[date], busy_day_records: int) -> set[date]:
    """Those of the days that lie between two busy days of one and the same delivery: it tells that they were quiet."""
    spans = con.execute(
        """
        select distinct min(day), max(day) from (
            select file, day from delivery_counts
            where source = $source and day is not null
            group by file, day having sum(records) >= $busy
        ) group by file
        """,
        {"source": source, "busy": busy_day_records},
    ).fetchall()
    return {day for day in days if any(first < day < last for first, last in spans)}
