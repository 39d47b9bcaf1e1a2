"""What stays of a withdrawn release: that it was there, when it went, and why."""

import json

from releases.folders.markdown import as_typed
from releases.ledger.ledger import line_of
from releases.ledger.ledger_entry import LedgerEntry
from releases.ledger.signing import PUBLIC_KEY, PublicKey

ENTRY = "ledger-entry.json"
TOMBSTONE = "TOMBSTONE.json"

#: Of the texts below. They are checked to the byte, as what the signed entry says, so they never change: other words
#: get another number, and these stay beside them. Format 1 is of entries of before there were causes.
FORMAT = 2

_README = """\
# {release}: withdrawn

This release was withdrawn on {at}. Its files are no longer here. Reason:

{reason}

Please use copies no more and do not pass them on. If you have used it, say in your work that it was withdrawn, and
when. A later version, where there is one, is in the same list as this one was.

`ledger-entry.json` is the signed entry of the withdrawal. It names the SHA-256 of the checksums of what was withdrawn,
by which a copy is recognised: {release_sha256}

# {release}: ingetrokken

Deze publicatie is ingetrokken op {at}. De bestanden staan hier niet meer. Reden:

{reason}

Gebruik kopieën niet meer en geef ze niet door. Hebt u de cijfers gebruikt, vermeld dan dat ze zijn ingetrokken, en
wanneer. Een latere versie staat, als die er is, in dezelfde lijst als waarin deze stond.

`ledger-entry.json` is de ondertekende regel van de intrekking. Die noemt de SHA-256 van de controlegetallen van wat is
ingetrokken, waaraan een kopie te herkennen is: {release_sha256}
"""


def entry_file(entry: LedgerEntry) -> bytes:
    """A release's own entry, as it lies in its folder: the ledger's line."""
    return line_of(entry) + b"\n"


def tombstone_files(entry: LedgerEntry, key: PublicKey) -> dict[str, bytes]:
    """The files of a withdrawn release's folder: what the withdrawal's entry says, and nothing else."""
    told = {"release": entry.release, "release_sha256": entry.release_sha256, "why": entry.why}
    tombstone = {**told, "format": 1, "state": "withdrawn", "withdrawn_at": entry.at}
    reason = f"    {entry.why}"
    if entry.cause is not None:
        tombstone |= {"format": FORMAT, "cause": entry.cause, "week": entry.week or None}
        reason = f"> {as_typed(entry.why)}"
    return {
        TOMBSTONE: (json.dumps(tombstone, indent=2, sort_keys=True) + "\n").encode("ascii"),
        "README.md": _README.format(**told, reason=reason, at=entry.at).encode(),
        PUBLIC_KEY: key.pem,
        ENTRY: entry_file(entry),
    }
