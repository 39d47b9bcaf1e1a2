"""A destination that is a folder: each file appears whole, readable by everyone, and outlasts a power cut.

Not by obstore's LocalStore: that one renames without fsync and takes file modes from the umask, under which what `cmn`
writes is its owner's alone.
"""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from home.atomic_file import sync_folder
from home.layout import PRIVATE_DIRECTORY, PUBLIC_DIRECTORY
from refusals.errors import DeliveryFailed, DeliveryRefused, UsageError
from releases.destinations.store import StoredObject
from releases.folders.public_files import make_public_folder, move, write_file

#: Where files are written before they are renamed into place; there only while a delivery lasts.
ASIDE = ".delivery"
#: What trying again does not mend: a person has to change an owner, a permission, a path or a mount.
_TO_MEND = {
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOENT,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.EEXIST,
    errno.ELOOP,
}


class FolderStore:
    """The `Store` that is a folder of this machine, or of a disk mounted on it."""

    def __init__(self, name: str, root: Path) -> None:
        self._name = name
        self._root = root
        self._aside = root / ASIDE

    def __enter__(self) -> Self:
        with self._told():
            self._clear()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._told():
            self._clear()

    def listed(self, folder: str) -> dict[str, StoredObject]:
        """Links among them are refused: one would lead a delivery to where nobody meant it to go."""
        with self._told():
            return self._objects(self._entries(self._root / folder))

    def listed_below(self, folder: str) -> dict[str, StoredObject]:
        """The same, folder by folder."""
        with self._told():
            return self._objects(self._walk(self._root / folder))

    def read(self, path: str) -> bytes | None:
        """Whole, into memory: a release is small."""
        with self._told():
            try:
                return (self._root / path).read_bytes()
            except FileNotFoundError:
                return None

    def create(self, path: str, content: bytes) -> bool:
        """Between the look and the rename nobody else writes: the home's lock is held."""
        with self._told():
            if os.path.lexists(self._root / path):
                return False
            self._write(self._root / path, content)
            return True

    def replace(self, path: str, content: bytes) -> None:
        """By a rename: who reads it meanwhile has the old one whole."""
        with self._told():
            self._write(self._root / path, content)

    def delete(self, path: str) -> None:
        """The folder that held it stays, until `prune`."""
        with self._told():
            file = self._root / path
            file.unlink(missing_ok=True)
            if file.parent.is_dir():
                sync_folder(file.parent)

    def prune(self, folder: str) -> None:
        """The deepest first; the folder itself stays."""
        with self._told():
            for inner, _, _ in os.walk(self._root / folder, topdown=False):
                if Path(inner) != self._root / folder and not any(Path(inner).iterdir()):
                    Path(inner).rmdir()

    def probe(self) -> None:
        """Writes an empty file aside and takes it away; makes no folder that is not there."""
        with self._told():
            if not self._root.exists():
                self._check_can_be_made()
                return
            self._write_aside(b"")
            self._clear()
            self._objects(self._entries(self._root / "releases"))

    def _entries(self, folder: Path) -> Iterator[Path]:
        if folder.is_symlink():
            raise DeliveryRefused(f"destination '{self._name}': {folder} is a link: put a folder in its place")
        if not folder.exists():
            return
        for entry in sorted(folder.iterdir()):
            if entry.is_symlink():
                raise DeliveryRefused(f"destination '{self._name}': {entry} is a link: remove it, and deliver again")
            yield entry

    def _walk(self, folder: Path) -> Iterator[Path]:
        for entry in self._entries(folder):
            if entry.is_dir():
                yield from self._walk(entry)
            else:
                yield entry

    def _objects(self, entries: Iterator[Path]) -> dict[str, StoredObject]:
        files = (entry for entry in entries if not entry.is_dir())
        return {file.relative_to(self._root).as_posix(): StoredObject(file.stat().st_size, None) for file in files}

    def _write(self, path: Path, content: bytes) -> None:
        if not self._root.is_dir():
            self._make_root()
        self._write_aside(content)
        self._make_folders(path.parent)
        move(self._aside / "file", path)

    def _make_root(self) -> None:
        """The last folder alone: a missing one above it is a mistyped path, or a disk that is not mounted.

        It has its mode before it has its name: the mode of one that is there is its owner's choice, and stays.
        """
        new = self._root.with_name(f".{self._root.name}.new")
        make_public_folder(new)
        move(new, self._root)

    def _write_aside(self, content: bytes) -> None:
        self._aside.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
        write_file(self._aside / "file", content)

    def _make_folders(self, folder: Path) -> None:
        """The mode is looked at again too: a delivery may have been killed before it was set."""
        if folder == self._root:
            return
        self._make_folders(folder.parent)
        if folder.is_symlink():
            raise DeliveryRefused(f"destination '{self._name}': {folder} is a link: put a folder in its place")
        if not folder.is_dir() or folder.stat().st_mode & 0o777 != PUBLIC_DIRECTORY:
            make_public_folder(folder)

    def _check_can_be_made(self) -> None:
        parent = self._root.parent
        if not parent.is_dir():
            raise UsageError(f"destination '{self._name}': {parent} does not exist: make it, or mend 'folder'")
        if not os.access(parent, os.W_OK | os.X_OK):
            raise UsageError(f"destination '{self._name}': {parent} cannot be written to: mend its permissions")

    def _clear(self) -> None:
        if self._aside.is_symlink():
            raise DeliveryRefused(f"destination '{self._name}': {self._aside} is a link: remove it, and deliver again")
        if self._aside.exists():
            shutil.rmtree(self._aside)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            where = f"destination '{self._name}': {error.filename or self._root}: {error.strerror}"
            if error.errno in _TO_MEND:
                raise UsageError(f"{where}: mend its owner or permissions, or 'folder'") from error
            raise DeliveryFailed(f"{where}: mend the disk, and deliver again") from error
