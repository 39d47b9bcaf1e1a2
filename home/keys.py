"""The key store: one random key an ISO week, one for the quarantine, and the one that signs releases.

Pseudonyms of a week are made with that week's key. Destroying the key makes whatever copy of the week's rows
survives anywhere meaningless: nobody can match its pseudonyms to an account any more. The key that signs releases
is kept for as long as they are: no retention touches it.
"""

import secrets
from datetime import date
from pathlib import Path

from home.layout import Home, write_private
from home.weeks import sync_folder

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
    """The private key of releases (Ed25519, raw); made on first use, and on disk before anything is signed with it."""
    key = _key(home, _RELEASE_SIGNING)
    sync_folder(home.keys)
    return key


def has_release_signing_key(home: Home) -> bool:
    """Whether it was made already, and is still there."""
    return _path(home, _RELEASE_SIGNING).exists()


def next_release_signing_key(home: Home) -> bytes:
    """The key that will follow the one in use; made on first use."""
    key = _key(home, _NEXT_RELEASE_SIGNING)
    sync_folder(home.keys)
    return key


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
        file.write(secrets.token_bytes(KEY_BYTES))
        file.flush()


def _key(home: Home, name: str) -> bytes:
    path = _path(home, name)
    if not path.exists():
        write_private(path, secrets.token_bytes(KEY_BYTES))
    return path.read_bytes()


def _path(home: Home, name: str) -> Path:
    return home.keys / f"{name}.key"
