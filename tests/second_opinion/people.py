"""Users and their consent ledger, with their bad records (contract section 3)."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from tests.second_opinion.delivered import Row, Unreadable, read
from tests.second_opinion.instants import NoInstant, instant

PURPOSES = {"functional", "analytics", "advertising", "parental"}
Bad = set[tuple[str, tuple[object, ...]]]  # reason and what makes it the same record


@dataclass(frozen=True)
class User:
    country: str | None
    birth_date: date | None
    closed_at: int | None


@dataclass(frozen=True)
class Entry:
    at: int
    granted: bool
    version: str | None


@dataclass
class Ledger:
    """One user's entries; `always_denied` once a bad record has no time of its own."""

    analytics: list[Entry] = field(default_factory=list)
    parental: list[Entry] = field(default_factory=list)
    always_denied: bool = False


@dataclass
class People:
    users: dict[str, User]
    ledgers: dict[str, Ledger]
    bad_users: Bad
    bad_consents: Bad

    def ledger(self, user_id: str) -> Ledger:
        return self.ledgers.get(user_id, Ledger())


def read_people(app: Path) -> People:
    people = People({}, {}, set(), set())
    _read_users(app, people)
    _read_consents(app, people)
    return people


def _read_users(app: Path, people: People) -> None:
    seen: dict[str, set[tuple[object, ...]]] = {}
    good: dict[str, User] = {}
    spoiled: set[str] = set()
    for file in sorted(app.glob("users.*")):
        for row in read(file):
            if isinstance(row, Unreadable):
                people.bad_users.add(("unreadable", (row.line,)))
                continue
            user_id = row["user_id"]
            identity = (
                user_id,
                row["country"],
                row["birth_date"],
                _same(row["registered_at"]),
                None if (row["closed_at"] or "infinity").lower() == "infinity" else _same(row["closed_at"]),
            )
            if user_id is None:
                people.bad_users.add(("missing_field", identity))
                continue
            seen.setdefault(user_id, set()).add(identity)
            try:
                closed = None if (row["closed_at"] or "infinity").lower() == "infinity" else instant(row["closed_at"])
                if row["registered_at"] is not None:
                    instant(row["registered_at"])
            except NoInstant:
                people.bad_users.add(("bad_timestamp", identity))
                spoiled.add(user_id)
                continue
            good[user_id] = User(row["country"], day(row["birth_date"]), closed)
    for user_id, identities in seen.items():
        if len(identities) > 1:
            spoiled.add(user_id)
            people.bad_users.update(("duplicate_user", identity) for identity in identities)
    people.users = {user_id: user for user_id, user in good.items() if user_id not in spoiled}


def _read_consents(app: Path, people: People) -> None:
    for file in sorted(app.glob("consents.*")):
        for row in read(file):
            if isinstance(row, Unreadable) or row["user_id"] is None:
                raise AssertionError("a ledger entry without a readable user refuses the whole batch")
            ledger = people.ledgers.setdefault(row["user_id"], Ledger())
            reason = _fault(row)
            if reason is None:
                entry = Entry(instant(row["recorded_at"]), _flag(row["granted"]), row["policy_version"])
                if row["purpose"] == "analytics":
                    ledger.analytics.append(entry)
                elif row["purpose"] == "parental":
                    ledger.parental.append(entry)
                continue
            columns = ("user_id", "purpose", "granted", "policy_version")
            identity = (*(row[column] for column in columns), _same(row["recorded_at"]))
            people.bad_consents.add((reason, identity))
            try:
                ledger.analytics.append(Entry(instant(row["recorded_at"]), False, row["policy_version"]))
            except NoInstant:
                ledger.always_denied = True


def _fault(row: Row) -> str | None:
    if any(row[column] is None for column in ("user_id", "purpose", "granted", "recorded_at")):
        return "missing_field"
    if row["purpose"] not in PURPOSES or _flag(row["granted"]) is None:
        return "bad_value"
    try:
        instant(row["recorded_at"])
    except NoInstant:
        return "bad_timestamp"
    return None


def _flag(value: object) -> bool | None:
    return {"true": True, "false": False}.get(str(value).lower())


def _same(moment: object) -> object:
    """The instant where the text is one, the text where it is none."""
    try:
        return instant(moment)
    except NoInstant:
        return moment


def day(text: object) -> date | None:
    if isinstance(text, date):
        return text
    try:
        return date.fromisoformat(str(text)) if text is not None and len(str(text)) == 10 else None
    except ValueError:
        return None
