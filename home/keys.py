"""The key store: one random key an ISO week, and one for the quarantine.

Pseudonyms of a week are made with that week's key. Destroying the key makes whatever copy of the week's rows
survives anywhere meaningless: nobody can match its pseudonyms to an account any more.
"""

import secrets
from datetime import date

from home.layout import Home, write_private

KEY_BYTES = 32
_QUARANTINE = "quarantine"


def week_key(home: Home, monday: date) -> bytes:
    """The key of a week; made on first use."""
    return _key(home, monday.isoformat())


def quarantine_key(home: Home) -> bytes:
    """The key of the digests in the quarantine; made on first use."""
    return _key(home, _QUARANTINE)


def weeks_with_keys(home: Home) -> list[date]:
    """The Mondays of the weeks that have a key, in order."""
    return sorted(date.fromisoformat(file.stem) for file in home.keys.glob("????-??-??.key"))


def destroy_week_key(home: Home, monday: date) -> None:
    """Overwrites and removes a week's key. Safe to repeat."""
    path = home.keys / f"{monday.isoformat()}.key"
    if path.exists():
        with path.open("r+b") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
        path.unlink()


def _key(home: Home, name: str) -> bytes:
    path = home.keys / f"{name}.key"
    if not path.exists():
        write_private(path, secrets.token_bytes(KEY_BYTES))
    return path.read_bytes()
