"""Datasets whose releases a destination does not show now, since no approval of them is in force.

Their folders are taken away there, tombstones aside, and come back when a reviewer approves the dataset again: the
ledger still names them, and the home keeps them. `releases/held-back.json` says so to readers, and to the next delivery
what has to come back. It is there before anything is taken away, and says `settled` only when all is done.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass

HELD_BACK = "held-back.json"
_WHY = {
    "en": "No reviewer's approval of these datasets is in force, so their releases are not here.",
    "nl": "Voor deze datasets is geen goedkeuring van kracht; daarom staan de publicaties ervan niet hier.",
}


@dataclass(frozen=True, slots=True)
class HeldBack:
    """`datasets`: by name. `settled`: nothing of them is left, and nothing of another is missing."""

    datasets: frozenset[str] = frozenset()
    settled: bool = True

    def content(self) -> bytes:
        """The file."""
        told = {"datasets": sorted(self.datasets), "settled": self.settled, "why": _WHY}
        return (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()


def parse_held_back(content: bytes | None, every: Collection[str]) -> HeldBack:
    """What a destination's file says; where it is damaged, each of `every` dataset may be missing or left over."""
    if content is None:
        return HeldBack()
    try:
        told = json.loads(content)
        return HeldBack(frozenset(map(str, told["datasets"])), told["settled"] is True)
    except (ValueError, LookupError, TypeError, RecursionError):
        return HeldBack(frozenset(every), settled=False)
