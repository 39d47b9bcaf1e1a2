"""The gate: which records may be used, each judged at its own time. What is unknown is no consent."""

from datetime import datetime

import duckdb

from consent.consent_ledger import prepare_ledger
from home.sql import Sql, identifier, joined, literal, sql_file
from policy.oldest_age import OLDEST_AGE
from policy.policy import Policy


def gate(con: duckdb.DuckDBPyConnection, candidates: str, into: str, as_of: datetime, policy: Policy) -> None:
    """Judges every candidate, in one pass whatever their number.

    Reads `candidates` (`candidate`, `user_id`, `started_at`, `ended_at`; no open ones), `app_users`, `app_consents` and
    `stopped_persons` (`user_id`, `reason`: who objected or was erased; see `consent.tombstones`).
    Makes the table `into`: `candidate`, `reason` (of `consent.reasons.REASONS`, the first that applies; null: passed)
    and `age_band` (at the start; the youngest band where the birth date is missing or impossible).

    Source: contract section 4; GDPR art. 4(11), 7(3); UAVG art. 5.
    """
    prepare_ledger(con, as_of)
    _prepare_versions(con, policy)
    con.execute(
        sql_file(
            "consent",
            "gated",
            candidates=identifier(candidates),
            result=identifier(into),
            band_of_age=_band_of_age(policy),
        ),
        {
            "as_of": as_of,
            "timezone": policy.consent.timezone,
            "max_age_us": policy.consent.max_age_days * 24 * 3600 * 1_000_000,
            "oldest_age": OLDEST_AGE,
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


def _band_of_age(policy: Policy) -> Sql:
    """The SQL expression that names the band of `age_years`; made of the policy's numbers alone."""
    bands = sorted(zip(policy.ages.bands, policy.ages.labels(), strict=True), reverse=True)
    branches = (Sql(f"when age_years >= {int(first)} then {literal(label)}") for first, label in bands)
    return Sql(f"case {joined(branches, ' ')} end")
