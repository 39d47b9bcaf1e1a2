"""The app's three tables as PostgreSQL and MariaDB have them, for tests against real servers."""

import pytest

from tests.services.mariadb import MariaDb, mariadb  # noqa: F401
from tests.services.postgres import postgres_database, run_sql  # noqa: F401

POSTGRES = """
create table users (user_id text, country text, birth_date date, registered_at timestamptz, closed_at timestamptz);
create table consents (user_id text, purpose text, granted boolean, policy_version text, recorded_at timestamptz);
create table sessions (session_id text, user_id text, started_at timestamptz, ended_at timestamptz, ip_address inet,
                       platform text);
"""
MARIADB = """
use app;
drop view if exists users; drop table if exists users, users_stored, consents, sessions;
create table users (user_id varchar(40), country char(2), birth_date date, registered_at timestamp(6) null,
                    closed_at timestamp(6) null);
create table consents (user_id varchar(40), purpose varchar(20), granted tinyint(1), policy_version varchar(20),
                       recorded_at timestamp(6) null);
create table sessions (session_id varchar(40), user_id varchar(40), started_at timestamp(6) null,
                       ended_at timestamp(6) null, ip_address varchar(45), platform varchar(20));
set time_zone = '+00:00';
"""


@pytest.fixture
def maria(mariadb: MariaDb, monkeypatch: pytest.MonkeyPatch) -> MariaDb:  # noqa: F811
    monkeypatch.setenv("MYSQL_PWD", mariadb.password)
    return mariadb


def run(server: MariaDb, sql: str) -> None:
    done = server.run_sql(sql)
    assert done.returncode == 0, done.stderr
