"""The key store: a random key an ISO week, one each for quarantine, tombstones and answered requests, and signing keys.

Pseudonyms of a week are made with that week's key. Destroying the key makes whatever copy of the week's rows
survives anywhere meaningless: nobody can match its pseudonyms to an account any more. The key that signs releases
is kept for as long as they are: no retention touches it.
"""

import hashlib
import os
import secrets
import stat
from datetime import date
from pathlib import Path

from home.atomic_file import sync_folder, write_private
from home.known_files import KEY_BYTES, fingerprint
from home.layout import Home
from home.state import check, check_file, expected, mend_of, monday_in, replacing
from refusals.errors import StateDamaged, UsageError, VerificationFailed

WEEK_KEYS = "????-??-??.key"
_QUARANTINE = "quarantine"
_TOMBSTONES = "tombstones"
_SUBJECTS = "subjects-of-requests"
_RECEIPT_SIGNING = "receipt-signing"
_RELEASE_SIGNING = "release-signing"
_NEXT_RELEASE_SIGNING = "release-signing-next"


def week_key(home: Home, monday: date) -> bytes:
    """The key of a week; made on first use, and known by its fingerprint from then on.

    Raises:
        StateDamaged: the key that was made is missing, or is another one now.
    """
    return _known_key(home, monday.isoformat())


def quarantine_key(home: Home) -> bytes:
    """The key of the digests in the quarantine; made on first use, and anew where it is lost with all that it keyed.

    Raises:
        StateDamaged: the key that was made is missing, or is another one now, and files are there that it keyed.
    """
    path = _path(home, _QUARANTINE)
    if not path.exists() and path in expected(home) and not any(home.quarantine.glob("*.parquet")):
        with replacing(home, {path: None}):
            pass
    return _known_key(home, _QUARANTINE)


def tombstone_key(home: Home) -> bytes:
    """The key of the hashes in the tombstones; made on first use, and never another one: no id is there to hash anew.

    Raises:
        StateDamaged: the key that was made is missing, or is another one now.
    """
    return _known_key(home, _TOMBSTONES)


def receipt_signing_key(home: Home) -> bytes:
    """The private key of receipts (Ed25519, raw); made on first use, and known by its fingerprint from then on.

    Raises:
        StateDamaged: the key that was made is missing, or is another one now.
    """
    return _known_key(home, _RECEIPT_SIGNING)


def subject_hash_of(home: Home, user_id: str) -> str:
    """The keyed hash, in hex, by which the register knows whom an answered request was about.

    Raises:
        StateDamaged: its key is missing, or is another one now.
    """
    return hashlib.sha256(_known_key(home, _SUBJECTS) + b"subject\0" + user_id.encode()).hexdigest()


def check_week_keys(home: Home, monday: date | None = None) -> None:
    """Every week key (or one week's) that was made and not destroyed is there, and is the one that was made.

    Raises:
        StateDamaged: one is not; nothing may be gated with it, since everybody would look unknown.
    """
    check(home, home.keys, WEEK_KEYS if monday is None else f"{monday.isoformat()}.key")


def week_key_fingerprint(home: Home, monday: date) -> str:
    """By which a week's key is known, in hex; see week_key."""
    return fingerprint(week_key(home, monday))


def release_signing_key(home: Home) -> bytes:
    """The private key of releases (Ed25519, raw); made on first use, and on disk before anything is signed with it.

    Raises:
        VerificationFailed: the file holds no key.
        StateDamaged: a folder stands in its place.
        UsageError: the file cannot be read.
    """
    mend = "put the backup of restricted/keys back, or make a new key: `cmn releases rotate-key`"
    return _signing_key(home, _RELEASE_SIGNING, mend)


def release_signing_key_mode(home: Home) -> int:
    """The mode of its file, which is there."""
    return stat.S_IMODE(_path(home, _RELEASE_SIGNING).stat().st_mode)


def has_release_signing_key(home: Home) -> bool:
    """Whether it was made already, and is still there."""
    return _path(home, _RELEASE_SIGNING).exists()


def next_release_signing_key(home: Home) -> bytes:
    """The key that will follow the one in use; made on first use.

    Raises:
        VerificationFailed: the file holds no key.
        StateDamaged: a folder stands in its place.
        UsageError: the file cannot be read.
    """
    return _signing_key(home, _NEXT_RELEASE_SIGNING, "remove it, and repeat `cmn releases rotate-key`")


def has_next_release_signing_key(home: Home) -> bool:
    """Whether a key was made that has not followed yet: a rotation was cut short."""
    return _path(home, _NEXT_RELEASE_SIGNING).exists()


def adopt_next_release_signing_key(home: Home) -> None:
    """Puts the next key in the place of the one in use, which is destroyed."""
    in_use = _path(home, _RELEASE_SIGNING)
    if in_use.exists():
        _overwrite(in_use)
    _path(home, _NEXT_RELEASE_SIGNING).replace(in_use)
    sync_folder(home.keys)


def weeks_with_keys(home: Home) -> list[date]:
    """The Mondays of the weeks that have a key, or had one that was lost, in order."""
    known = {path for path in expected(home, home.keys) if path.match(WEEK_KEYS)}
    return sorted(monday_in(path) for path in known | set(home.keys.glob(WEEK_KEYS)))


def destroy_week_key(home: Home, monday: date) -> None:
    """Overwrites and removes a week's key, lost or not. Safe to repeat. The home's lock must be held.

    Raises:
        StateDamaged: a folder stands in its place.
    """
    path = _path(home, monday.isoformat())
    if path.is_dir():
        raise StateDamaged(f"{path} is a folder, and the key of its week is to be destroyed: move it away")
    with replacing(home, {path: None}):
        if path.exists():
            _overwrite(path)
            path.unlink()
            sync_folder(home.keys)


def _overwrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(secrets.token_bytes(max(KEY_BYTES, path.stat().st_size)))
        file.flush()
        os.fsync(file.fileno())


def _signing_key(home: Home, name: str, mend: str) -> bytes:
    path = _path(home, name)
    try:
        key = _key(home, name)
    except IsADirectoryError as error:
        raise StateDamaged(f"{path} is a folder, where a file belongs: {mend}") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read or written ({error.strerror}): mend that first") from error
    if len(key) != KEY_BYTES:
        raise VerificationFailed(f"{path} is no key, since it holds {len(key)} bytes and not {KEY_BYTES}: {mend}")
    sync_folder(home.keys)
    return key


def _known_key(home: Home, name: str) -> bytes:
    path = _path(home, name)
    if path in expected(home, home.keys):
        check_file(home, path)
    elif path.exists():
        raise StateDamaged(f"{path} is not one that this home wrote: {mend_of(home, path)}")
    else:
        key = secrets.token_bytes(KEY_BYTES)
        with replacing(home, {path: fingerprint(key)}):
            write_private(path, key)
    return path.read_bytes()


def _key(home: Home, name: str) -> bytes:
    path = _path(home, name)
    if not path.exists():
        write_private(path, secrets.token_bytes(KEY_BYTES))
    return path.read_bytes()


def _path(home: Home, name: str) -> Path:
    return home.keys / f"{name}.key"
