"""The app's users, consents and sessions as judged tables, from a drop folder or the app's database alike.

Tables made, and their columns: docs/architecture.md, section 1. Everything stays in the connection given.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from home.settings.settings import AppSource, Settings
from home.sql import Sql, identifier, joined, literal
from ingestion.app.deduplicate import deduplicate_sessions
from ingestion.app.judge import Judgement, identity_of_read, judged_select
from ingestion.app.tables import (
    CONSENTS,
    CONSENTS_JUDGEMENT,
    REQUESTS,
    SESSIONS,
    USERS,
    USERS_JUDGEMENT,
    sessions_judgement,
)  # fmt: skip
from ingestion.databases.database import checked_columns, opened_database, table_records
from ingestion.delivered.delivered_file import DeliveredFile, opened
from ingestion.delivered.delivered_records import file_records
from ingestion.delivered.drop_folder import Delivery, folder_files, is_ignored, snapshot_file
from ingestion.delivered.parquet.parquet_vetting import ParquetVetting
from ingestion.delivered.raw_relation import RawRelation, RecordTable
from ingestion.delivered.value_lengths import check_value_lengths
from ingestion.deliveries.delivery_counts import count_records, count_sessions, count_unknown_users, keep_table_digest
from ingestion.places.addresses import PLAIN_ADDRESS, make_unusual_addresses
from ingestion.store.quarantine import make_bad_records
from policy.region_table import regions
from refusals.errors import InputRefused, UsageError

_TYPES = {"text": "varchar", "instant": "timestamptz", "date": "date", "boolean": "boolean"}


def read_app_people(con: duckdb.DuckDBPyConnection, settings: Settings) -> dict[str, int]:
    """Makes `app_users` and `app_consents`; returns how many records of each were delivered, bad ones included.

    What each delivery held is added to `delivery_counts`.

    Raises:
        InputRefused: a file or table is missing or not what it should be, or a bad consent record names no user.
    """
    make_bad_records(con)
    rows = {}
    with judged_source(con, settings) as judge_all:
        rows["users"] = judge_all(USERS, USERS_JUDGEMENT)
        _make_users(con, is_table=is_database(settings))
        rows["consents"] = judge_all(CONSENTS, CONSENTS_JUDGEMENT)
        _make_consents(con, is_table=is_database(settings))
    return rows


def read_app_sessions(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    as_of: datetime,
    known_within: tuple[datetime, datetime] | None = None,
) -> int:
    """Makes `app_sessions`, judged and deduplicated; returns how many records were delivered, bad ones included.

    What each delivery held is added to `delivery_counts`; where `known_within` (from, until) is given, also how many of
    its users at that time are in `app_users`, which must be there then.

    Raises:
        InputRefused: a file or table is missing or not what it should be.
    """
    make_bad_records(con)
    with judged_source(con, settings) as judge_all:
        rows = judge_all(SESSIONS, sessions_judgement(as_of, PLAIN_ADDRESS))
    make_unusual_addresses(con, Sql("select ip_address from judged_sessions where reason = 'bad_ip'"))
    is_good = Sql("(reason is null or (reason = 'bad_ip' and ip_address in (from unusual_addresses)))")
    keep_bad_records(con, SESSIONS, Sql(f"not {is_good}"))
    reason, timezone = Sql(f"case when not {is_good} then reason end"), settings.policy.consent.timezone
    count_sessions(con, SESSIONS, reason, timezone)
    if known_within is not None:
        count_unknown_users(con, timezone, *known_within, settings.policy.deliveries.least_records)
    if is_database(settings):
        keep_table_digest(con, SESSIONS, reason, are_users_known=known_within is not None)
    deduplicate_sessions(con, Sql(f"select * from judged_sessions where {is_good}"), into=Sql("app_sessions"))
    con.execute("drop table judged_sessions; drop table unusual_addresses")
    return rows


def delivers_requests(app: AppSource | None) -> bool:
    """Whether the app delivers a file `requests.*`, or has a table of that name."""
    if app is None:
        return False
    if app.files is not None:
        return any(not is_ignored(path.name, app.ignore) for path in app.files.glob(f"{REQUESTS.name}.*"))
    with opened_database(app) as database:
        return bool(database.server.columns(REQUESTS.name)[1])


def check_not_shrunk(what: str, rows: int, last_rows: int | None, percent: int) -> None:
    """Refuses a snapshot with over `percent` fewer rows than the last one; `last_rows` None: there was none.

    Raises:
        InputRefused: it shrank by more.
    """
    if last_rows is not None and (last_rows - rows) * 100 > percent * last_rows:
        raise InputRefused(
            f"{what}: {rows} records, over {percent} % fewer than the {last_rows} of the last run: deliver the full"
            " snapshot, or raise snapshot_shrink_percent in the policy's retention.toml for this run"
        )


def check_app_source(settings: Settings) -> None:
    """Looks whether the app's deliveries can be read: each file there and open to us, or each table with its columns.

    Raises:
        InputRefused: one is missing, or closed to us, or lacks a column.
    """
    app = settings.app
    if app is None:
        return
    if app.files is not None:
        for file in app_files(app):
            with opened(file):
                pass
        return
    with opened_database(app) as database:
        for table in (USERS, CONSENTS, SESSIONS):
            checked_columns(database, table)


def app_files(app: AppSource) -> list[DeliveredFile]:
    """Every file that the drop folder delivers: users, consents, sessions.

    Raises:
        InputRefused: one is missing, or a name is none that can be read.
    """
    if app.files is None:
        return []
    tables = (USERS, CONSENTS, SESSIONS, *((REQUESTS,) if delivers_requests(app) else ()))
    return [file for table in tables for file in _delivery(app.files, app, table).files]


JudgeAll = Callable[[RecordTable, Judgement], int]


@contextmanager
def judged_source(con: duckdb.DuckDBPyConnection, settings: Settings) -> Iterator[JudgeAll]:
    """How to read a whole kind of record into `judged_<table>`, whichever way the app delivers."""
    app = settings.app
    if app is None:
        raise UsageError(f"config {settings.file}: the app is no source: add [app]")
    if app.files is not None:
        folder = app.files
        yield lambda table, judgement: _judge_files(con, settings, _delivery(folder, app, table), table, judgement)
        return
    with opened_database(app) as database:

        def judge_table(table: RecordTable, judgement: Judgement) -> int:
            make_judged(con, table)
            _judge(con, table_records(con, database, table), table, judgement, file_number=1)
            _check_value_lengths(con, settings, table)
            return _delivered_rows(con, table)

        yield judge_table


def _judge_files(
    con: duckdb.DuckDBPyConnection, settings: Settings, delivery: Delivery, table: RecordTable, judgement: Judgement
) -> int:
    make_judged(con, table)
    for name, note in delivery.passed_over:
        con.execute("insert into drift_notes values (?, ?, ?)", [table.source, name, note])
    limits = settings.policy.limits
    with ParquetVetting(limits) as vetting:
        for number, file in enumerate(delivery.files, start=1):
            with file_records(con, file.within(limits), table, settings.home.work, vetting) as raw:
                _judge(con, raw, table, judgement, number)
    _check_value_lengths(con, settings, table)
    return _delivered_rows(con, table)


def _check_value_lengths(con: duckdb.DuckDBPyConnection, settings: Settings, table: RecordTable) -> None:
    texts = [name for name, want in table.columns.items() if want == "text"]
    judged = Sql(f"(select * from {table.judged} join read_files using (file_number))")
    check_value_lengths(con, judged, texts, settings.policy.limits)


def _delivery(folder: Path, app: AppSource, table: RecordTable) -> Delivery:
    if table is SESSIONS:
        return folder_files(folder, "sessions", app.ignore)
    return snapshot_file(folder, table.name, app.ignore)


def make_judged(con: duckdb.DuckDBPyConnection, table: RecordTable) -> None:
    """Makes `judged_<table>` and `read_files`, empty."""
    columns = joined(Sql(f"{identifier(name)} {identifier(_TYPES[want])}") for name, want in table.columns.items())
    con.execute(f"""
        create or replace temp table {table.judged}
            (file_number integer, position bigint, {columns}, reason varchar, identity varchar, doubt varchar);
        create or replace temp table read_files (file_number integer, file varchar)
    """)


def _judge(
    con: duckdb.DuckDBPyConnection, raw: RawRelation, table: RecordTable, judgement: Judgement, file_number: int
) -> None:
    con.execute("insert into read_files values (?, ?)", [file_number, raw.name])
    for note in raw.notes:
        con.execute("insert into drift_notes values (?, ?, ?)", [table.source, raw.name, note])
    try:
        con.execute(f"insert into {table.judged} {judged_select(raw, table, judgement, file_number)}")
    except duckdb.Error as error:
        raise raw.told(error) from None


def _delivered_rows(con: duckdb.DuckDBPyConnection, table: RecordTable) -> int:
    (rows,) = con.execute(f"select count(*) from {table.judged}").fetchone() or (0,)
    return int(rows)


def keep_bad_records(con: duckdb.DuckDBPyConnection, table: RecordTable, which: Sql) -> None:
    """Adds the judged records that `which` says to `bad_records`."""
    con.execute(f"""
        insert into bad_records
        select {literal(table.source)}, reason, file, position, coalesce(identity, {identity_of_read(table)})
        from {table.judged} join read_files using (file_number) where {which}
    """)


def is_database(settings: Settings) -> bool:
    """Whether the app delivers by its database."""
    return settings.app is not None and settings.app.database is not None


def count_delivered(con: duckdb.DuckDBPyConnection, table: RecordTable, *, is_table: bool) -> None:
    """Counts judged records into `delivery_counts`, and what is bad in a database's table into `table_digests`."""
    reason = Sql("coalesce(reason, doubt)")
    count_records(con, table, reason)
    if is_table:
        keep_table_digest(con, table, reason)


