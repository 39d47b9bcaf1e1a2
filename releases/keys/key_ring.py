"""The keys of a home's releases: the private one that signs, and the public ones that readers check with."""

from pathlib import Path

from home.keys import (
    has_next_release_signing_key,
    has_release_signing_key,
    next_release_signing_key,
    release_signing_key,
)
from home.layout import Home
from refusals.errors import Refusal, VerificationFailed
from releases.folders.on_disk import is_anything_signed, ledger_content, public_keys_content
from releases.folders.public_files import make_public_folder, replace_file
from releases.keys.key_rebuilding import (
    COPIES,
    can_be_rebuilt,
    keys_in_store,
    mend_of_missing_public_keys,
    mend_of_public_keys,
    rebuilt_keys,
)
from releases.ledger.ledger import LEDGER, Ledger, keys_named
from releases.ledger.signing import PUBLIC_KEY, PublicKey, SigningKey, pem_of, public_keys_of

_CUT_SHORT = "a change of the key was cut short: repeat `cmn releases rotate-key`"


def workspace(home: Home) -> Path:
    """Where releases are written before anyone sees them; what is left there is of a publisher that was killed."""
    return home.work / "releases"


def read_public_keys(home: Home) -> tuple[PublicKey, ...]:
    """The keys that readers check with, the one in use first.

    Raises:
        VerificationFailed: the file is missing or holds something else.
        UsageError: it cannot be read.
    """
    path, content = home.releases / PUBLIC_KEY, public_keys_content(home)
    if content is None:
        raise VerificationFailed(f"{path} is missing: {mend_of_missing_public_keys(home)}")
    try:
        return public_keys_of(content, str(path))
    except VerificationFailed as error:
        raise VerificationFailed(f"{path} holds no public keys: {mend_of_public_keys(home)}") from error


def signing_keys(home: Home) -> tuple[SigningKey, tuple[PublicKey, ...]]:
    """The key that signs, and all that readers check with; made, and shown to readers, on first use.

    A lost file of public keys is rebuilt: see key_rebuilding. The workspace must be there, and the home's lock held.

    Raises:
        VerificationFailed: something is signed already, and the key store does not hold the key that is in use.
        UsageError: a key cannot be read.
    """
    path = home.releases / PUBLIC_KEY
    if public_keys_content(home) is not None:
        _check_is_not_cut_short(home, read_public_keys(home))
    if is_anything_signed(home):
        check_key_is_there(home)
    key = SigningKey(release_signing_key(home))
    if public_keys_content(home) is None:
        keys = keys_to_rebuild(home, keys_in_store(home))
        make_public_folder(home.releases)
        replace_file(path, pem_of(keys), workspace(home) / PUBLIC_KEY)
    keys = read_public_keys(home)
    check_key_is_in_use(home, key, keys)
    return key, keys


def check_key_is_there(home: Home) -> None:
    """The key store has a key for what is signed.

    Raises:
        VerificationFailed: it has none; with the mend.
    """
    if not has_release_signing_key(home):
        raise VerificationFailed(f"the key store has no release-signing.key, but releases are signed: {_mend(home)}")


def check_key_is_in_use(home: Home, key: SigningKey, keys: tuple[PublicKey, ...]) -> None:
    """The key store's key is the one that readers are told is in use.

    Raises:
        VerificationFailed: it is not; the ledger says which of the two is to be mended.
    """
    path, content = home.releases / PUBLIC_KEY, ledger_content(home)
    if key.public == keys[0]:
        return
    _check_is_not_cut_short(home, keys)
    if content is not None:
        fitting_ledger(home, content, keys)
    raise VerificationFailed(
        f"the key store's release-signing.key is {key.fingerprint[:12]}…, and {path} says that "
        f"{keys[0].fingerprint[:12]}… is in use: {_mend(home)}"
    )


def keys_to_rebuild(home: Home, in_store: tuple[PublicKey, ...]) -> tuple[PublicKey, ...]:
    """What the lost file of public keys held. `in_store`: the key store's, the one in use first.

    Raises:
        VerificationFailed: that cannot be known.
    """
    try:
        return rebuilt_keys(home, in_store)
    except VerificationFailed as error:
        raise VerificationFailed(
            f"{home.releases / PUBLIC_KEY} is missing and cannot be rebuilt: put it back {COPIES} ({error})"
        ) from error


def is_cut_short(home: Home, keys: tuple[PublicKey, ...]) -> bool:
    """Whether a change of the key was begun and is shown to readers already; until it is through, nothing is published.

    Raises:
        VerificationFailed: the file of the key that is to follow holds no key.
    """
    return has_next_release_signing_key(home) and SigningKey(next_release_signing_key(home)).public == keys[0]


def fitting_ledger(home: Home, content: bytes, keys: tuple[PublicKey, ...]) -> Ledger:
    """The home's ledger, checked with the home's public keys.

    Raises:
        VerificationFailed: it is not what was signed; or the keys are not those of this ledger, with the mend.
    """
    path = home.releases / LEDGER
    try:
        return Ledger.parse(content, keys, str(path))
    except VerificationFailed as error:
        try:
            named = keys_named(content, str(path))
        except VerificationFailed:
            raise error from None
        trusted = [key.fingerprint for key in keys]
        unknown = [fingerprint for fingerprint in named if fingerprint not in trusted]
        if unknown:
            what = f"does not hold key {unknown[0][:12]}…, which {path} names"
            mend = f"one of the two was replaced: put both back {COPIES}"
        elif named[0] != trusted[0]:
            what = f"says that key {trusted[0][:12]}… is in use, and {path} ends in a head by {named[0][:12]}…"
            mend = "put the latest ledger back from a backup"
        else:
            raise
        if _seems_cut_short(home, keys):
            mend = _CUT_SHORT
        elif can_be_rebuilt(home):  # so the ledger is what the key store's key has signed
            mend = mend_of_public_keys(home)
        raise VerificationFailed(f"{home.releases / PUBLIC_KEY} {what}: {mend}") from error


def _check_is_not_cut_short(home: Home, keys: tuple[PublicKey, ...]) -> None:
    if is_cut_short(home, keys):
        raise VerificationFailed(f"{home.releases / PUBLIC_KEY} names the key that is to follow: {_CUT_SHORT}")


def _seems_cut_short(home: Home, keys: tuple[PublicKey, ...]) -> bool:
    """As far as whoever asks may look into the key store."""
    try:
        return is_cut_short(home, keys)
    except (OSError, Refusal):
        return False


def _mend(home: Home) -> str:
    """What to do about a lost key."""
    backup = "put the backup of restricted/keys back"
    if public_keys_content(home) is None and not can_be_rebuilt(home):
        return f"{backup}. {home.releases / PUBLIC_KEY} is missing too: put it back {COPIES}"
    return f"{backup}, or make a new key: `cmn releases rotate-key`"
