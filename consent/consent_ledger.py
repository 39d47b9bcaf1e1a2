"""The consent ledger, read for the gate: what counts at each moment.

Entries of one user and time are one event: a denial among them makes it a denial, and a grant counts only if every
version granted then is accepted, so that of two grants of one time the one not accepted decides.
"""

from datetime import datetime

import duckdb

ANALYTICS_EVENTS = "consent_analytics_events"
PARENTAL_EVENTS = "consent_parental_events"
STANDING = "consent_standing"


def prepare_ledger(con: duckdb.DuckDBPyConnection, as_of: datetime) -> None:
    """Makes three tables of `app_consents`.

    - `consent_analytics_events` and `consent_parental_events`: `user_id`, `recorded_at`, `is_denial`,
      `versions VARCHAR[]` (those granted; empty text where the entry names none), one row a user and time;
    - `consent_standing`: `user_id`, `is_always_denied` (a denial whose time cannot be read), `is_withdrawn` (the latest
      analytics event at or before `as_of` is a denial), one row a user.
    """
    for table, purpose in ((ANALYTICS_EVENTS, "analytics"), (PARENTAL_EVENTS, "parental")):
        con.execute(
            f"""
            create or replace temp table {table} as
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
    con.execute(
        f"""
        create or replace temp table {STANDING} as
        with

        unreadable as (
            select distinct user_id
            from app_consents
            where purpose = 'analytics' and recorded_at is null and not granted
        ),

        latest as (
            select user_id, arg_max(is_denial, recorded_at) as is_withdrawn
            from {ANALYTICS_EVENTS}
            where recorded_at <= ?
            group by user_id
        )

        select
            user_id,
            unreadable.user_id is not null as is_always_denied,
            coalesce(latest.is_withdrawn, false) as is_withdrawn
        from latest
        full join unreadable using (user_id)
        """,
        [as_of],
    )
