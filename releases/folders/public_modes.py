"""Whether readers may read what is published: after a backup was unpacked for its owner alone, they may not."""

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from stat import S_IMODE, S_ISDIR, S_ISREG

from home.atomic_file import PUBLIC_FILE
from home.layout import PUBLIC_DIRECTORY, Home
from refusals.errors import Refusal, UsageError
from releases.folders.checksums import CHECKSUMS, parse_checksums
from releases.folders.folder_contents import read_small, unreadable
from releases.folders.sealed_folder import SEALS
from releases.folders.tombstone import TOMBSTONE
from releases.ledger.ledger import LEDGER, Ledger
from releases.ledger.signing import PUBLIC_KEY

#: What lies beside the datasets' folders; the catalogue is written by releases/files.
BESIDE = (LEDGER, PUBLIC_KEY, "catalogue.jsonld")
_OF_EVERY_FOLDER = (*SEALS, PUBLIC_KEY, TOMBSTONE, "README.md")


def wrong_modes(home: Home, ledger: Ledger) -> list[tuple[Path, int]]:
    """What is published and not everyone may read, or others may write; each with the mode that it should have.

    Links, and files that are no part of a release, are left alone.

    Raises:
        UsageError: a folder cannot be looked into.
    """
    releases = sorted({home.releases / entry.release for entry in ledger.entries})
    folders = [home.releases, *sorted({release.parent for release in releases})]
    linked = {folder for folder in folders if folder.is_symlink()}
    found = [*_wrong(folders), *_wrong(home.releases / name for name in BESIDE)]
    for release in releases:
        if release.parent not in linked:
            found += [*_wrong([release]), *_wrong_in(release)]
    return found


def mend_modes(home: Home, ledger: Ledger) -> None:
    """Sets them. Safe to repeat; what is right is not touched.

    Raises:
        UsageError: they are another owner's.
    """
    for path, mode in wrong_modes(home, ledger):
        try:
            path.chmod(mode)
        except OSError as error:
            raise UsageError(
                f"{path} cannot be made readable for everyone ({error.strerror}): chmod {mode:o} it as its owner"
            ) from error


def _wrong_in(release: Path) -> list[tuple[Path, int]]:
    try:
        if release.is_symlink() or not release.is_dir():
            return []
        found = [(path, mode) for path, mode in _wrong(sorted(release.iterdir())) if mode == PUBLIC_FILE]
    except OSError as error:
        raise unreadable(release, error) from error
    names = _names_of(release) if found else ()
    return [(path, mode) for path, mode in found if path.name in names]


def _names_of(release: Path) -> Collection[str]:
    """The files that a release has: what lies there besides was put there by someone who may not want it read."""
    try:
        return {*_OF_EVERY_FOLDER, *parse_checksums(read_small(release / CHECKSUMS))}
    except Refusal:  # a tombstone has no checksums
        return _OF_EVERY_FOLDER


def _wrong(paths: Iterable[Path]) -> Iterator[tuple[Path, int]]:
    for path in paths:
        try:
            mode = path.lstat().st_mode
        except FileNotFoundError:
            continue
        except OSError as error:
            raise unreadable(path, error) from error
        wanted = PUBLIC_DIRECTORY if S_ISDIR(mode) else PUBLIC_FILE
        if (S_ISDIR(mode) or S_ISREG(mode)) and S_IMODE(mode) != wanted:
            yield path, wanted
