"""The mark that a home is in use, kept beside the register: so that a lost register is not taken for a first run."""

import hashlib
import json

from home.atomic_file import write_private
from home.layout import Home

#: Of the home's layout: 2 knows every state file by its digest; before it, none was known.
VERSION = 2


def keep_marker(home: Home, home_id: str) -> None:
    """Marks the home as in use, under the id that its register holds. Safe to repeat.

    Raises:
        StateDamaged: a folder stands in its place.
    """
    if marked_home_id(home) != home_id:
        write_private(home.marker, _content(home_id))


def marked_home_id(home: Home) -> str | None:
    """The id that the mark holds; None: there is none, or it is damaged, and the register writes it anew."""
    try:
        content = home.marker.read_bytes()
        home_id = json.loads(content)["home_id"]
        return home_id if isinstance(home_id, str) and content == _content(home_id) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def was_in_use(home: Home) -> bool:
    """Whether anything says that a run has written to this home: the mark, keys, records or commits."""
    if home.marker.exists() or (home.keys / "quarantine.key").exists():
        return True
    if home.tombstones.exists():
        return True
    kept = ((home.keys, "????-??-??.key"), (home.records, "*/????-??-??.parquet"), (home.cells, "weeks/*/*.json"))
    return any(next(folder.glob(pattern), None) is not None for folder, pattern in kept)


def _content(home_id: str) -> bytes:
    facts = {"home_id": home_id, "version": VERSION}
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
    return json.dumps({**facts, "sha256": digest}, sort_keys=True).encode() + b"\n"
