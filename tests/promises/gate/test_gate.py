"""The gate, promise by promise: who may be counted, and for which reason a session is dropped (contract section 4).

Anna is born on 17 May 1990 and has an account; unless a line says otherwise, her session is on 1 October 2026 from
10:00 to 10:30 and now is 19 November 2026. Times are UTC.
"""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from consent.reasons import REASONS
from policy.policy import ConsentPolicy, StatementVersion, VersionsPolicy, load_policy
from tests.worlds.gate_world import AS_OF, Entry, Session, User, at, judged

GRANT = Entry(at("2026-01-01T00:00:00"))
START, END = at("2026-10-01T10:00:00"), at("2026-10-01T10:30:00")
MICROSECOND = timedelta(microseconds=1)
DAY = timedelta(days=1)


def denial(moment: str) -> Entry:
    return Entry(at(moment), granted=False)


# ruff: noqa: E501 — a table that can be read across
CASES = [
    # what is the case                                        user                           ledger                       reason
    ("a grant before the session",                            User(),                        [GRANT],                     None),
    ("a grant at the very start counts",                      User(),                        [Entry(START)],              None),
    ("a grant a microsecond after the start does not",        User(),                        [Entry(START + MICROSECOND)], "no_consent"),
    ("a grant for advertising is none for analytics",         User(),                        [replace(GRANT, purpose="advertising")], "no_consent"),
    ("a grant of somebody else",                              User(),                        [replace(GRANT, user_id="bert")], "no_consent"),
    ("nothing in the ledger",                                 User(),                        [],                          "no_consent"),
    ("an account nobody knows",                               User("bert"),                  [GRANT],                     "unknown_user"),
    ("the account is closed now, though not then",            User(closed_at=at("2026-11-01")), [GRANT],                  "account_closed"),
    ("the account closes at this very moment",                User(closed_at=AS_OF),         [GRANT],                     "account_closed"),
    ("the account closes a microsecond from now",             User(closed_at=AS_OF + MICROSECOND), [GRANT],               None),
    ("the latest entry is a denial",                          User(),                        [GRANT, denial("2026-09-01")], "denied"),
    ("a denial at the very start",                            User(),                        [GRANT, Entry(START, granted=False)], "denied"),
    ("granted again after a denial",                          User(),                        [denial("2026-01-01"), Entry(at("2026-02-01"))], None),
    ("of two entries at one time the denial counts",          User(),                        [GRANT, replace(GRANT, granted=False)], "denied"),
    ("a denial whose time cannot be read counts from ever",   User(),                        [GRANT, Entry(None, granted=False)], "denied"),
    ("a denial a microsecond into the session",               User(),                        [GRANT, Entry(START + MICROSECOND, granted=False), Entry(END + DAY)], "withdrawn_during"),
    ("a denial at the very end",                              User(),                        [GRANT, Entry(END, granted=False), Entry(END + DAY)], "withdrawn_during"),
    ("a denial just after the end, granted again since",      User(),                        [GRANT, Entry(END + MICROSECOND, granted=False), Entry(END + DAY)], None),
    ("a grant for another edition of the statement",          User(),                        [replace(GRANT, policy_version="2019-01-01")], "outdated_policy"),
    ("a grant that names no edition",                         User(),                        [replace(GRANT, policy_version=None)], "outdated_policy"),
    ("of two grants at one time the one not accepted counts", User(),                        [GRANT, replace(GRANT, policy_version="2019-01-01")], "outdated_policy"),
    ("a grant of exactly 395 times 24 hours",                 User(),                        [Entry(START - 395 * DAY)],  None),
    ("a grant a microsecond older",                           User(),                        [Entry(START - 395 * DAY - MICROSECOND)], "expired"),
    ("fifteen, no parent",                                    User(birth_date=date(2010, 10, 2)), [GRANT],                "under_age"),
    ("sixteen on this very day",                              User(birth_date=date(2010, 10, 1)), [GRANT],                None),
    ("fifteen, a parent's grant",                             User(birth_date=date(2010, 10, 2)), [GRANT, replace(GRANT, purpose="parental")], None),
    ("fifteen, a parent's grant and denial at one time",      User(birth_date=date(2010, 10, 2)), [GRANT, replace(GRANT, purpose="parental"), replace(GRANT, purpose="parental", granted=False)], "under_age"),
    ("fifteen, the parent withdrew before",                   User(birth_date=date(2010, 10, 2)), [GRANT, replace(GRANT, purpose="parental"), Entry(at("2026-06-01"), granted=False, purpose="parental")], "under_age"),
    ("fifteen, the parent's grant comes later",               User(birth_date=date(2010, 10, 2)), [GRANT, Entry(START + MICROSECOND, purpose="parental")], "under_age"),
    ("no birth date",                                         User(birth_date=None),         [GRANT],                     "under_age"),
    ("no birth date, a parent's grant",                       User(birth_date=None),         [GRANT, replace(GRANT, purpose="parental")], None),
    ("born in the future",                                    User(birth_date=date(2027, 1, 1)), [GRANT],                 "under_age"),
    ("121 years old",                                         User(birth_date=date(1905, 9, 30)), [GRANT],                "under_age"),
    ("120 years old",                                         User(birth_date=date(1906, 9, 30)), [GRANT],                None),
    ("a withdrawal since",                                    User(),                        [GRANT, denial("2026-11-01")], "withdrawn_since"),
    ("a withdrawal at this very moment",                      User(),                        [GRANT, Entry(AS_OF, granted=False)], "withdrawn_since"),
    ("a withdrawal a microsecond from now",                   User(),                        [GRANT, Entry(AS_OF + MICROSECOND, granted=False)], None),
    ("withdrawn since, and granted again",                    User(),                        [GRANT, denial("2026-11-01"), Entry(at("2026-11-02"))], None),
]  # fmt: skip


