"""What waits for somebody, and until when: for the command, the status, and the mails before and after a deadline."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from policy.rights_policy import RightsPolicy
from rights.deadlines import acknowledgement_due
from rights.requests.request import COMPLAINT, Request

Waits = Literal["acknowledgement", "identity check", "answer"]


@dataclass(frozen=True, slots=True)
class Deadline:
    """One request and what it waits for. `days_left`: negative once the deadline has passed."""

    request_id: str
    kind: str
    waits_for: Waits
    due_on: date
    days_left: int

    @property
    def is_overdue(self) -> bool:
        """Whether it has passed."""
        return self.days_left < 0

    def __str__(self) -> str:
        """In a line, without a word of whom it is about."""
        when = f"{-self.days_left} days ago" if self.is_overdue else f"in {self.days_left} days"
        word = "was due" if self.is_overdue else "is due"
        return f"request {self.request_id} ({self.kind}): its {self.waits_for} {word} on {self.due_on}, {when}"


def deadlines(requests: list[Request], today: date, rights: RightsPolicy) -> list[Deadline]:
    """Of every open request, the first that is due first; of a complaint its acknowledgement, until it was sent."""
    found = [_deadline(request, today, rights) for request in requests if request.is_open]
    return sorted(found, key=lambda one: (one.due_on, one.request_id))


def to_be_told(found: list[Deadline], rights: RightsPolicy) -> list[Deadline]:
    """Those that pass within the policy's days, or have passed."""
    return [one for one in found if one.days_left <= rights.remind_days]


def _deadline(request: Request, today: date, rights: RightsPolicy) -> Deadline:
    due, waits_for = request.due_on, _waits_for(request)
    if waits_for == "acknowledgement":
        due = acknowledgement_due(request.received_on, rights)
    return Deadline(request.request_id, request.kind, waits_for, due, (due - today).days)


def _waits_for(request: Request) -> Waits:
    if request.kind == COMPLAINT:
        return "acknowledgement" if request.acknowledged_at is None else "answer"
    return "identity check" if request.identified_at is None else "answer"
