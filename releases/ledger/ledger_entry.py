"""One line of the ledger: that a release was published, or withdrawn, and what came before."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any, Literal

Action = Literal["published", "withdrawn"]

#: Why an entry was made, for machines: a first version; a further one; somebody's decision; a week that was retracted;
#: rules of an older edition, by which the release told more than today's allow.
Cause = Literal["new", "correction", "decision", "retracted_week", "rules_superseded"]
CAUSES: Mapping[str, tuple[Cause, ...]] = MappingProxyType(
    {"published": ("new", "correction"), "withdrawn": ("decision", "retracted_week", "rules_superseded")}
)
#: Keys that entries have since causes are written down; those before them have neither, and stay as they were signed.
SINCE_CAUSES = ("cause", "week")

#: What the first entry names as the one before it.
NOTHING_BEFORE = "0" * 64


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A signed entry. `release_sha256`: of the release's `CHECKSUMS.sha256`. `previous`: SHA-256 of the entry before.

    `at`: ISO 8601, UTC. `why`: what changed since the last version, or why it was withdrawn; empty for a first version.
    Nothing is read out of it: it is words for readers. `cause` says it for machines, `week` the Monday that was
    retracted (empty for any other cause); both None in entries of before there were causes.
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
    cause: Cause | None = None
    week: str | None = None

    def content(self) -> dict[str, Any]:
        """What its line holds."""
        return {name: value for name, value in asdict(self).items() if value is not None}
