"""The key store: one random key an ISO week, one for the quarantine, and the one that signs releases.

Pseudonyms of a week are made with that week's key. Destroying the key makes whatever copy of the week's rows
survives anywhere meaningless: nobody can match its pseudonyms to an account any more. The key that signs releases
is kept for as long as they are: no retention touches it.
"""

import os
import secrets
import stat
from datetime import date
from pathlib import Path

from home.layout import Home, write_private
from home.weeks import sync_folder
from policy.errors import UsageError, VerificationFailed

KEY_BYTES = 32
_QUARANTINE = "quarantine"
_RELEASE_SIGNING = "release-signing"
_NEXT_RELEASE_SIGNING = "release-signing-next"


def week_key(home: Home, monday: date) -> bytes:
    """The key of a week; made on first use."""
    return _key(home, monday.isoformat())


def quarantine_key(home: Home) -> bytes:
    """The key of the digests in the quarantine; made on first use."""
    return _key(home, _QUARANTINE)


def release_signing_key(home: Home) -> bytes:
    """The private key of releases (Ed25519, raw); made on first use, and on disk before anything is signed with it.

    Raises:
        VerificationFailed: the file holds no key.
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
    """The Mondays of the weeks that have a key, in order."""
    return sorted(date.fromisoformat(file.stem) for file in home.keys.glob("????-??-??.key"))


def destroy_week_key(home: Home, monday: date) -> None:
    """Overwrites and removes a week's key. Safe to repeat."""
    path = _path(home, monday.isoformat())
    if path.exists():
        _overwrite(path)
        path.unlink()


def _overwrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(secrets.token_bytes(max(KEY_BYTES, path.stat().st_size)))
        file.flush()
        os.fsync(file.fileno())


def _signing_key(home: Home, name: str, mend: str) -> bytes:
    path = _path(home, name)
    try:
        key = _key(home, name)
    except OSError as error:
        raise UsageError(f"{path} cannot be read or written ({error.strerror}): mend that first") from error
    if len(key) != KEY_BYTES:
        raise VerificationFailed(f"{path} is no key, since it holds {len(key)} bytes and not {KEY_BYTES}: {mend}")
    sync_folder(home.keys)
    return key


def _key(home: Home, name: str) -> bytes:
    path = _path(home, name)
    if not path.exists():
        write_private(path, secrets.token_bytes(KEY_BYTES))
    return path.read_bytes()


def _path(home: Home, name: str) -> Path:
    return home.keys / f"{name}.key"
