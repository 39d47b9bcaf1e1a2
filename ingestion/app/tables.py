"""What the app delivers: its three kinds of record, and what makes one bad."""

from datetime import datetime

from home.sql import Sql, identifier, joined, literal
from ingestion.app.judge import Judgement
from ingestion.delivered.raw_relation import RecordTable

PURPOSES = ("functional", "analytics", "advertising", "parental")
MAX_SESSION_US = 24 * 3600 * 1_000_000

USERS = RecordTable(
    name="users",
    source="app_users",
    columns={
        "user_id": "text",
        "country": "text",
        "birth_date": "date",
        "registered_at": "instant",
        "closed_at": "instant",
    },
    # closed_at too: a renamed column would keep every closed account.
    needed_in_some_line=("user_id", "birth_date", "closed_at"),
    is_closed=False,
    # How databases often write that an account is open.
    may_never_end=("closed_at",),
)
CONSENTS = RecordTable(
    name="consents",
    source="app_consents",
    columns={
        "user_id": "text",
        "purpose": "text",
        "granted": "boolean",
        "policy_version": "text",
        "recorded_at": "instant",
    },
    needed_in_some_line=("user_id", "purpose", "granted", "recorded_at"),
    is_closed=True,
)
SESSIONS = RecordTable(
    name="sessions",
    source="app",
    columns={
        "session_id": "text",
        "user_id": "text",
        "started_at": "instant",
        "ended_at": "instant",
        "ip_address": "text",
        "platform": "text",
    },
    needed_in_some_line=("session_id", "user_id", "started_at"),
    is_closed=True,
)

REQUESTS = RecordTable(
    name="requests",
    source="app_requests",
    columns={
        "request_id": "text",
        "user_id": "text",
        "kind": "text",
        "received_at": "instant",
        "channel": "text",
    },
    needed_in_some_line=("request_id", "user_id", "kind", "received_at"),
    is_closed=True,
)
REQUEST_KINDS = ("access", "rectification", "erasure", "objection", "complaint")
#: What stays in the register for years: a plain word, in which no user's id is hidden.
PLAIN_WORD = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}"


def _missing(*columns: str) -> Sql:
    return joined((Sql(f"{column}_delivered is null") for column in map(identifier, columns)), " or ")


def _not_read(*columns: str) -> Sql:
    unread = (Sql(f"({column}_delivered is not null and {column} is null)") for column in map(identifier, columns))
    return joined(unread, " or ")


USERS_JUDGEMENT = Judgement(
    reasons=(
        ("missing_field", _missing("user_id")),
        ("bad_timestamp", _not_read("registered_at", "closed_at")),
    ),
    # A birth date in another form makes its user under age, for good once the week is frozen.
    doubts=(("bad_birth_date", _not_read("birth_date")),),
)

CONSENTS_JUDGEMENT = Judgement(
    reasons=(
        ("missing_field", _missing("user_id", "purpose", "granted", "recorded_at")),
        ("bad_value", Sql(f"purpose not in {PURPOSES} or granted is null")),
        ("bad_timestamp", _not_read("recorded_at")),
    )
)


def sessions_judgement(as_of: datetime, plain_address: str) -> Judgement:
    """The contract's reasons in the contract's order. `bad_ip` is said of every text that the pattern does not know."""
    return Judgement(
        reasons=(
            ("missing_field", _missing("session_id", "user_id", "started_at")),
            ("bad_timestamp", _not_read("started_at", "ended_at")),
            ("ends_before_start", Sql("ended_at < started_at")),
            ("too_long", Sql(f"epoch_us(ended_at) - epoch_us(started_at) > {MAX_SESSION_US}")),
            ("in_future", Sql(f"started_at > {literal(as_of.isoformat())}::timestamptz")),
            (
                "bad_ip",
                Sql(f"ip_address is not null and not regexp_full_match(ip_address, {literal(plain_address)})"),
            ),
        )
    )


def requests_judgement(as_of: datetime) -> Judgement:
    """A request's id stays for years after the person is forgotten, so one that holds the user's id is none."""
    is_plain = joined(
        (
            Sql(f"regexp_full_match({name}, {literal(PLAIN_WORD)})")
            for name in map(identifier, ("request_id", "channel"))
        ),
        " and ",
    )
    return Judgement(
        reasons=(
            ("missing_field", _missing("request_id", "user_id", "kind", "received_at", "channel")),
            ("bad_value", Sql(f"kind not in {REQUEST_KINDS} or not ({is_plain}) or contains(request_id, user_id)")),
            ("bad_timestamp", _not_read("received_at")),
            ("in_future", Sql(f"received_at > {literal(as_of.isoformat())}::timestamptz")),
        )
    )
