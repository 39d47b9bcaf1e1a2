"""What `cmn releases verify` answers: is this folder, to the byte, what was signed, and does it still stand?

It needs the folder and the public key, nothing else: no config, no home, no network.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from refusals.errors import UsageError, VerificationFailed
from releases.folders.folder_contents import file_names, is_file, read_small, unreadable
from releases.folders.sealed_folder import check_sealed, own_key
from releases.ledger.ledger import LEDGER, Ledger
from releases.ledger.ledger_entry import LedgerEntry
from releases.ledger.release_id import ReleaseId
from releases.ledger.signing import PUBLIC_KEY, PublicKey, public_keys_of
from releases.ledger.states import State
from releases.publishing.listing import releases_of

#: Given by whoever asks; lying beside the ledger, two folders up; or lying in the release's own folder.
KeySource = Literal["given", "beside", "folder"]


@dataclass(frozen=True, slots=True)
class VerifiedRelease:
    """A release that is what was signed. `size`: bytes. `ledger_entries`: of the ledger it is in; None: not asked.

    `superseded_by`: as the ledger says. With a key from "beside" or the "folder", authenticity rests on comparing the
    fingerprint with the portal's.
    """

    id: ReleaseId
    fingerprint: str
    key_from: KeySource
    files: int
    size: int
    entry: LedgerEntry
    ledger_entries: int | None
    superseded_by: ReleaseId | None


def verify(folder: Path, public_key: Path | None = None, ledger: Path | None = None) -> VerifiedRelease:
    """Checks a release's folder, and with `ledger` that it stands there and was not withdrawn since.

    Raises:
        UsageError: a path is wrong.
        VerificationFailed: the file that is not what was signed, or when and why the release was withdrawn.
    """
    names = file_names(folder)
    trusted, key_from = _trusted_keys(folder, public_key)
    entry = check_sealed(folder, trusted)
    _check_lies_where_it_belongs(folder, entry)
    if entry.action == "withdrawn":
        raise VerificationFailed(f"{entry.release} was withdrawn on {entry.at}: {entry.why}")
    if ledger is None and entry.key != trusted[0].fingerprint:
        ledger = _ledger_beside(folder, entry)
    read = Ledger.parse(_given(ledger, "--ledger"), trusted, str(ledger)) if ledger else None
    return VerifiedRelease(
        id=ReleaseId.parse(entry.release),
        fingerprint=entry.key,
        key_from=key_from,
        files=len(names),
        size=sum((folder / name).lstat().st_size for name in names),
        entry=entry,
        ledger_entries=len(read.entries) if read else None,
        superseded_by=_check_stands(entry, read) if read else None,
    )


def _trusted_keys(folder: Path, given: Path | None) -> tuple[Sequence[PublicKey], KeySource]:
    if given is not None:
        try:
            return public_keys_of(_given(given, "--public-key"), str(given)), "given"
        except VerificationFailed as error:
            raise UsageError(str(error)) from error
    beside = _beside(folder, PUBLIC_KEY)
    if is_file(beside):
        return public_keys_of(read_small(beside), str(beside)), "beside"
    if not is_file(folder / PUBLIC_KEY):
        raise VerificationFailed(f"{PUBLIC_KEY} is missing: fetch the release anew, or name the folder of a release")
    return (own_key(folder),), "folder"


def _beside(folder: Path, name: str) -> Path:
    """A file of the folder that holds all releases, where this folder still lies in it."""
    return folder.resolve().parent.parent / name


def _ledger_beside(folder: Path, entry: LedgerEntry) -> Path:
    """Where to look up what a retired key signed: it may be in wrong hands, so the ledger must have the release."""
    beside = _beside(folder, LEDGER)
    if not is_file(beside):
        raise VerificationFailed(
            f"{entry.release} is signed by key {entry.key[:12]}…, which was retired: give the ledger too, by --ledger"
        )
    return beside


def _given(path: Path, option: str) -> bytes:
    try:
        if not path.is_file():
            raise UsageError(f"{option} {path} is no file")
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{option} {unreadable(path, error)}") from error


def _check_lies_where_it_belongs(folder: Path, entry: LedgerEntry) -> None:
    """Under a release's name only that release may lie; under any other name, every copy may."""
    place, release = folder.resolve(), ReleaseId.parse(entry.release)
    try:
        named = ReleaseId.parse(f"{release.dataset}/{place.name}")
    except UsageError:
        return
    is_among_releases = any(is_file(_beside(folder, name)) for name in (LEDGER, PUBLIC_KEY))
    if named != release or (is_among_releases and place.parent.name != release.dataset):
        raise VerificationFailed(
            f"the folder is named {place.parent.name}/{place.name}, and what lies in it is {entry.release}: "
            "put it under its own name"
        )


def _check_stands(entry: LedgerEntry, ledger: Ledger) -> ReleaseId | None:
    """What supersedes the release, by the ledger."""
    if entry not in ledger.entries:
        raise VerificationFailed(
            f"{entry.release}: the ledger does not hold its entry: fetch the latest ledger; if it is not there either, "
            "this release was never published"
        )
    release = next(found for found in releases_of(ledger, Path()) if str(found.id) == entry.release)
    if release.state == State.WITHDRAWN:
        at = next(other.at for other in ledger.entries if (other.release, other.action) == (entry.release, "withdrawn"))
        raise VerificationFailed(f"{entry.release} was withdrawn on {at}: {release.why}")
    return release.superseded_by
