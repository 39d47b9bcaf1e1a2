"""A folder that someone was given: its files and nothing else, read without following links."""

import hashlib
import os
from pathlib import Path
from stat import S_ISREG

from policy.errors import UsageError, VerificationFailed

#: Of what is read into memory: checksums, signature, entry, key. Data files are hashed piece by piece.
LARGEST_SMALL_FILE_BYTES = 1024**2


def file_names(folder: Path) -> list[str]:
    """The names of the files, in order.

    Raises:
        UsageError: the folder cannot be read.
        VerificationFailed: it holds something that is no plain file.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder: name the folder of a release")
    try:
        found = {path.name: path.lstat().st_mode for path in folder.iterdir()}
    except OSError as error:
        raise UsageError(f"{folder} cannot be read ({error.strerror}): mend its permissions") from error
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
    with os.fdopen(_opened(path), "rb") as file:
        content = file.read(LARGEST_SMALL_FILE_BYTES + 1)
    if len(content) > LARGEST_SMALL_FILE_BYTES:
        raise VerificationFailed(f"{path.name} is too long to be part of a release: fetch the release anew")
    return content


def sha256_of(path: Path) -> str:
    """A file's SHA-256, in hex.

    Raises:
        UsageError: it cannot be read.
    """
    with os.fdopen(_opened(path), "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}): mend its permissions") from error
