"""The files a source delivered: which there are, what their names say, and a descriptor inside the drop folder."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from policy.errors import InputRefused

FORMAT_OF_SUFFIX = {".csv": "csv", ".parquet": "parquet", ".json": "json lines", ".jsonl": "json lines"}
COMPRESSED_SUFFIX = ".gz"


@dataclass(frozen=True, slots=True)
class DeliveredFile:
    """One file of a drop folder: `name` is relative to the folder, as reports and refusals show it."""

    folder: Path
    name: str
    format: str
    is_compressed: bool

    @property
    def path(self) -> Path:
        """Where it is."""
        return self.folder / os.fsdecode(self.name.encode("utf-8", "surrogateescape"))

    @property
    def shown(self) -> str:
        """Its name on one line, fit to be told."""
        return shown_name(self.name)


@dataclass(frozen=True, slots=True)
class Delivery:
    """The files to read, in order of name, and the names that were passed over, with why."""

    files: tuple[DeliveredFile, ...]
    passed_over: tuple[tuple[str, str], ...]


def shown_name(name: str) -> str:
    """The name on one line: control characters and bytes that are no UTF-8 are written out."""
    plain = name.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in plain)


def snapshot_file(folder: Path, stem: str, ignore: tuple[str, ...]) -> Delivery:
    """The one file `<stem>.<format>[.gz]` of the folder.

    Raises:
        InputRefused: there is none, or more than one, or its name says no known format.
    """
    found = _delivery(folder, "", ignore, starts_with=f"{stem}.")
    if not found.files:
        raise InputRefused(
            f"{folder}: there is no {stem} file: deliver {stem}.parquet, {stem}.csv or {stem}.jsonl (each also as .gz)"
        )
    if len(found.files) > 1:
        names = ", ".join(file.shown for file in found.files[:3])
        raise InputRefused(f"{folder}: more than one {stem} file ({names}): leave one, or name the others in 'ignore'")
    return found


def folder_files(folder: Path, subfolder: str, ignore: tuple[str, ...]) -> Delivery:
    """Every file of `<folder>/<subfolder>/`.

    Raises:
        InputRefused: the folder is missing or a link out, or a name in it says no known format.
    """
    return _delivery(folder, subfolder, ignore, starts_with="")


def _delivery(folder: Path, subfolder: str, ignore: tuple[str, ...], starts_with: str) -> Delivery:
    files: list[DeliveredFile] = []
    passed_over: list[tuple[str, str]] = []
    for name in _names(folder, subfolder):
        if not name.startswith(starts_with):
            continue
        relative = f"{subfolder}/{name}" if subfolder else name
        if name in ignore or relative in ignore:
            passed_over.append((shown_name(relative), "passed over: named in 'ignore'"))
        elif name.startswith("."):
            # What a copy is still writing, or a desktop left behind: by convention no delivery, but it is told.
            passed_over.append((shown_name(relative), "passed over: hidden file"))
        else:
            files.append(_described(folder, relative))
    return Delivery(tuple(files), tuple(passed_over))


def _names(folder: Path, subfolder: str) -> list[str]:
    place = folder / subfolder
    try:
        if not folder.is_dir():
            raise InputRefused(
                f"{folder}: the drop folder is missing: make it, or mend 'files' in the source's settings"
            )
        if not place.is_dir():
            raise InputRefused(f"{place}: the folder is missing: make it (it may be empty)")
        if not _is_inside(place, folder):
            raise InputRefused(f"{place}: is a link out of the drop folder: deliver the folder itself")
        return sorted(os.listdir(place))  # noqa: PTH208 (names only; a Path a file costs at 100,000 files)
    except OSError as error:
        raise InputRefused(f"{place}: cannot be listed ({error.strerror}): mend its permissions") from None


def _is_inside(path: Path, folder: Path) -> bool:
    """Whether the path, its links followed, lies in the folder. A link that leads to itself lies nowhere."""
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):
        return False


def _described(folder: Path, name: str) -> DeliveredFile:
    is_compressed = name.endswith(COMPRESSED_SUFFIX)
    suffix = Path(name.removesuffix(COMPRESSED_SUFFIX)).suffix
    form = FORMAT_OF_SUFFIX.get(suffix)
    if form is None:
        raise InputRefused(
            f"{folder}/{shown_name(name)}: its name says no known format (.parquet, .csv, .json, .jsonl, also .gz):"
            " take it out, or name it in 'ignore'"
        )
    return DeliveredFile(folder, name, form, is_compressed)


@contextmanager
def opened(file: DeliveredFile) -> Iterator[int]:
    """A descriptor of the file, checked to be a regular file inside the drop folder and unchanged when done.

    Everything reads through the descriptor, never by name again: what was checked is what is read, and a name with
    quotes or wildcards reaches no SQL.

    Raises:
        InputRefused: it is a link out of the folder, no regular file, not readable, or was changed while being read.
    """
    if not _is_inside(file.path, file.folder):
        raise InputRefused(f"{file.shown}: is a link out of the drop folder: deliver the file itself")
    try:
        # Not blocking: opening a pipe that nobody writes to would wait for ever.
        descriptor = os.open(file.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise InputRefused(f"{file.shown}: cannot be opened ({error.strerror}): mend its permissions") from None
    try:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise InputRefused(f"{file.shown}: is no regular file: take it out, or name it in 'ignore'")
        yield descriptor
        after = os.fstat(descriptor)
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise InputRefused(f"{file.shown}: was changed while it was read: run again when its delivery is complete")
    finally:
        os.close(descriptor)