def _make_users(con: duckdb.DuckDBPyConnection, *, is_table: bool) -> None:
    """One row a user. A user with a bad row, or rows that differ, is absent: which one is true cannot be told."""
    countries = [region.code for region in regions().values() if region.level == "country"]
    con.register("listed_countries", pa.table({"code": countries}))
    con.execute("""
        create or replace temp table told_users as
        select distinct user_id, case when country in (select code from listed_countries) then country end as country,
               birth_date, registered_at, closed_at, reason is null as is_good
        from judged_users where user_id is not null
    """)
    con.unregister("listed_countries")
    con.execute("""
        create or replace temp table contradicted_users as
        select user_id from told_users group by user_id having count(*) > 1
    """)
    con.execute("""
        create or replace table app_users as
        select user_id, country, birth_date, registered_at, closed_at from told_users
        where is_good and user_id not in (from contradicted_users)
    """)
    con.execute("""
        update judged_users set reason = 'duplicate_user'
        where reason is null and user_id in (from contradicted_users)
    """)
    keep_bad_records(con, USERS, Sql("reason is not null"))
    count_delivered(con, USERS, is_table=is_table)
    con.execute("drop table told_users; drop table contradicted_users; drop table judged_users")


def _make_consents(con: duckdb.DuckDBPyConnection, *, is_table: bool) -> None:
    """The ledger. A bad record of a known user denies analytics from its time, or from ever if that is what is bad."""
    nameless = con.execute("""
        select file, position from judged_consents join read_files using (file_number)
        where user_id is null or reason = 'unreadable' order by file_number, position limit 1
    """).fetchone()
    if nameless is not None:
        file, position = nameless
        where = f"record {position}" if position is not None else "a record"
        raise InputRefused(
            f"{file}: {where} cannot be read or has no user_id, so nobody knows whose consent it is:"
            " mend it and deliver again"
        )
    con.execute("""
        create or replace table app_consents as
        select user_id, case when reason is null then purpose else 'analytics' end as purpose,
               reason is null and granted as granted, policy_version, recorded_at
        from judged_consents
    """)
    keep_bad_records(con, CONSENTS, Sql("reason is not null"))
    count_delivered(con, CONSENTS, is_table=is_table)
    con.execute("drop table judged_consents")
