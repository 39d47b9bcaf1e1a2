"""A new signing key, where the old one is lost, or may be known to others."""

from datetime import datetime

from home.keys import adopt_next_release_signing_key, next_release_signing_key
from home.layout import Home
from home.lock import held
from policy.errors import UsageError, VerificationFailed
from publishing.releases.key_ring import read_public_keys, workspace
from publishing.releases.ledger import LEDGER, Ledger, instant_text, signed_head
from publishing.releases.public_files import replace_file
from publishing.releases.recovery import make_workspace
from publishing.releases.signing import PUBLIC_KEY, PublicKey, SigningKey, pem_of


def rotate_key(home: Home, at: datetime) -> PublicKey:
    """Signs with a new key from now on; what the old one signed stays, vouched for by the ledger's new head.

    The old key is destroyed, if it is still there. Repeat it if it was cut short: until it is through, nothing is
    published.

    Raises:
        UsageError: nothing is signed yet.
        VerificationFailed: the ledger is not what the old key signed.
        AnotherRunHoldsTheLock: see home.lock.
    """
    public_file, ledger_file = home.releases / PUBLIC_KEY, home.releases / LEDGER
    with held(home):
        if not public_file.exists():
            raise UsageError(f"{public_file} is not there: nothing is signed yet, so there is no key to replace")
        make_workspace(home)
        key = SigningKey(next_release_signing_key(home))
        keys = read_public_keys(home)
        if keys[0] != key.public:
            keys = (key.public, *keys)
            _check_is_signed(home, keys[1:])
            replace_file(public_file, pem_of(keys), workspace(home) / PUBLIC_KEY)
        if ledger_file.exists():
            ledger = _ledger_of_either(home, keys)
            signed = Ledger(ledger.entries, signed_head(ledger.entries, instant_text(at), key))
            replace_file(ledger_file, signed.content(), workspace(home) / LEDGER)
        adopt_next_release_signing_key(home)
        return key.public


def _check_is_signed(home: Home, keys: tuple[PublicKey, ...]) -> None:
    """The ledger is the old key's; else the new one would vouch for what someone else wrote."""
    path = home.releases / LEDGER
    if path.exists():
        Ledger.parse(path.read_bytes(), keys, str(path))


def _ledger_of_either(home: Home, keys: tuple[PublicKey, ...]) -> Ledger:
    """The ledger, whose head the old key signed, or already the new one."""
    path = home.releases / LEDGER
    try:
        return Ledger.parse(path.read_bytes(), keys, str(path))
    except VerificationFailed:
        return Ledger.parse(path.read_bytes(), keys[1:], str(path))
