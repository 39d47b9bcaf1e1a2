"""The one way in which state is written: aside, onto the disk, then in one rename.

What streams (Parquet, DuckDB, SQLite) writes its file aside itself, and has it put in place here.
"""

import hashlib
import os
from pathlib import Path

from refusals.errors import StateDamaged

PRIVATE_FILE = 0o600
PUBLIC_FILE = 0o644


def write_private(path: Path, content: bytes) -> None:
    """Writes a file that only its owner may read, whole or not at all, so that it lasts through a power cut.

    Raises:
        StateDamaged: a folder stands where the file belongs.
    """
    _write(path, content, PRIVATE_FILE)


def write_public(path: Path, content: bytes) -> None:
    """The same for a file that everyone may read, whatever the process's umask.

    Raises:
        StateDamaged: a folder stands where the file belongs.
    """
    _write(path, content, PUBLIC_FILE)


def write_through(path: Path, content: bytes, mode: int) -> None:
    """Writes a file where nobody looks yet, with this mode whatever the umask, and waits until it is on the disk."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def put_in_place(aside: Path, path: Path) -> None:
    """Renames a file that was written aside, once its content is on the disk.

    Raises:
        StateDamaged: a folder stands where the file belongs.
    """
    with aside.open("r+b") as file:
        os.fsync(file.fileno())
    _rename(aside, path)


def sync_folder(folder: Path) -> None:
    """Makes renames in a folder last through a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256_of(path: Path) -> str:
    """A file's SHA-256, in hex; read piece by piece."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(path: Path, content: bytes, mode: int) -> None:
    aside = path.with_name(path.name + ".new")
    if aside.is_dir():
        raise StateDamaged(f"{aside} is a folder, where a file belongs: move it away, and run again")
    write_through(aside, content, mode)
    _rename(aside, path)


def _rename(aside: Path, path: Path) -> None:
    if path.is_dir():
        raise StateDamaged(f"{path} is a folder, where a file belongs: move it away, and run again")
    aside.replace(path)
    sync_folder(path.parent)
