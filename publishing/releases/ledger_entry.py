"""One line of the ledger: that a release was published, or withdrawn, and what came before."""

from dataclasses import dataclass
from typing import Literal

Action = Literal["published", "withdrawn"]

#: What the first entry names as the one before it.
NOTHING_BEFORE = "0" * 64


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A signed entry. `release_sha256`: of the release's `CHECKSUMS.sha256`. `previous`: SHA-256 of the entry before.

    `at`: ISO 8601, UTC. `why`: what changed since the last version, or why it was withdrawn; empty for a first version.
    `key`: SHA-256 of the public key (raw bytes). `signature`: Ed25519, base64, over the canonical JSON of the rest.
    """

    sequence: int
    action: Action
    release: str
    release_sha256: str
    at: str
    why: str
    previous: str
    key: str
    signature: str
