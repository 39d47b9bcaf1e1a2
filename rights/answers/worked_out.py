"""What the source says of a person now, and why each of their sessions may be used or not: worked out, not held."""

from datetime import datetime
from typing import Any

from consent.gate import gate
from consent.tombstones import stop_persons
from home.duck import open_duckdb
from home.settings.settings import Settings
from home.sql import Sql
from ingestion.app.source import read_app_people, read_app_sessions
from rights.answers.held import plain

_USER = ("country", "birth_date", "registered_at", "closed_at")
_CONSENT = ("purpose", "granted", "policy_version", "recorded_at")
_SESSION = ("session_id", "started_at", "ended_at", "platform", "ip_address", "age_band", "outcome")


def worked_out_of(settings: Settings, user_id: str, as_of: datetime) -> dict[str, Any] | None:
    """Their line among the users, their consents, their delivered sessions with the gate's outcome; None: no app.

    Read as a run reads it, in memory alone; nothing of it is stored. Records that are bad are left out.

    Raises:
        InputRefused: a file or table is missing or not what it should be.
    """
    if settings.app is None:
        return None
    with open_duckdb(settings.home) as con:
        read_app_people(con, settings)
        stop_persons(con, settings.home)
        read_app_sessions(con, settings, as_of)
        con.execute(
            "create temp table theirs as select row_number() over (order by started_at, session_id) as candidate, *"
            " from app_sessions where user_id = ?",
            [user_id],
        )
        con.execute("create temp view their_closed as select * from theirs where ended_at is not null")
        gate(con, "their_closed", "judged", as_of, settings.policy)
        con.execute("""
            create temp table told as
            select
                theirs.*,
                judged.age_band,
                case when theirs.ended_at is null then 'open' else coalesce(judged.reason, 'passed') end as outcome
            from theirs
            left join judged using (candidate)
        """)
        return {
            "user": next(iter(_rows(con, Sql("from app_users where user_id = ?"), _USER, user_id)), None),
            "consents": _rows(
                con, Sql("from app_consents where user_id = ? order by recorded_at, purpose"), _CONSENT, user_id
            ),
            "sessions": _rows(con, Sql("from told where user_id = ? order by candidate"), _SESSION, user_id),
        }


def _rows(con: Any, query: Sql, names: tuple[str, ...], user_id: str) -> list[dict[str, Any]]:
    rows = con.execute(query, [user_id])
    columns = [column[0] for column in rows.description]
    found = [dict(zip(columns, row, strict=True)) for row in rows.fetchall()]
    return [{name: plain(row[name]) for name in names} for row in found]
