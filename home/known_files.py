"""What is known of each state file: the register's list of what each must be, and what is wrong with one that is not.

A file that is being replaced may be what it was or what it is to be, since a killed process leaves one of the two; the
list says both before anything is renamed. So the list and the files never disagree, at whatever moment a process dies.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from home.atomic_file import sha256_of
from home.layout import Home

KEY_BYTES = 32
#: In a record file's own metadata: which key its pseudonyms were made with.
KEY_FINGERPRINT = "week_key_fingerprint"
#: Of a file that an older version wrote, and that was missing or broken when its digest was to be taken.
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class KnownFile:
    """`digest`: what the file is; None: it is not there. `next_digest` likewise, while it is changing."""

    path: Path
    digest: str | None
    next_digest: str | None
    is_changing: bool

    @property
    def may_be(self) -> tuple[str | None, ...]:
        """The digests that are right."""
        return (self.digest, self.next_digest) if self.is_changing else (self.digest,)


def known_files(home: Home, db: sqlite3.Connection, folder: Path | None = None) -> dict[Path, KnownFile]:
    """All that are known, or those in (or under) a folder, by path."""
    prefix = "" if folder is None else name_in(home, folder) + "/"
    rows = db.execute(
        "select path, digest, next_digest, is_changing from known_files where substr(path, 1, ?) = ? order by path",
        (len(prefix), prefix),
    )
    found = (
        KnownFile(home.root / path, digest, following, bool(changing)) for path, digest, following, changing in rows
    )
    return {known.path: known for known in found}


def name_in(home: Home, path: Path) -> str:
    """A path as the list has it: from the home's folder."""
    return path.relative_to(home.root).as_posix()


def digest_of(home: Home, path: Path) -> str | None:
    """What the file is now: of a key its fingerprint, of any other its SHA-256; None: it is not there.

    Raises:
        OSError: it cannot be read, such as a folder.
    """
    try:
        return fingerprint(path.read_bytes()) if path.parent == home.keys else sha256_of(path)
    except FileNotFoundError:
        return None


def fingerprint(key: bytes) -> str:
    """By which a key is known without telling it: SHA-256 over a word and its 256 random bits."""
    return hashlib.sha256(b"fingerprint of a key\0" + key).hexdigest()


def what_is_wrong(home: Home, known: KnownFile, *, is_read: bool = True) -> str | None:
    """In words; None: the file is what it must be. Without `is_read`, whether it is there and is a file, no more."""
    path = known.path
    try:
        if path.is_dir():
            return "is a folder, where a file belongs"
        if not path.exists():
            return None if None in known.may_be else "is missing"
        if path.stat().st_size == 0:
            return "is empty"
        is_right = not is_read or digest_of(home, path) in known.may_be
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return None if is_right else "is not as this home wrote it: it was cut, changed or replaced"


def adopt(home: Home, db: sqlite3.Connection) -> None:
    """Takes every state file as it is now for what it must be: an older version's home, or one without a register.

    A week key that is missing although records are stored, or is not the one that they say they were made with, and
    what is broken in itself, is known as what no file is, so that the next run is refused by its name.
    """
    unfit = _unfit_keys(home)
    for path in dict.fromkeys(_state_files(home)):
        digest = digest_of(home, path) if path not in unfit and _is_plausible(home, path) else UNKNOWN
        db.execute(
            "insert into known_files (path, digest) values (?, ?)"
            " on conflict do update set digest = excluded.digest, next_digest = null, is_changing = 0",
            (name_in(home, path), digest),
        )


def _unfit_keys(home: Home) -> set[Path]:
    """The week keys that are not those which a file of records says that it was made with."""
    unfit = set()
    for path in home.records.glob("*/????-??-??.parquet"):
        key = home.keys / f"{path.stem}.key"
        made_with = _key_made_with(path)
        if made_with is not None and key.is_file() and fingerprint(key.read_bytes()) != made_with:
            unfit.add(key)
    return unfit


def _key_made_with(path: Path) -> str | None:
    """What a file of records says of its key; None: nothing, as of an older version, or it cannot be read."""
    try:
        told = pq.read_metadata(path).metadata or {}
    except (OSError, pa.ArrowException):
        return None
    made_with = told.get(KEY_FINGERPRINT.encode())
    return None if made_with is None else made_with.decode("ascii", "replace")


def _state_files(home: Home) -> Iterator[Path]:
    for folder, pattern in (
        (home.keys, "????-??-??.key"),
        (home.keys, "quarantine.key"),
        (home.keys, "tombstones.key"),
        (home.keys, "subjects-of-requests.key"),
        (home.keys, "receipt-signing.key"),
        (home.records, "*/????-??-??.parquet"),
        (home.ga4_reports, "????-??-??.parquet"),
        (home.quarantine, "*.parquet"),
        (home.restricted, "tombstones.jsonl"),
        (home.cells, "weeks/*/????-??-??.json"),
        (home.marts.parent, home.marts.name),
    ):
        yield from sorted(folder.glob(pattern))
    for path in sorted(home.records.glob("*/????-??-??.parquet")):
        yield home.keys / f"{path.stem}.key"


def _is_plausible(home: Home, path: Path) -> bool:
    """Whether a file could be one of its kind, as far as its form tells."""
    try:
        if path.parent == home.keys:
            return path.stat().st_size == KEY_BYTES
        if path.suffix == ".parquet":
            with path.open("rb") as file:
                head = file.read(4)
                file.seek(-4, 2)
                return head == file.read(4) == b"PAR1"
        if path.suffix == ".json":
            return isinstance(json.loads(path.read_bytes()), dict)
        return path.is_file()
    except (OSError, ValueError):
        return False
