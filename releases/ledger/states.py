"""The states of a release and the moves between them: one table, from which the documents' diagram is made."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from refusals.errors import UsageError


class State(StrEnum):
    """Where a release stands. Drafts and sealed ones are nobody's yet: only what the ledger names is published."""

    DRAFT = "draft"  # assembled from frozen cells, in memory
    REFUSED = "refused"  # not approved, or stopped by the door out or the audit; leaves nothing behind
    SEALED = "sealed"  # written aside, with checksums, signature and its own ledger entry
    PUBLISHED = "published"  # the ledger names it
    SUPERSEDED = "superseded"  # a later version of the same period is published; still there and valid to cite
    WITHDRAWN = "withdrawn"  # a tombstone says why


MOVES: Mapping[State, tuple[State, ...]] = MappingProxyType(
    {
        State.DRAFT: (State.REFUSED, State.SEALED),
        State.REFUSED: (),
        State.SEALED: (State.PUBLISHED,),
        State.PUBLISHED: (State.SUPERSEDED, State.WITHDRAWN),
        State.SUPERSEDED: (State.PUBLISHED, State.WITHDRAWN),  # published again: the later version was withdrawn
        State.WITHDRAWN: (),
    }
)


def check_move(release: str, state: State, to: State) -> None:
    """Only the moves of the table.

    Raises:
        UsageError: the release cannot go from one state to the other.
    """
    if to not in MOVES[state]:
        allowed = " or ".join(MOVES[state]) or "nothing else: that is its last state"
        raise UsageError(f"release {release} is {state}, so it cannot become {to}: it can become {allowed}")
