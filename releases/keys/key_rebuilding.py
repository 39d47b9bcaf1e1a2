"""The file of public keys, where it is lost: rebuilt from the ledger and the release folders, never from less.

What readers trust is not made up: the ledger's head must be signed with a key whose private half the key store has,
and every key that the ledger names must lie in the folder of a release, so that all that was signed still checks out.
"""

from collections.abc import Sequence

from home.keys import (
    has_next_release_signing_key,
    has_release_signing_key,
    next_release_signing_key,
    release_signing_key,
)
from home.layout import Home
from refusals.errors import Refusal, VerificationFailed
from releases.folders.on_disk import ledger_content, release_folders
from releases.folders.sealed_folder import own_key
from releases.ledger.ledger import LEDGER, Ledger, keys_named
from releases.ledger.signing import PublicKey, SigningKey

COPIES = "from a backup, or from a destination's copy"


def keys_in_store(home: Home) -> tuple[PublicKey, ...]:
    """The public halves of what the key store has: of the key in use, and of one that is to follow it."""
    found = []
    for has_key, key in (
        (has_release_signing_key, release_signing_key),
        (has_next_release_signing_key, next_release_signing_key),
    ):
        try:
            if has_key(home):
                found.append(SigningKey(key(home)).public)
        except (OSError, Refusal):
            continue
    return tuple(found)


def rebuilt_keys(home: Home, in_store: Sequence[PublicKey]) -> tuple[PublicKey, ...]:
    """All keys that readers need, the one in use first, retired ones after it, newest first. Changes nothing.

    `in_store`: see keys_in_store.

    Raises:
        VerificationFailed: a key that the ledger names is nowhere to be found, or what it signed does not hold.
        UsageError: the ledger cannot be read.
    """
    content, ledger = ledger_content(home), home.releases / LEDGER
    in_folders, own = _keys_in_folders(home), {key.fingerprint: key for key in in_store}
    if content is None:
        if not in_store or set(in_folders) - set(own):
            raise VerificationFailed(f"{ledger} is missing too: put both back {COPIES}")
        return tuple(in_store[:1])
    named = keys_named(content, str(ledger))
    if named[0] not in own:
        raise VerificationFailed(
            f"{ledger} is signed with key {named[0][:12]}…, which the key store does not have: put both back {COPIES}"
        )
    found = {**in_folders, **own}
    for fingerprint in named:
        if fingerprint not in found:
            raise VerificationFailed(f"no release folder holds key {fingerprint[:12]}…, which {ledger} names")
    keys = tuple(found[fingerprint] for fingerprint in named)
    Ledger.parse(content, keys, str(ledger))
    return keys


def mend_of_public_keys(home: Home) -> str:
    """What to do about a file of public keys that is not the right one."""
    by_hand = f"put the right one back {COPIES}"
    return f"{by_hand}, or remove it: the next publication rebuilds it" if can_be_rebuilt(home) else by_hand


def mend_of_missing_public_keys(home: Home) -> str:
    """What to do about a file of public keys that is missing."""
    return "the next publication rebuilds it" if can_be_rebuilt(home) else f"put it back {COPIES}"


def can_be_rebuilt(home: Home) -> bool:
    """Whether the next publication would rebuild the file, were it missing."""
    try:
        rebuilt_keys(home, keys_in_store(home))
    except Refusal:
        return False
    return True


def _keys_in_folders(home: Home) -> dict[str, PublicKey]:
    """The keys that lie in the folders of releases, by fingerprint."""
    found = {}
    for _, place in release_folders(home):
        try:
            key = None if place.is_symlink() else own_key(place)
        except Refusal:
            continue
        if key is not None:
            found[key.fingerprint] = key
    return found
