"""What everyone may read, written so that it is there whole or not at all, and lasts through a power cut."""

import errno
import shutil
from collections.abc import Mapping
from pathlib import Path

from home.atomic_file import PUBLIC_FILE, sync_folder, write_through
from home.layout import PUBLIC_DIRECTORY
from refusals.errors import UsageError


def make_public_folder(folder: Path) -> None:
    """Makes a folder that everyone may enter, whatever the process's umask. Safe to repeat."""
    if not folder.is_dir():
        folder.mkdir()
        sync_folder(folder.parent)
    folder.chmod(PUBLIC_DIRECTORY)


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Writes a folder and its files where nobody looks yet, instead of what is left there."""
    if folder.exists():
        remove(folder)
    folder.mkdir(parents=True)
    folder.chmod(PUBLIC_DIRECTORY)
    for name in sorted(files):
        write_file(folder / name, files[name])
    sync_folder(folder)


def write_file(path: Path, content: bytes) -> None:
    """Writes a file that everyone may read, and waits until it is on the disk."""
    write_through(path, content, PUBLIC_FILE)


def replace_file(path: Path, content: bytes, aside: Path) -> None:
    """Replaces a file in one rename; `aside` is a place on the same file system where nobody looks.

    Not `home.atomic_file`: beside a public file nothing may ever lie that is not whole.
    """
    write_file(aside, content)
    move(aside, path)


def move(source: Path, target: Path) -> None:
    """Moves a file or a folder, each on the disk already, in one rename; `target` is a file, or not there.

    Raises:
        UsageError: the two places are on different file systems.
    """
    try:
        source.rename(target)
    except OSError as error:
        if error.errno == errno.EXDEV:
            raise UsageError(
                f"{target.parent} and {source.parent} are on different file systems: put the whole home on one"
            ) from error
        raise
    sync_folder(target.parent)


def remove(path: Path) -> None:
    """Removes a file, a link or a folder with all that is in it."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
