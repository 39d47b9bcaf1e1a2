"""The keys of a home's releases: the private one that signs, and the public ones that readers check with."""

from pathlib import Path

from home.keys import has_release_signing_key, release_signing_key
from home.layout import Home
from policy.errors import VerificationFailed
from publishing.releases.ledger import LEDGER
from publishing.releases.public_files import make_public_folder, replace_file
from publishing.releases.signing import PUBLIC_KEY, PublicKey, SigningKey, pem_of, public_keys_of


def workspace(home: Home) -> Path:
    """Where releases are written before anyone sees them; what is left there is of a publisher that was killed."""
    return home.work / "releases"


def read_public_keys(home: Home) -> tuple[PublicKey, ...]:
    """The keys that readers check with, the one in use first.

    Raises:
        VerificationFailed: the file is missing or holds something else.
    """
    path = home.releases / PUBLIC_KEY
    if not path.exists():
        raise VerificationFailed(f"{path} is missing: publishing puts it back, or a copy from the portal does")
    return public_keys_of(path.read_bytes(), str(path))


def signing_keys(home: Home) -> tuple[SigningKey, tuple[PublicKey, ...]]:
    """The key that signs, and all that readers check with; made, and shown to readers, on first use.

    The workspace must be there, and the home's lock held.

    Raises:
        VerificationFailed: something is signed already, and the key store does not hold the key that is in use.
    """
    path = home.releases / PUBLIC_KEY
    mend = "put the backup of restricted/keys back, or make a new key: `cmn releases rotate-key`"
    if not has_release_signing_key(home) and (path.exists() or (home.releases / LEDGER).exists()):
        raise VerificationFailed(f"the key store has no release-signing.key, but releases are signed: {mend}")
    key = SigningKey(release_signing_key(home))
    if not path.exists():
        make_public_folder(home.releases)
        replace_file(path, pem_of([key.public]), workspace(home) / PUBLIC_KEY)
    keys = read_public_keys(home)
    if key.public != keys[0]:
        raise VerificationFailed(
            f"the key store's release-signing.key is {key.fingerprint[:12]}…, and {path} says that "
            f"{keys[0].fingerprint[:12]}… is in use: {mend}"
        )
    return key, keys
