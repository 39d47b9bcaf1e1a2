"""The app's database gives what its files give: same rows, same judgement, same refusals."""

import os
from pathlib import Path

import duckdb
import pytest

from ingestion.app.source import check_app_source
from refusals.errors import InputRefused, SourceUnavailable, UsageError
from tests.services.mariadb import MariaDb, mariadb  # noqa: F401
from tests.services.postgres import postgres_database, run_sql  # noqa: F401
from tests.worlds.app_deliveries import CONSENT, SESSION, USER, Row, deliver, read_all, rows_of, settings_for

USERS: list[Row] = [
    USER,
    {**USER, "user_id": "00123", "country": None, "birth_date": None, "closed_at": "2026-03-29T02:30:00+02:00"},
    {**USER, "user_id": "2697787.2422183099", "country": "ZZ", "registered_at": None},
    {**USER, "user_id": "twice"},
    {**USER, "user_id": "twice", "country": "BE"},
]
CONSENTS: list[Row] = [
    CONSENT,
    {**CONSENT, "user_id": "00123", "granted": "false", "recorded_at": "2026-10-25T02:30:00.123456+01:00"},
    {**CONSENT, "user_id": "00123", "purpose": "newsletter"},
    {**CONSENT, "granted": None, "policy_version": None},
    {**CONSENT, "recorded_at": None},
]
SESSIONS: list[Row] = [
    SESSION,
    {**SESSION, "session_id": "00123", "ended_at": None, "platform": None},
    {**SESSION, "session_id": "00123", "ip_address": "2001:db8::1", "started_at": "2026-10-20T10:00:00.000001+02:00"},
    {**SESSION, "session_id": "it's", "platform": 'a "b", é'},
    {**SESSION, "session_id": "bad 1", "user_id": None},
    {**SESSION, "session_id": "bad 2", "ended_at": "2026-10-20T09:00:00+02:00"},
    {**SESSION, "session_id": "bad 3", "ended_at": "2026-10-22T09:00:00+02:00", "ip_address": None},
    {**SESSION, "session_id": "bad 4", "started_at": "2026-12-01T00:00:00Z", "ended_at": None},
]
TABLES = ("app_users", "app_consents", "app_sessions")

POSTGRES = """
create table users (user_id text, country char(2), birth_date date, registered_at timestamptz, closed_at timestamptz,
                    first_name text, email text);
create table consents (user_id text, purpose text, granted boolean, policy_version text, recorded_at timestamptz);
create table sessions (session_id text, user_id text, started_at timestamptz, ended_at timestamptz, ip_address inet,
                       platform text);
"""
MARIADB = """
use app;
drop table if exists users, consents, sessions;
create table users (user_id varchar(40), country char(2), birth_date date, registered_at timestamp(6) null,
                    closed_at timestamp(6) null, email text);
create table consents (user_id varchar(40), purpose varchar(20), granted boolean, policy_version varchar(20),
                       recorded_at timestamp(6) null);
create table sessions (session_id varchar(40), user_id varchar(40), started_at timestamp(6) null,
                       ended_at timestamp(6) null, ip_address varchar(45), platform varchar(20));
set time_zone = '+00:00';
"""


def literal(value: str | None, column: str, is_mariadb: bool) -> str:
    if value is None:
        return "null"
    if column == "granted":
        return value
    if column.endswith("_at") and is_mariadb:
        (utc,) = duckdb.sql(
            f"select strftime('{value}'::timestamptz at time zone 'UTC', '%Y-%m-%d %H:%M:%S.%f')"
        ).fetchall()
        return f"'{utc[0]}'"
    return "'" + value.replace("'", "''") + "'"


def inserts(is_mariadb: bool = False) -> str:
    return "".join(
        f"insert into {table} ({', '.join(row)}) values"
        f" ({', '.join(literal(value, column, is_mariadb) for column, value in row.items())});\n"
        for table, rows in (("users", USERS), ("consents", CONSENTS), ("sessions", SESSIONS))
        for row in rows
    )


def content(con: duckdb.DuckDBPyConnection) -> dict[str, object]:
    found: dict[str, object] = {table: sorted(rows_of(con, f"from {table}"), key=str) for table in TABLES}
    found["bad"] = sorted(rows_of(con, "select source, reason, identity from bad_records"))
    return found


def content_of_files(home: Path) -> dict[str, object]:
    deliver(home, SESSIONS, USERS, CONSENTS)
    found = content(read_all(home))
    assert len(found["bad"]) == 9  # type: ignore[arg-type]
    return found


@pytest.mark.clause("database-values")
def test_postgresql_gives_what_the_files_give(tmp_path: Path, postgres_database: str) -> None:  # noqa: F811
    run_sql(postgres_database, POSTGRES + inserts())
    assert content(read_all(tmp_path / "db", f'database = "{postgres_database}"')) == content_of_files(
        tmp_path / "files"
    )


