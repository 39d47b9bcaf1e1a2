"""What has been published, as the ledger tells it: for the list, the portal and the catalogue."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from releases.ledger.ledger_entry import Cause
from releases.ledger.release_id import ReleaseId
from releases.ledger.states import State


@dataclass(frozen=True, slots=True)
class ListedRelease:
    """One release that the ledger names, in its present state (published, superseded, withdrawn).

    `folder`: absolute; of a withdrawn one it holds the tombstone alone. `why`: what changed, or why it was withdrawn.
    `withdrawn_for`: what a withdrawal was for; None: it is not withdrawn, or its entry is of before there were causes.
    `retracted`: the Monday, where it was for a week that was retracted.
    `sha256`: of its CHECKSUMS.sha256.
    """

    id: ReleaseId
    state: State
    published_at: datetime
    withdrawn_at: datetime | None
    why: str
    superseded_by: ReleaseId | None
    sha256: str
    folder: Path
    withdrawn_for: Cause | None = None
    retracted: date | None = None
