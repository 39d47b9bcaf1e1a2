"""Publishing one release, as the step for several does."""

from collections.abc import Mapping
from datetime import datetime

from home.layout import Home
from releases.ledger.ledger_entry import LedgerEntry
from releases.ledger.release_id import ReleaseId
from releases.publishing.publisher import publishing_to


def publish(home: Home, release: ReleaseId, files: Mapping[str, bytes], *, at: datetime, why: str = "") -> LedgerEntry:
    """Takes the lock, publishes, and lets go."""
    with publishing_to(home) as publisher:
        return publisher.publish(release, files, at, why)
