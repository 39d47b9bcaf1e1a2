"""One request: what was asked, by whom, when, and how far it is."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

from refusals.errors import UsageError

RequestKind = Literal["access", "rectification", "erasure", "objection", "complaint"]
KINDS: Final[tuple[RequestKind, ...]] = ("access", "rectification", "erasure", "objection", "complaint")
COMPLAINT: Final = "complaint"

#: Of an id of a request, and of a channel: they stay in the register for years, so they are plain words.
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Request:
    """As the register holds it.

    `user_id`, `browsers` (GA4's ids that were seen with it) and `note` are there while it is open; then `subject_hash`
    stands for them. `answered_at`: it was carried out or refused. `closed_at`: what was made for the answer is handed
    over, or gone.
    """

    request_id: str
    kind: RequestKind
    channel: str
    received_on: date
    due_on: date
    user_id: str | None = None
    browsers: tuple[str, ...] = ()
    note: str | None = None
    acknowledged_at: datetime | None = None
    identified_at: datetime | None = None
    identified_how: str | None = None
    identified_by: str | None = None
    extended_at: datetime | None = None
    extended_why: str | None = None
    answered_at: datetime | None = None
    outcome: str | None = None
    answered_by: str | None = None
    answered_why: str | None = None
    receipt_digest: str | None = None
    subject_hash: str | None = None
    closed_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether it waits for its answer."""
        return self.answered_at is None

    @property
    def state(self) -> str:
        """In a word: `open`, `identified`, `answered`, `closed`."""
        if self.is_open:
            return "open" if self.identified_at is None else "identified"
        return "answered" if self.closed_at is None else "closed"


def check_plain(word: str, what: str) -> str:
    """The word, which stays in the register.

    Raises:
        UsageError: it holds more than letters, digits, '.', '_' and '-', or looks like somebody.
    """
    if not is_plain(word):
        raise UsageError(f"{what} may hold letters, digits, '.', '_' and '-' only, at most 64")
    return word


def is_plain(word: str) -> bool:
    """Whether a word is short and holds letters, digits, '.', '_' and '-' only."""
    return _PLAIN.fullmatch(word) is not None
