"""A source that fails for a while is told as that, and tried again; what needs a mend is refused. By real servers."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pymysql
import pytest

from ingestion.databases.server_errors import MYSQL_NUMBERS, POSTGRES_STATES, mysql_refusal, postgres_refusal
from refusals.errors import InputRefused, SourceUnavailable, UsageError
from tests.services.mariadb import MariaDb, mariadb  # noqa: F401
from tests.services.postgres import postgres_database, postgres_server, run_sql  # noqa: F401
from tests.services.relay import Relay, silent_server
from tests.worlds.app_deliveries import read_all
from tests.worlds.app_on_servers import MARIADB, POSTGRES, run

#: A table `users` that is a view: `{action}` is evaluated while its rows are read.
POSTGRES_VIEW = """
alter table users rename to users_stored;
insert into users_stored select 'u' || i, 'NL', '1990-05-17', null, null from generate_series(1, {rows}) i;
create view users as select * from users_stored where {action};
"""
MARIADB_VIEW = """
drop view if exists users; drop table if exists users_stored; rename table users to users_stored;
insert into users_stored select concat('u', seq), 'NL', '1990-05-17', null, null from seq_1_to_10;
drop view if exists users;
create view users as select * from users_stored where {action};
"""
MANY_ROWS = 400_000
READING = "from pg_stat_activity where state = 'active' and query like 'COPY%' and datname = current_database()"
SLEEPING = f"select count(*) {READING}"
PATIENCE_SECONDS = 60


def psql(url: str, query: str) -> str:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query).fetchone()  # type: ignore[arg-type]
        return str(row[0]) if row else ""


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.02)


def failure_of(home: Path, app: str, meanwhile: Callable[[], None] = lambda: None) -> BaseException:
    """What reading ends in, with `meanwhile` done while it reads."""
    raised: list[BaseException] = []

    def read() -> None:
        try:
            read_all(home, app)
        except BaseException as error:  # noqa: BLE001
            raised.append(error)

    reading = threading.Thread(target=read)
    reading.start()
    meanwhile()
    reading.join(PATIENCE_SECONDS)
    assert not reading.is_alive(), "reading did not end"
    assert raised, "reading went well"
    return raised[0]


def assert_may_pass(error: BaseException, *words: str) -> None:
    assert isinstance(error, SourceUnavailable), repr(error)
    assert error.exit_code == 1
    assert error.may_pass
    assert_told(error, *words)


def assert_final(error: BaseException, *words: str) -> None:
    assert isinstance(error, InputRefused), repr(error)
    assert error.exit_code == 3
    assert not error.may_pass
    assert_told(error, *words)


def assert_told(error: BaseException, *words: str) -> None:
    message = str(error)
    assert "\n" not in message
    assert error.__cause__ is None
    for word in words:
        assert any(either in message for either in word.split("|")), message


# PostgreSQL


@pytest.mark.parametrize(
    ("deed", "code"), [("pg_cancel_backend", "SQLSTATE 57014"), ("pg_terminate_backend", "SQLSTATE 57P01|08")]
)
def test_postgresql_query_ended_by_somebody(tmp_path: Path, postgres_database: str, deed: str, code: str) -> None:  # noqa: F811
    run_sql(postgres_database, POSTGRES + POSTGRES_VIEW.format(rows=1, action="pg_sleep(100) is not null"))

    def meanwhile() -> None:
        until(lambda: psql(postgres_database, SLEEPING) == "1")
        psql(postgres_database, f"select {deed}(pid) {READING}")

    assert_may_pass(failure_of(tmp_path, f'database = "{postgres_database}"', meanwhile), "table users", code)


def test_postgresql_statement_timeout(tmp_path: Path, postgres_database: str) -> None:  # noqa: F811
    run_sql(postgres_database, POSTGRES + POSTGRES_VIEW.format(rows=1, action="pg_sleep(100) is not null"))
    error = failure_of(tmp_path, f'database = "{postgres_database}"\nstatement_timeout_seconds = 1')
    assert_may_pass(error, "SQLSTATE 57014", "app.statement_timeout_seconds")


def test_postgresql_lock_timeout(tmp_path: Path, postgres_database: str) -> None:  # noqa: F811
    import psycopg

    run_sql(postgres_database, POSTGRES)
    with psycopg.connect(postgres_database) as other:
        other.execute("lock table consents in access exclusive mode")
        error = failure_of(tmp_path, f'database = "{postgres_database}"\nlock_timeout_seconds = 1')
        other.rollback()
    assert_may_pass(error, "table consents", "SQLSTATE 55P03", "app.lock_timeout_seconds")


@pytest.mark.clause("source-unavailable")
@pytest.mark.parametrize(
    ("state", "is_final"),
    [
        ("40001", False), ("40P01", False), ("53100", False), ("53200", False), ("58030", False), ("XX001", False),
        ("08006", False), ("57P03", False), ("P0001", False), ("22012", True), ("22P02", True), ("42501", True),
    ],
)  # fmt: skip
def test_postgresql_errors_by_state(tmp_path: Path, postgres_database: str, state: str, is_final: bool) -> None:  # noqa: F811
    run_sql(
        postgres_database,
        f"""
        create function fails(text) returns boolean language plpgsql volatile as
            $$ begin raise exception 'the value is %', $1 using errcode = '{state}'; end $$;
        {POSTGRES} {POSTGRES_VIEW.format(rows=1, action="fails(user_id)")}
        """,
    )
    error = failure_of(tmp_path, f'database = "{postgres_database}"')
    (assert_final if is_final else assert_may_pass)(error, f"SQLSTATE {state}", "table users")
    assert "u1" not in str(error)


def test_postgresql_value_of_a_view_that_is_none(tmp_path: Path, postgres_database: str) -> None:  # noqa: F811
    run_sql(
        postgres_database,
        POSTGRES + POSTGRES_VIEW.format(rows=1, action="user_id::integer > 0"),
    )
    error = failure_of(tmp_path, f'database = "{postgres_database}"')
    assert_final(error, "SQLSTATE 22P02", "a value in it cannot be given as text")
    assert "u1" not in str(error)


def test_postgresql_too_many_connections(tmp_path: Path, postgres_database: str) -> None:  # noqa: F811
    role = f"busy_{os.getpid()}"
    run_sql(postgres_database, f"create role {role} login connection limit 0")
    error = failure_of(tmp_path, f'database = "{postgres_database.replace("postgres@", f"{role}@")}"')
    run_sql(postgres_database, f"drop role {role}")
    assert_may_pass(error, "SQLSTATE 53300", "takes no further connection")


def test_postgresql_lets_nobody_in(tmp_path: Path, postgres_database: str) -> None:  # noqa: F811
    role = f"out_{os.getpid()}"
    run_sql(postgres_database, f"create role {role}")
    error = failure_of(tmp_path, f'database = "{postgres_database.replace("postgres@", f"{role}@")}"')
    run_sql(postgres_database, f"drop role {role}")
    assert_final(error, "SQLSTATE 28000", "PGPASSWORD")
    url = postgres_database.replace("/app_", "/no_app_")
    assert_final(failure_of(tmp_path, f'database = "{url}"'), "SQLSTATE 3D000", "app.database")


@pytest.fixture
def postgres_relay(postgres_database: str) -> Iterator[tuple[Relay, str]]:  # noqa: F811
    folder = postgres_database.split("host=")[1]
    relay = Relay(f"{folder}/.s.PGSQL.5432")
    name = postgres_database.split("/")[3].split("?", maxsplit=1)[0]
    yield relay, f"postgresql://postgres@127.0.0.1:{relay.port}/{name}?sslmode=disable"
    relay.close()


@pytest.mark.clause("source-unavailable")
def test_postgresql_connection_cut_while_reading(
    tmp_path: Path, postgres_database: str, postgres_relay: tuple[Relay, str]  # noqa: F811
) -> None:  # fmt: skip
    relay, url = postgres_relay
    run_sql(postgres_database, POSTGRES + POSTGRES_VIEW.format(rows=1, action="pg_sleep(100) is not null"))

    def meanwhile() -> None:
        until(lambda: psql(postgres_database, SLEEPING) == "1")
        relay.cut()

    assert_may_pass(failure_of(tmp_path, f'database = "{url}"', meanwhile), "SQLSTATE 08", "the connection was lost")


def test_postgresql_that_falls_silent(
    tmp_path: Path, postgres_database: str, postgres_relay: tuple[Relay, str]  # noqa: F811
) -> None:  # fmt: skip
    relay, url = postgres_relay
    run_sql(postgres_database, POSTGRES + POSTGRES_VIEW.format(rows=1, action="pg_sleep(100) is not null"))

    def meanwhile() -> None:
        until(lambda: psql(postgres_database, SLEEPING) == "1")
        relay.stall()

    error = failure_of(tmp_path, f'database = "{url}"\nstatement_timeout_seconds = 3', meanwhile)
    assert_may_pass(error, "did not answer within 'app.statement_timeout_seconds' (3)")


def test_postgresql_cut_between_blocks_gives_no_part_of_a_table(
    tmp_path: Path, postgres_database: str, postgres_relay: tuple[Relay, str]  # noqa: F811
) -> None:  # fmt: skip
    """Some blocks have come when the connection ends: reading fails, and what came is not taken for the table."""
    relay, url = postgres_relay
    slow_at_the_end = f"user_id <> 'u{MANY_ROWS}' or pg_sleep(100) is not null"
    run_sql(postgres_database, POSTGRES + POSTGRES_VIEW.format(rows=MANY_ROWS, action=slow_at_the_end))

    def meanwhile() -> None:
        until(lambda: psql(postgres_database, "select count(*) from pg_stat_activity where wait_event = 'PgSleep'"
                                              " and datname = current_database()") == "1")  # fmt: skip
        relay.cut()

    assert_may_pass(failure_of(tmp_path, f'database = "{url}"', meanwhile), "SQLSTATE 08")


# MariaDB


def root(server: MariaDb, query: str) -> list[tuple[object, ...]]:
    with pymysql.connect(unix_socket=f"{server.folder}/socket", user="root") as connection:
        cursor = connection.cursor()
        cursor.execute(query)
        return list(cursor.fetchall())


MARIADB_SLEEPING = "select id from information_schema.processlist where user = 'reader' and state = 'User sleep'"


@pytest.mark.parametrize(("deed", "codes"), [("kill query", ("1317",)), ("kill", ("1927", "2013", "2006"))])
def test_mariadb_query_ended_by_somebody(
    tmp_path: Path, maria: MariaDb, deed: str, codes: tuple[str, ...]
) -> None:  # fmt: skip
    run(maria, MARIADB + MARIADB_VIEW.format(action="sleep(1) + 1 > 0"))

    def meanwhile() -> None:
        until(lambda: len(root(maria, MARIADB_SLEEPING)) == 1)
        root(maria, f"{deed} {root(maria, MARIADB_SLEEPING)[0][0]}")

    error = failure_of(tmp_path, f'database = "{maria.url}"', meanwhile)
    assert_may_pass(error, "table users")
    assert any(f"(error {code})" in str(error) for code in codes), error


def test_mariadb_statement_timeout(tmp_path: Path, maria: MariaDb) -> None:
    run(maria, MARIADB + MARIADB_VIEW.format(action="sleep(20) = 0"))
    error = failure_of(tmp_path, f'database = "{maria.url}"\nstatement_timeout_seconds = 1')
    assert_may_pass(error, "error 1969", "app.statement_timeout_seconds")


def test_mariadb_lock_timeout(tmp_path: Path, maria: MariaDb) -> None:
    run(maria, f"{MARIADB}")
    with pymysql.connect(unix_socket=f"{maria.folder}/socket", user="root", database="app") as other:
        other.cursor().execute("lock tables consents write")
        error = failure_of(tmp_path, f'database = "{maria.url}"\nlock_timeout_seconds = 1')
    assert_may_pass(error, "table consents", "error 1205", "app.lock_timeout_seconds")


@pytest.mark.clause("source-unavailable")
@pytest.mark.parametrize(
    ("number", "is_final"),
    [
        (1213, False), (1205, False), (1021, False), (1030, False), (1053, False), (1644, False), (1317, False),
        (1292, True), (1366, True), (1690, True),
    ],
)  # fmt: skip
def test_mariadb_errors_by_number(tmp_path: Path, maria: MariaDb, number: int, is_final: bool) -> None:
    run(
        maria,
        f"""{MARIADB}
        drop function if exists fails;
        delimiter $$
        create function fails(told varchar(40)) returns boolean deterministic
            begin signal sqlstate 'HY000' set mysql_errno = {number}, message_text = told; return true; end $$
        delimiter ;
        {MARIADB_VIEW.format(action="fails(user_id)")}
        """,
    )
    assert_final(failure_of(tmp_path, f'database = "{maria.url}"'), "columns are not shown", "EXECUTE")
    run(maria, "grant execute on function app.fails to reader@'127.0.0.1', reader@localhost")
    error = failure_of(tmp_path, f'database = "{maria.url}"')
    (assert_final if is_final else assert_may_pass)(error, f"error {number}", "table users")
    assert "u1" not in str(error)


def test_mariadb_too_many_connections(tmp_path: Path, maria: MariaDb) -> None:
    run(maria, "set global max_connections = 10")
    held = []
    try:
        with pytest.raises(pymysql.err.OperationalError):
            for _ in range(20):
                held.append(pymysql.connect(host="127.0.0.1", port=maria.port, user="reader", password=maria.password))
        error = failure_of(tmp_path, f'database = "{maria.url}"')
    finally:
        for connection in held:
            connection.close()
        run(maria, "set global max_connections = 151")
    assert_may_pass(error, "error 1040", "takes no further connection")


def test_mariadb_lets_nobody_in(tmp_path: Path, maria: MariaDb, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MYSQL_PWD", "not it")
    error = failure_of(tmp_path, f'database = "{maria.url}"')
    assert_final(error, "error 1045", "MYSQL_PWD")
    assert "not it" not in str(error)
    monkeypatch.setenv("MYSQL_PWD", maria.password)
    error = failure_of(tmp_path, f'database = "{maria.url.replace("/app", "/elsewhere")}"')
    assert_final(error, "error 1044", "app.database")


def test_mariadb_table_without_the_right_to_read(tmp_path: Path, maria: MariaDb) -> None:
    run(
        maria,
        f"""{MARIADB} create user if not exists some@'127.0.0.1';
        grant select on app.users to some@'127.0.0.1'; grant insert on app.consents to some@'127.0.0.1';
        grant insert on app.sessions to some@'127.0.0.1';""",
    )
    os.environ["MYSQL_PWD"] = ""
    error = failure_of(tmp_path, f'database = "{maria.url.replace("reader@", "some@")}"')
    run(maria, "drop user some@'127.0.0.1'")
    assert_final(error, "table consents", "error 1142", "grant the reader SELECT")


@pytest.fixture
def mariadb_relay(maria: MariaDb) -> Iterator[tuple[Relay, str]]:
    relay = Relay(("127.0.0.1", maria.port))
    yield relay, maria.url.replace(f":{maria.port}", f":{relay.port}")
    relay.close()


def test_mariadb_connection_cut_while_reading(
    tmp_path: Path, maria: MariaDb, mariadb_relay: tuple[Relay, str]
) -> None:  # fmt: skip
    relay, url = mariadb_relay
    run(maria, MARIADB + MARIADB_VIEW.format(action="sleep(1) + 1 > 0"))

    def meanwhile() -> None:
        until(lambda: len(root(maria, MARIADB_SLEEPING)) == 1)
        relay.cut()

    error = failure_of(tmp_path, f'database = "{url}"', meanwhile)
    assert_may_pass(error, "error 2013", "the connection was lost")


def test_mariadb_that_falls_silent(
    tmp_path: Path, maria: MariaDb, mariadb_relay: tuple[Relay, str]
) -> None:  # fmt: skip
    relay, url = mariadb_relay
    run(maria, MARIADB + MARIADB_VIEW.format(action="sleep(1) + 1 > 0"))

    def meanwhile() -> None:
        until(lambda: len(root(maria, MARIADB_SLEEPING)) == 1)
        relay.stall()

    error = failure_of(tmp_path, f'database = "{url}"\nstatement_timeout_seconds = 2', meanwhile)
    assert_may_pass(error, "did not answer within 'app.statement_timeout_seconds' (2)")


# Both


@pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
def test_a_server_that_never_says_a_word(tmp_path: Path, scheme: str) -> None:
    with silent_server() as port:
        error = failure_of(tmp_path, f'database = "{scheme}://who@127.0.0.1:{port}/app"\nconnect_timeout_seconds = 1')
    assert_may_pass(error, f"on 127.0.0.1:{port}", "did not answer within 'app.connect_timeout_seconds' (1)")


@pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
def test_a_host_that_has_no_address(tmp_path: Path, scheme: str) -> None:
    error = failure_of(tmp_path, f'database = "{scheme}://who@db.invalid/app"')
    assert_may_pass(error, "on db.invalid", "no connection")


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ('database = "mysql://who@127.0.0.1/app?charset=latin1"', "unknown option 'charset'"),
        ('database = "mysql://who@127.0.0.1/app?ssl-mode=maybe"', "unknown ssl-mode"),
        ('database = "mysql://who@127.0.0.1/app?ssl-ca=/nowhere/ca.pem"', "No such file"),
        ('database = "postgresql://who@127.0.0.1/app?sslmode=maybe"', "option that cannot be read"),
        ('database = "postgresql://who@127.0.0.1/app?password=x"', "must hold no password"),
        ('database = "postgresql://who@127.0.0.1/app"\nconnect_timeout_seconds = 0', "connect_timeout_seconds"),
        ('files = "landing"\nlock_timeout_seconds = 5', "only a 'database' takes"),
    ],
)
def test_settings_that_cannot_be_used(tmp_path: Path, settings: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        read_all(tmp_path, settings)


def test_a_code_that_no_table_knows_is_not_the_deliverers() -> None:
    assert_may_pass(postgres_refusal("database app", "HV00N"), "SQLSTATE HV00N", "ask who runs the database")
    assert_may_pass(mysql_refusal("database app", 65_000), "error 65000", "ask who runs the database")
    assert_may_pass(postgres_refusal("database app", None), "no SQLSTATE")


def test_final_are_only_what_somebody_must_mend() -> None:
    """By hand from the servers' manuals: access, what is missing, a value. Everything else may pass."""
    final = {"28", "3D000", "42501", "42P01", "42703", "3F000", "22"}
    assert {state for state, error in POSTGRES_STATES.items() if error.is_final} == final
    passing = {1040, 1205, 1213, 2002, 2003, 2006, 2013, 1053, 3024, 1969, 1317, 1203, 1226, 1021, 1041}
    assert not [number for number in passing if MYSQL_NUMBERS[number].is_final]
    assert all(MYSQL_NUMBERS[number].is_final for number in (1044, 1045, 1049, 1054, 1142, 1143, 1146, 1292))
