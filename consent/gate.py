"""The gate: which records may be used, each judged at its own time. What is unknown is no consent."""

from datetime import datetime

import duckdb

from consent.consent_ledger import ANALYTICS_EVENTS, PARENTAL_EVENTS, STANDING, prepare_ledger
from policy.policy import Policy

OLDEST_POSSIBLE_AGE = 120


def gate(con: duckdb.DuckDBPyConnection, candidates: str, into: str, as_of: datetime, policy: Policy) -> None:
    """Judges every candidate, in one pass whatever their number.

    Reads `candidates` (`candidate`, `user_id`, `started_at`, `ended_at`; no open ones), `app_users` and `app_consents`.
    Makes the table `into`: `candidate`, `reason` (of `consent.reasons.REASONS`, the first that applies; null: passed)
    and `age_band` (at the start; the youngest band where the birth date is missing or impossible).

    Source: contract section 4; GDPR art. 4(11), 7(3); UAVG art. 5.
    """
    prepare_ledger(con, as_of)
    _prepare_versions(con, policy)
    con.execute(
        f"""
        create or replace temp table {into} as
        with

        aged as (
            select
                candidates.candidate,
                candidates.user_id,
                candidates.started_at,
                candidates.ended_at,
                users.user_id is not null as is_known,
                coalesce(users.closed_at <= $as_of, false) as is_closed,
                cast(timezone($timezone, candidates.started_at) as date) as start_day,
                -- Comparing (month, day) makes a person of 29 February a year older on 1 March in a common year.
                year(start_day) - year(users.birth_date)
                - cast(
                    (month(start_day), day(start_day)) < (month(users.birth_date), day(users.birth_date)) as integer
                ) as reckoned_age,
                if(reckoned_age between 0 and {OLDEST_POSSIBLE_AGE}, reckoned_age, 0) as age_years
            from {candidates} as candidates
            left join app_users as users using (user_id)
        ),

        with_grant as (
            select
                aged.*,
                events.recorded_at as granted_at,
                events.is_denial,
                events.versions
            from aged
            asof left join {ANALYTICS_EVENTS} as events
                on aged.user_id = events.user_id and aged.started_at >= events.recorded_at
        ),

        with_withdrawal as (
            select with_grant.*, denials.recorded_at as next_denial_at
            from with_grant
            asof left join (select * from {ANALYTICS_EVENTS} where is_denial) as denials
                on with_grant.user_id = denials.user_id and with_grant.started_at < denials.recorded_at
        ),

        with_parent as (
            select with_withdrawal.*, coalesce(not parental.is_denial, false) as has_parental_grant
            from with_withdrawal
            asof left join {PARENTAL_EVENTS} as parental
                on with_withdrawal.user_id = parental.user_id and with_withdrawal.started_at >= parental.recorded_at
        )

        select
            with_parent.candidate,
            case
                when not is_known then 'unknown_user'
                when is_closed then 'account_closed'
                when granted_at is null and not coalesce(standing.is_always_denied, false) then 'no_consent'
                when is_denial or coalesce(standing.is_always_denied, false) then 'denied'
                when next_denial_at <= ended_at then 'withdrawn_during'
                when not coalesce(list_has_all(versions_in_force.accepts, versions), false) then 'outdated_policy'
                when epoch_us(started_at) - epoch_us(granted_at) > $max_age_us then 'expired'
                when age_years < $minimum_age and not has_parental_grant then 'under_age'
                when standing.is_withdrawn then 'withdrawn_since'
            end as reason,
            {_band_of_age(policy)} as age_band
        from with_parent
        left join {STANDING} as standing using (user_id)
        left join consent_versions as versions_in_force
            on with_parent.start_day >= versions_in_force.valid_from
            and with_parent.start_day < versions_in_force.valid_until
        """,
        {
            "as_of": as_of,
            "timezone": policy.consent.timezone,
            "max_age_us": policy.consent.max_age_days * 24 * 3600 * 1_000_000,
            "minimum_age": policy.consent.minimum_age,
        },
    )


def _prepare_versions(con: duckdb.DuckDBPyConnection, policy: Policy) -> None:
    """Makes `consent_versions`: `valid_from`, `valid_until` (excluded), `accepts`; the edition in force on each day."""
    versions = policy.versions.version
    until = [version.valid_from.isoformat() for version in versions[1:]] + ["9999-12-31"]
    con.execute("create or replace temp table consent_versions (valid_from date, valid_until date, accepts varchar[])")
    con.executemany(
        "insert into consent_versions values (?, ?, ?)",
        [[version.valid_from, end, version.accepts] for version, end in zip(versions, until, strict=True)],
    )


def _band_of_age(policy: Policy) -> str:
    """The SQL expression that names the band of `age_years`; made of the policy's numbers alone."""
    bands = sorted(zip(policy.ages.bands, policy.ages.labels(), strict=True), reverse=True)
    branches = " ".join(f"when age_years >= {first} then '{label}'" for first, label in bands)
    return f"case {branches} end"
