"""A folder that someone was given: its files and nothing else, read without following links."""

import hashlib
import os
from pathlib import Path
from stat import S_ISREG

from refusals.errors import UsageError, VerificationFailed

#: Of what is read into memory: checksums, signature, entry, key. Data files are hashed piece by piece.
LARGEST_SMALL_FILE_BYTES = 1024**2
_LONGEST_SHOWN = 300


def file_names(folder: Path) -> list[str]:
    """The names of the files, in order.

    Raises:
        UsageError: the folder cannot be read.
        VerificationFailed: it holds something that is no plain file.
    """
    try:
        if not folder.is_dir():
            raise UsageError(f"{folder} is no folder: name the folder of a release")
        found = {path.name: path.lstat().st_mode for path in folder.iterdir()}
    except OSError as error:
        raise unreadable(folder, error) from error
    for name in sorted(found):
        if not S_ISREG(found[name]):
            raise VerificationFailed(f"{name!r} is no plain file (a folder or a link): a release holds files alone")
    return sorted(found)


def read_small(path: Path) -> bytes:
    """A file's bytes.

    Raises:
        UsageError: it cannot be read.
        VerificationFailed: it is longer than any that a release holds.
    """
    try:
        with os.fdopen(_opened(path), "rb") as file:
            content = file.read(LARGEST_SMALL_FILE_BYTES + 1)
    except OSError as error:
        raise unreadable(path, error) from error
    if len(content) > LARGEST_SMALL_FILE_BYTES:
        raise VerificationFailed(f"{path.name} is too long to be part of a release: fetch the release anew")
    return content


def sha256_of(path: Path) -> str:
    """A file's SHA-256, in hex.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        with os.fdopen(_opened(path), "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise unreadable(path, error) from error


def is_file(path: Path) -> bool:
    """Whether there is a file, or a link to one.

    Raises:
        UsageError: nobody can say, such as of a path that is too long.
    """
    try:
        return path.is_file()
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: OSError) -> UsageError:
    """What to say of a path that cannot be read; of one too long, its beginning."""
    shown = str(path) if len(str(path)) <= _LONGEST_SHOWN else f"{str(path)[:_LONGEST_SHOWN]}…"
    return UsageError(f"{shown} cannot be read ({error.strerror}): mend its name or its permissions")


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