@pytest.mark.clause(
    "gate-unknown-user",
    "gate-account-closed",
    "gate-no-consent",
    "gate-denied",
    "gate-withdrawn-during",
    "gate-outdated-policy",
    "gate-expired",
    "gate-under-age",
    "gate-withdrawn-since",
)
@pytest.mark.parametrize(("user", "ledger", "reason"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_case(user: User, ledger: list[Entry], reason: str | None) -> None:
    assert [outcome[0] for outcome in judged([user], ledger, [Session()])] == [reason]


def test_every_reason_has_a_case() -> None:
    assert {case[3] for case in CASES} | {"objected", "erased"} == {None, *REASONS}


@pytest.mark.clause("gate-objected", "gate-erased", "gate-first-reason")
@pytest.mark.parametrize("reason", ["objected", "erased"])
def test_a_stopped_person_is_dropped_for_that_reason_and_nobody_else_is(reason: str) -> None:
    """After a closed account, before anything of consent."""
    users = [User(), User("bert"), User("carl", closed_at=at("2026-11-01"))]
    sessions = [Session(), Session(user_id="bert"), Session(user_id="carl"), Session(user_id="dora")]
    stopped = {"anna": reason, "carl": reason, "dora": reason}
    outcomes = judged(users, [replace(GRANT, user_id="bert")], sessions, stopped=stopped)
    assert [outcome[0] for outcome in outcomes] == [reason, None, "account_closed", "unknown_user"]


#: Each line breaks one rule more than the next, so the first reason in the contract's order must be given.
ORDER = [
    ("account_closed", User(closed_at=at("2026-11-01"), birth_date=None), []),
    ("no_consent", User(birth_date=None), [Entry(START + MICROSECOND, granted=False)]),
    ("denied", User(birth_date=None), [denial("2024-01-01"), Entry(START + MICROSECOND, granted=False)]),
    (
        "withdrawn_during",
        User(birth_date=None),
        [Entry(at("2024-01-01"), policy_version="x"), Entry(END, granted=False)],
    ),
    ("outdated_policy", User(birth_date=None), [Entry(at("2024-01-01"), policy_version="x"), denial("2026-11-01")]),
    ("expired", User(birth_date=None), [Entry(at("2024-01-01")), denial("2026-11-01")]),
    ("under_age", User(birth_date=None), [GRANT, denial("2026-11-01")]),
]


@pytest.mark.clause("gate-first-reason")
@pytest.mark.parametrize(("reason", "user", "ledger"), ORDER, ids=[line[0] for line in ORDER])
def test_the_first_reason_that_applies_is_given(reason: str, user: User, ledger: list[Entry]) -> None:
    assert judged([user], ledger, [Session()])[0][0] == reason


@pytest.mark.clause("gate-unknown-user")
def test_an_account_without_id_is_unknown() -> None:
    assert judged([User()], [GRANT], [Session(user_id=None)])[0][0] == "unknown_user"


@pytest.mark.clause("gate-under-age")
def test_29_february_turns_on_1_march_in_a_common_year() -> None:
    """Born on 29 February 2008: eighteen in 2026, a common year, on 1 March."""
    moments = [at("2026-02-28T23:59:59+01:00"), at("2026-03-01T00:00:00+01:00")]
    outcome = judged([User(birth_date=date(2008, 2, 29))], [Entry(at("2026-01-01"))], [Session(m, m) for m in moments])
    assert [band for _, band in outcome] == ["16-17", "18-24"]


@pytest.mark.clause("gate-outdated-policy", "gate-local-days")
def test_the_edition_in_force_is_that_of_the_local_day() -> None:
    """A new edition from 1 October 2026 that accepts only itself: at 23:59:59 in Amsterdam the old one still holds."""
    policy = load_policy()
    versions = VersionsPolicy(
        version=[
            StatementVersion(id="old", valid_from=date(2024, 1, 1), accepts=["old"]),
            StatementVersion(id="new", valid_from=date(2026, 10, 1), accepts=["new"]),
        ]
    )
    changed = policy.model_copy(update={"versions": versions})
    moments = [at("2026-09-30T23:59:59+02:00"), at("2026-10-01T00:00:00+02:00")]
    outcome = judged(
        [User()], [Entry(at("2026-01-01"), policy_version="old")], [Session(m, m) for m in moments], policy=changed
    )
    assert [reason for reason, _ in outcome] == [None, "outdated_policy"]


def test_before_the_first_edition_nothing_is_accepted() -> None:
    moment = at("2024-02-18T12:00:00")
    outcome = judged([User()], [Entry(at("2024-01-01"))], [Session(moment, moment)])
    assert outcome[0][0] == "outdated_policy"


@pytest.mark.clause("config-policy")
def test_the_numbers_are_the_policys() -> None:
    """A stricter policy drops what the shipped one lets pass."""
    policy = load_policy()
    strict = policy.model_copy(
        update={"consent": ConsentPolicy(timezone="Europe/Amsterdam", max_age_days=30, minimum_age=40)}
    )
    assert judged([User()], [GRANT], [Session()])[0][0] is None
    assert judged([User()], [GRANT], [Session()], policy=strict)[0][0] == "expired"
    assert judged([User()], [Entry(START - DAY)], [Session()], policy=strict)[0][0] == "under_age"
