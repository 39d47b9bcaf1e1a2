"""What `cmn doctor` asks of a home's releases: key, ledger, and whether readers may read them. Changes nothing."""

from home.atomic_file import PRIVATE_FILE
from home.keys import release_signing_key, release_signing_key_mode
from home.layout import Home
from refusals.errors import Refusal, UsageError, VerificationFailed
from releases.folders.public_modes import wrong_modes
from releases.folders.sealed_folder import check_sealed
from releases.keys.key_ring import check_key_is_in_use, check_key_is_there, read_public_keys
from releases.ledger.signing import SigningKey
from releases.publishing.listing import read_ledger, releases_of
from releases.publishing.recovery import check_what_was_begun


def check_release_key(home: Home) -> None:
    """The private key is there, whole, for its owner alone, and the one that readers are told is in use.

    Raises:
        VerificationFailed: it is not.
        UsageError: others may read it, or nobody can.
    """
    check_key_is_there(home)
    key = SigningKey(release_signing_key(home))
    if release_signing_key_mode(home) != PRIVATE_FILE:
        raise UsageError("release-signing.key of the key store may be read by others: chmod 600")
    check_key_is_in_use(home, key, read_public_keys(home))


def check_release_ledger(home: Home) -> int:
    """The ledger is what was signed, no release is ahead of it, and each that it names is there; how many those are.

    Raises:
        VerificationFailed: it is not, or a folder is missing.
    """
    check_what_was_begun(home, read_public_keys(home))
    releases = releases_of(read_ledger(home), home.releases)
    gone = [release for release in releases if not release.folder.is_dir()]
    if gone:
        raise VerificationFailed(
            f"{len(gone)} of {len(releases)} releases have no folder, such as {gone[0].folder}: put them back from a "
            "backup, or from a destination's copy"
        )
    return len(releases)


def check_every_release(home: Home) -> None:
    """Every byte of every release: each folder is what was signed, and of a withdrawn one its tombstone.

    Raises:
        VerificationFailed: by the name of the first release that is not.
        UsageError: one cannot be read.
    """
    keys, ledger = read_public_keys(home), read_ledger(home)
    last = {entry.release: entry for entry in ledger.entries}
    for release in releases_of(ledger, home.releases):
        try:
            is_named = check_sealed(release.folder, keys) == last[str(release.id)]
        except Refusal as refusal:
            raise VerificationFailed(
                f"release {release.id}: {refusal}; here, put {release.folder} back from a backup or a destination"
            ) from refusal
        if not is_named:
            raise VerificationFailed(f"{release.folder} is not the release that the ledger names: put it back")


def check_readers_may_read(home: Home) -> None:
    """Folders and files of what is published have the modes that let everyone read them, and nobody else write.

    Raises:
        UsageError: one has not.
    """
    wrong = wrong_modes(home, read_ledger(home))
    if wrong:
        path, mode = wrong[0]
        raise UsageError(
            f"{len(wrong)} files or folders have a wrong mode, such as {path}: the next publication sets them, or "
            f"chmod {mode:o}"
        )