def test_postgresql_in_a_schema_with_other_types(tmp_path: Path, postgres_database: str) -> None:  # noqa: F811
    run_sql(
        postgres_database,
        """
        create schema "App"; set search_path to "App";
        create table users (user_id uuid, country varchar, birth_date text, registered_at text, closed_at timestamptz);
        create table consents (user_id uuid, purpose text, granted int, policy_version date, recorded_at timestamptz);
        """,
    )
    with pytest.raises(InputRefused, match="column policy_version"):
        read_all(tmp_path, f'database = "{postgres_database}"\nschema = "App"')
    run_sql(
        postgres_database,
        """
        set search_path to "App";
        alter table consents alter policy_version type text;
        create type platform as enum ('ios', 'web');
        create table sessions_stored (session_id bigint, user_id uuid, started_at timestamptz, ended_at timestamptz,
                                      ip_address inet, platform platform, device text);
        create view sessions as select * from sessions_stored;
        insert into users values ('6f1c0a52-3f6e-4a39-9d4b-0c7d1a2b3c4d', 'NL', '1990-05-17', '2025-01-01 00:00', null);
        insert into consents values ('6f1c0a52-3f6e-4a39-9d4b-0c7d1a2b3c4d', 'analytics', 1, null, 'infinity');
        insert into sessions_stored values
            (9007199254740993, '6f1c0a52-3f6e-4a39-9d4b-0c7d1a2b3c4d', '2026-10-20 10:00+02', 'infinity', null, null),
            (2, '6f1c0a52-3f6e-4a39-9d4b-0c7d1a2b3c4d', '2026-10-20 10:00+02', null, '192.0.2.7/24', 'ios'),
            (3, '6f1c0a52-3f6e-4a39-9d4b-0c7d1a2b3c4d', '0044-03-15 00:00 BC', null, '2001:db8::1', 'ios');
        """,
    )
    con = read_all(tmp_path, f'database = "{postgres_database}"\nschema = "App"')
    assert rows_of(con, "select session_id, ip_address, platform from app_sessions") == [("2", "192.0.2.7", "ios")]
    assert rows_of(con, "select source, reason, count(*) from bad_records group by all order by all") == [
        ("app", "bad_timestamp", 2), ("app_consents", "bad_timestamp", 1), ("app_users", "bad_timestamp", 1),
    ]  # fmt: skip
    assert rows_of(con, "select granted, recorded_at from app_consents") == [(False, None)]
    assert rows_of(con, "from drift_notes") == [("app", "sessions", "columns passed over: device")]


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        ("drop table sessions", "table sessions: is missing"),
        ("alter table sessions drop column platform", "table sessions: lacks the column platform"),
        ("alter table sessions alter started_at type timestamp", "table sessions: column started_at is a time without"),
        ("alter table sessions alter user_id type float using 1", "table sessions: column user_id is"),
        ("alter table sessions alter user_id type numeric using 1", "table sessions: column user_id is"),
        ("alter table consents drop column granted", "table consents: lacks the column granted"),
    ],
)
def test_postgresql_refusals(tmp_path: Path, postgres_database: str, spoil: str, says: str) -> None:  # noqa: F811
    run_sql(postgres_database, POSTGRES + inserts() + spoil)
    app = f'database = "{postgres_database}"'
    with pytest.raises(InputRefused, match=says):
        read_all(tmp_path, app)
    with pytest.raises(InputRefused, match=says):
        check_app_source(settings_for(tmp_path, app))


def test_postgresql_without_the_right_to_read(tmp_path: Path, postgres_database: str) -> None:  # noqa: F811
    reader = f"reader_{os.getpid()}"
    run_sql(postgres_database, f"{POSTGRES} create role {reader} login; grant select on users, consents to {reader};")
    app = f'database = "{postgres_database.replace("postgres@", f"{reader}@")}"'
    with pytest.raises(InputRefused, match=r"table sessions: may not be read \(SQLSTATE 42501\): grant"):
        read_all(tmp_path, app)
    run_sql(postgres_database, f"drop owned by {reader}; drop role {reader};")


@pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
def test_no_server(tmp_path: Path, scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "hidden-pg")
    monkeypatch.setenv("MYSQL_PWD", "hidden-my")
    with pytest.raises(SourceUnavailable) as refused:
        read_all(tmp_path, f'database = "{scheme}://who@127.0.0.1:1/app"')
    message = str(refused.value)
    assert message.startswith("database app on 127.0.0.1:1: no connection")
    assert "hidden" not in message
    assert "who" not in message
    assert "\n" not in message


def test_a_url_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"app\.database"):
        read_all(tmp_path, 'database = "postgresql://who@host:port/app"')


@pytest.mark.clause("database-values")
def test_mariadb_gives_what_the_files_give(
    tmp_path: Path, mariadb: MariaDb, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:  # fmt: skip
    monkeypatch.setenv("MYSQL_PWD", mariadb.password)
    done = mariadb.run_sql(MARIADB + inserts(is_mariadb=True))
    assert done.returncode == 0, done.stderr
    app = f'database = "{mariadb.url}"'
    assert content(read_all(tmp_path / "db", app)) == content_of_files(tmp_path / "files")
    check_app_source(settings_for(tmp_path / "db", app))


@pytest.mark.clause("delivery-timestamps")
def test_mariadb_refuses_a_naive_time(tmp_path: Path, mariadb: MariaDb, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setenv("MYSQL_PWD", mariadb.password)
    done = mariadb.run_sql(MARIADB + "alter table sessions modify started_at datetime(6)")
    assert done.returncode == 0, done.stderr
    with pytest.raises(InputRefused, match="table sessions: column started_at is a time without time zone"):
        read_all(tmp_path, f'database = "{mariadb.url}"')
