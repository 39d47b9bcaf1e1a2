"""The consent ledger, read for the gate: what counts at each moment.

Entries of one user and time are one event: a denial among them makes it a denial, and a grant counts only if every
version granted then is accepted, so that of two grants of one time the one not accepted decides.
"""

from datetime import datetime

import duckdb

from home.sql import identifier, sql_file


def prepare_ledger(con: duckdb.DuckDBPyConnection, as_of: datetime) -> None:
    """Makes three tables of `app_consents`.

    - `consent_analytics_events` and `consent_parental_events`: `user_id`, `recorded_at`, `is_denial`,
      `versions VARCHAR[]` (those granted; empty text where the entry names none), one row a user and time;
    - `consent_standing`: `user_id`, `is_always_denied` (a denial whose time cannot be read), `is_withdrawn` (the latest
      analytics event at or before `as_of` is a denial), one row a user.
    """
    for table, purpose in (("consent_analytics_events", "analytics"), ("consent_parental_events", "parental")):
        con.execute(
            f"""
            create or replace temp table {identifier(table)} as
            select
                user_id,
                recorded_at,
                bool_or(not granted) as is_denial,
                list(distinct coalesce(policy_version, '')) filter (granted) as versions
            from app_consents
            where purpose = ? and recorded_at is not null
            group by user_id, recorded_at
            """,
            [purpose],
        )
    con.execute(sql_file("consent", "consent_standing"), {"as_of": as_of})
