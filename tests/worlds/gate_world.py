"""A small world for tests of the gate: users, ledger entries and sessions as plain values, put before the real gate."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any

import duckdb

from consent.gate import gate
from policy.policy import Policy, load_policy

VERSION = "2024-02-19"
AS_OF = datetime(2026, 11, 19, 6, tzinfo=UTC)


def at(text: str) -> datetime:
    """An instant; UTC where the text names no offset."""
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


@dataclass(frozen=True)
class User:
    user_id: str = "anna"
    birth_date: date | None = date(1990, 5, 17)
    closed_at: datetime | None = None


@dataclass(frozen=True)
class Entry:
    recorded_at: datetime | None
    granted: bool = True
    purpose: str = "analytics"
    policy_version: str | None = VERSION
    user_id: str = "anna"


@dataclass(frozen=True)
class Session:
    started_at: datetime = field(default_factory=lambda: at("2026-10-01T10:00:00"))
    ended_at: datetime = field(default_factory=lambda: at("2026-10-01T10:30:00"))
    user_id: str | None = "anna"


def judged(
    users: list[User],
    ledger: list[Entry],
    sessions: list[Session],
    as_of: datetime = AS_OF,
    policy: Policy | None = None,
    *,
    stopped: Mapping[str, str] = MappingProxyType({}),
) -> list[tuple[str | None, str]]:
    """What the real gate says of each session: (reason, age band), in the sessions' order."""
    con = duckdb.connect()
    con.execute("set timezone = 'UTC'")
    con.execute(
        "create table app_users"
        " (user_id varchar, country varchar, birth_date date, registered_at timestamptz, closed_at timestamptz)"
    )
    con.execute(
        "create table app_consents"
        " (user_id varchar, purpose varchar, granted boolean, policy_version varchar, recorded_at timestamptz)"
    )
    con.execute(
        "create table sessions (candidate bigint, user_id varchar, started_at timestamptz, ended_at timestamptz)"
    )
    con.execute("create table stopped_persons (user_id varchar, reason varchar)")
    _insert(con, "stopped_persons", [list(one) for one in stopped.items()])
    _insert(con, "app_users", [[u.user_id, "NL", u.birth_date, None, u.closed_at] for u in users])
    _insert(con, "app_consents", [[e.user_id, e.purpose, e.granted, e.policy_version, e.recorded_at] for e in ledger])
    _insert(con, "sessions", [[i, s.user_id, s.started_at, s.ended_at] for i, s in enumerate(sessions)])
    gate(con, "sessions", "outcome", as_of, policy or load_policy())
    return con.execute("select reason, age_band from outcome order by candidate").fetchall()


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: list[list[Any]]) -> None:
    if rows:
        con.executemany(f"insert into {table} values ({', '.join('?' * len(rows[0]))})", rows)
