"""The gate, reason by reason in the contract's order (section 4)."""

from datetime import date

from tests.second_opinion.instants import DAY, local_day
from tests.second_opinion.people import Entry, Ledger, People, User

REASONS = (
    "unknown_user", "account_closed", "objected", "erased", "no_consent", "denied", "withdrawn_during",
    "outdated_policy", "expired", "under_age", "withdrawn_since",
)  # fmt: skip
MAX_AGE = 395 * DAY
MINIMUM_AGE = 16
#: id, valid from, accepted ids
VERSIONS = (("2024-02-19", date(2024, 2, 19), {"2024-02-19"}),)


def reason_to_drop(people: People, user_id: str, start: int, end: int, as_of: int) -> str | None:
    """The first reason that applies, or none: then the session may be used."""
    user = people.users.get(user_id)
    if user is None:
        return "unknown_user"
    if user.closed_at is not None and user.closed_at <= as_of:
        return "account_closed"
    ledger = people.ledger(user_id)
    so_far = [entry for entry in ledger.analytics if entry.at <= start]
    if not so_far and not ledger.always_denied:
        return "no_consent"
    if ledger.always_denied or not _says_yes(so_far):
        return "denied"
    if any(not entry.granted and start < entry.at <= end for entry in ledger.analytics):
        return "withdrawn_during"
    in_force = [entry for entry in so_far if entry.at == max(e.at for e in so_far)]
    accepted = _accepted_versions(local_day(start))
    if any(entry.version not in accepted for entry in in_force):
        return "outdated_policy"
    if start - in_force[0].at > MAX_AGE:
        return "expired"
    if is_child(user, start) and not _parent_says_yes(ledger, start):
        return "under_age"
    if not _says_yes([entry for entry in ledger.analytics if entry.at <= as_of]):
        return "withdrawn_since"
    return None


def _says_yes(entries: list[Entry]) -> bool:
    """Whether the latest of these is a grant; of two entries with one time the denial counts."""
    latest = max(entry.at for entry in entries)
    return all(entry.granted for entry in entries if entry.at == latest)


def _parent_says_yes(ledger: Ledger, start: int) -> bool:
    so_far = [entry for entry in ledger.parental if entry.at <= start]
    return bool(so_far) and _says_yes(so_far)


def _accepted_versions(day: date) -> set[str]:
    in_force = [accepts for _, valid_from, accepts in VERSIONS if valid_from <= day]
    return in_force[-1] if in_force else set()


def age(user: User, start: int) -> int | None:
    """Whole years on the local day of the start; null where the birth date is missing or impossible."""
    if user.birth_date is None:
        return None
    day, born = local_day(start), user.birth_date
    years = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    return years if 0 <= years <= 120 else None


def is_child(user: User, start: int) -> bool:
    years = age(user, start)
    return years is None or years < MINIMUM_AGE
