"""The gate in SQL agrees with a gate in plain Python, written from the contract alone, on any small world."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.worlds.gate_world import AS_OF, VERSION, Entry, Session, User, at, judged

BASE = at("2026-03-28T21:00:00")
#: Few moments, so that entries, starts and ends often coincide; around the start of summer time.
MOMENTS = [BASE + timedelta(hours=hours) for hours in (-395 * 24, -24, 0, 1, 2, 3, 24)] + [AS_OF]
BIRTHS = [None, date(2010, 3, 28), date(2010, 3, 29), date(1990, 1, 1), date(2027, 1, 1), date(1900, 1, 1)]
BANDS = [
    (65, "65+"),
    (55, "55-64"),
    (45, "45-54"),
    (35, "35-44"),
    (25, "25-34"),
    (18, "18-24"),
    (16, "16-17"),
    (0, "0-15"),
]

users = st.builds(User, st.just("anna"), st.sampled_from(BIRTHS), st.sampled_from([None, AS_OF, AS_OF + timedelta(1)]))
entries = st.builds(
    Entry,
    st.sampled_from([*MOMENTS, *MOMENTS, None]),
    st.booleans(),
    st.sampled_from(["analytics", "analytics", "parental", "functional"]),
    st.sampled_from([VERSION, VERSION, "other", None]),
)
spans = st.tuples(st.sampled_from(MOMENTS[:-1]), st.sampled_from([0, 1, 3])).map(
    lambda pair: Session(pair[0], pair[0] + timedelta(hours=pair[1]))
)


@pytest.mark.clause("gate-first-reason")
@settings(max_examples=150, deadline=None)
@given(st.lists(users, max_size=1), st.lists(entries, max_size=5), st.lists(spans, min_size=1, max_size=6))
def test_sql_and_plain_python_agree(known: list[User], ledger: list[Entry], sessions: list[Session]) -> None:
    # A record whose time cannot be read is, by the reader's rule, a denial for analytics.
    ledger = [e if e.recorded_at else Entry(None, granted=False) for e in ledger]
    assert judged(known, ledger, sessions) == [plain_gate(known, ledger, session) for session in sessions]


def plain_gate(known: list[User], ledger: list[Entry], session: Session) -> tuple[str | None, str]:
    user = known[0] if known else None
    born = user.birth_date if user else None
    local = session.started_at.astimezone(ZoneInfo("Europe/Amsterdam")).date()
    age = -1
    if born is not None:
        age = local.year - born.year - (1 if (local.month, local.day) < (born.month, born.day) else 0)
    if age < 0 or age > 120:
        age = 0
    band = next(label for first, label in BANDS if age >= first)
    return plain_reason(user, ledger, session, local, age), band


def plain_reason(user: User | None, ledger: list[Entry], session: Session, local: date, age: int) -> str | None:
    if user is None:
        return "unknown_user"
    if user.closed_at is not None and user.closed_at <= AS_OF:
        return "account_closed"
    always_denied = any(e.recorded_at is None for e in ledger)
    analytics = [e for e in ledger if e.purpose == "analytics" and e.recorded_at is not None]
    in_force = latest(analytics, session.started_at)
    if not in_force and not always_denied:
        return "no_consent"
    if always_denied or any(not e.granted for e in in_force):
        return "denied"
    if any(not e.granted and session.started_at < e.recorded_at <= session.ended_at for e in analytics):
        return "withdrawn_during"
    accepted = {VERSION} if local >= date(2024, 2, 19) else set()
    if any(e.policy_version not in accepted for e in in_force):
        return "outdated_policy"
    if session.started_at - in_force[0].recorded_at > timedelta(hours=395 * 24):
        return "expired"
    parental = latest([e for e in ledger if e.purpose == "parental"], session.started_at)
    if age < 16 and not (parental and all(e.granted for e in parental)):
        return "under_age"
    if any(not e.granted for e in latest(analytics, AS_OF)):
        return "withdrawn_since"
    return None


def latest(entries: list[Entry], moment: datetime) -> list[Entry]:
    """All entries of the latest time at or before the moment."""
    before = [e for e in entries if e.recorded_at is not None and e.recorded_at <= moment]
    last = max((e.recorded_at for e in before), default=None)
    return [e for e in before if e.recorded_at == last]
