"""A new signing key, where the old one is lost, or may be known to others."""

from datetime import datetime

from home.keys import (
    adopt_next_release_signing_key,
    has_release_signing_key,
    next_release_signing_key,
    release_signing_key,
)
from home.layout import Home
from home.lock import held
from refusals.errors import UsageError, VerificationFailed
from releases.folders.on_disk import is_anything_signed, public_keys_content
from releases.folders.public_files import replace_file
from releases.keys.key_rebuilding import keys_in_store
from releases.keys.key_ring import is_cut_short, keys_to_rebuild, read_public_keys, workspace
from releases.ledger.ledger import LEDGER, Ledger, instant_text, signed_head
from releases.ledger.ledger_entry import LedgerEntry
from releases.ledger.signing import PUBLIC_KEY, PublicKey, SigningKey, pem_of
from releases.publishing.recovery import check_what_was_begun, make_workspace


def rotate_key(home: Home, at: datetime) -> PublicKey:
    """Signs with a new key from now on; what the old one signed stays, vouched for by the ledger's new head.

    All is checked before anything changes: the new key must not vouch for what someone else wrote, nor for an older
    ledger. The old key, if it is still there, is destroyed last, when the new head is in its place. Repeat it if it
    was cut short: until it is through, nothing is published.

    Raises:
        UsageError: nothing is signed yet.
        VerificationFailed: the ledger is not what the old key signed, is older than the releases, or is missing.
        AnotherRunHoldsTheLock: see home.lock.
    """
    with held(home):
        retired, entries = _checked(home)
        make_workspace(home)
        key = SigningKey(next_release_signing_key(home))
        pem = pem_of((key.public, *retired))
        if public_keys_content(home) != pem:
            replace_file(home.releases / PUBLIC_KEY, pem, workspace(home) / PUBLIC_KEY)
        if entries:
            signed = Ledger(entries, signed_head(entries, instant_text(at), key))
            replace_file(home.releases / LEDGER, signed.content(), workspace(home) / LEDGER)
        adopt_next_release_signing_key(home)
        return key.public


def _checked(home: Home) -> tuple[tuple[PublicKey, ...], tuple[LedgerEntry, ...]]:
    """The keys that the new one follows, and the entries that it is to vouch for. Changes nothing."""
    if not is_anything_signed(home):
        raise UsageError(
            f"{home.releases / PUBLIC_KEY} is not there: nothing is signed yet, so there is no key to replace"
        )
    _check_can_be_destroyed(home)
    is_there = public_keys_content(home) is not None
    keys = read_public_keys(home) if is_there else keys_to_rebuild(home, keys_in_store(home))
    if not is_cut_short(home, keys):
        return keys, _entries(home, keys)
    try:
        return keys[1:], _entries(home, keys)
    except VerificationFailed:  # the head may still be the old key's
        if not keys[1:]:
            raise
        return keys[1:], _entries(home, keys[1:])


def _check_can_be_destroyed(home: Home) -> None:
    """What stands in the place of the old key is a file: one that holds no key is as good as lost."""
    try:
        if has_release_signing_key(home):
            release_signing_key(home)
    except VerificationFailed:
        return


def _entries(home: Home, keys: tuple[PublicKey, ...]) -> tuple[LedgerEntry, ...]:
    """The ledger's, and that of a release which a killed publisher had put in its place."""
    ledger, begun = check_what_was_begun(home, keys)
    return ledger.entries if begun is None else (*ledger.entries, begun)
