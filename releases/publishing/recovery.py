"""What a publisher that was killed left behind: finished or removed by the next one, before it does anything else.

The ledger says what is published. A folder is put in place before the ledger names it, so one that is whole, signed
and the very next in the chain is rolled forward; a withdrawal stands in the ledger before its tombstone is laid, so
the tombstone is laid again. Safe to repeat, and to be killed in.
"""

import shutil
from pathlib import Path

from home.layout import PRIVATE_DIRECTORY, Home
from refusals.errors import Refusal, VerificationFailed
from releases.folders.folder_contents import read_small
from releases.folders.on_disk import ledger_content, release_folders
from releases.folders.public_files import make_public_folder, move, remove, replace_file, write_folder
from releases.folders.public_modes import mend_modes
from releases.folders.sealed_folder import check_sealed, own_key
from releases.folders.tombstone import ENTRY, tombstone_files
from releases.keys.key_ring import fitting_ledger, workspace
from releases.ledger.ledger import LEDGER, Ledger, check_signed, parse_entry
from releases.ledger.ledger_entry import LedgerEntry
from releases.ledger.release_id import ReleaseId
from releases.ledger.signing import PUBLIC_KEY, PublicKey, SigningKey
from releases.publishing.listing import read_ledger


def make_workspace(home: Home) -> None:
    """Makes the workspace anew, without what a killed publisher wrote."""
    folder = workspace(home)
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(mode=PRIVATE_DIRECTORY)


def finish_what_was_begun(home: Home, key: SigningKey, keys: tuple[PublicKey, ...]) -> Ledger:
    """The ledger, after what was begun is finished and what was never published is removed.

    The home's lock must be held, and the workspace be there.

    Raises:
        VerificationFailed: the ledger is not what was signed, or is older than the releases.
    """
    path = home.releases / LEDGER
    ledger, entry = check_what_was_begun(home, keys)
    if entry is not None:
        ledger = ledger.with_entry(entry, key)
        replace_file(path, ledger.content(), workspace(home) / LEDGER)
    named = {entry.release: entry for entry in ledger.entries}
    for release, place in release_folders(home):
        if str(release) not in named:
            _take_away(home, release, place)
    for entry in named.values():
        if entry.action == "withdrawn":
            lay_tombstone(home, entry, next(known for known in keys if known.fingerprint == entry.key))
    mend_modes(home, ledger)
    return ledger


def check_what_was_begun(home: Home, keys: tuple[PublicKey, ...]) -> tuple[Ledger, LedgerEntry | None]:
    """The ledger, and the entry that is to follow: of a release in place, whole, and not named yet. Changes nothing.

    Raises:
        VerificationFailed: the ledger is not what was signed, is older than the releases, or is missing.
    """
    path, content = home.releases / LEDGER, ledger_content(home)
    ledger = Ledger() if content is None else fitting_ledger(home, content, keys)
    ahead = [
        (release, place, entry)
        for release, place in release_folders(home)
        if (entry := _own_entry(release, place, keys)) is not None and entry.sequence > len(ledger.entries)
    ]
    for release, _, entry in ahead:
        follows = (entry.sequence, entry.previous) == (len(ledger.entries) + 1, ledger.last_digest)
        if not follows or entry.action == "withdrawn":
            raise VerificationFailed(
                f"{path} is older than release {release}, whose own entry is number {entry.sequence}: put the latest "
                "ledger back from a backup"
            )
        if all(key.fingerprint != entry.key for key in keys):
            raise VerificationFailed(
                f"release {release} is signed with key {entry.key[:12]}…, which {PUBLIC_KEY} does not hold: put the "
                "latest ledger and keys back from a backup, or remove the folder where it is not this home's release"
            )
    # Of several, the others were put there by a publisher that had failed with the first.
    begun = next((entry for _, place, entry in ahead if _is_whole(place, entry, keys)), None)
    if content is None and begun is None:
        read_ledger(home)  # raises where folders are there
    return ledger, begun


def lay_tombstone(home: Home, entry: LedgerEntry, key: PublicKey) -> None:
    """Replaces a release's folder by the tombstone of its withdrawal. Safe to repeat.

    For a moment there is no folder; the ledger, which says that it is withdrawn, is there throughout.
    """
    release, files = ReleaseId.parse(entry.release), tombstone_files(entry, key)
    place = home.releases / str(release)
    if _holds(place, files):
        return
    aside = workspace(home) / "new" / str(release)
    write_folder(aside, files)
    make_public_folder(place.parent)
    _take_away(home, release, place)
    move(aside, place)


def _take_away(home: Home, release: ReleaseId, place: Path) -> None:
    """Out of readers' sight in one rename, then gone."""
    if place.exists() or place.is_symlink():
        gone = workspace(home) / "old" / str(release)
        gone.parent.mkdir(parents=True, exist_ok=True)
        move(place, gone)
        remove(gone)


def _own_entry(release: ReleaseId, place: Path, keys: tuple[PublicKey, ...]) -> LedgerEntry | None:
    """The signed entry of a release that lies in its folder; None: there is none.

    The key may be the folder's own: where ledger and keys are older than the releases, these are to be kept.
    """
    if place.is_symlink():
        return None
    try:
        entry = parse_entry(read_small(place / ENTRY).removesuffix(b"\n"), ENTRY)
        is_known = any(key.fingerprint == entry.key for key in keys)
        check_signed(entry, keys if is_known else (own_key(place),), ENTRY)
    except Refusal:
        return None
    return entry if entry.release == str(release) else None


def _is_whole(place: Path, entry: LedgerEntry, keys: tuple[PublicKey, ...]) -> bool:
    try:
        checked = check_sealed(place, keys)
    except Refusal:
        return False
    return checked == entry


def _holds(place: Path, files: dict[str, bytes]) -> bool:
    """Whether a folder holds exactly these files."""
    try:
        return sorted(path.name for path in place.iterdir()) == sorted(files) and all(
            read_small(place / name) == content for name, content in files.items()
        )
    except (OSError, Refusal):
        return False
