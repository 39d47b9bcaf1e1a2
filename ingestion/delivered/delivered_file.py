"""One delivered file: its name, fit to be told, and a descriptor of it inside the drop folder."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from policy.limits_policy import LimitsPolicy, shipped_limits
from refusals.errors import InputRefused, Refusal, SourceUnavailable


@dataclass(frozen=True, slots=True)
class DeliveredFile:
    """One file of a drop folder: `name` is relative to the folder, as reports and refusals show it."""

    folder: Path
    name: str
    format: str
    is_compressed: bool
    limits: LimitsPolicy = field(default_factory=shipped_limits)
    """How much it may ask of whoever reads it."""

    @property
    def path(self) -> Path:
        """Where it is."""
        return self.folder / os.fsdecode(self.name.encode("utf-8", "surrogateescape"))

    @property
    def shown(self) -> str:
        """Its name on one line, fit to be told."""
        return shown_name(self.name)

    def within(self, limits: LimitsPolicy) -> "DeliveredFile":
        """The same file, to be read within these limits."""
        return replace(self, limits=limits)


def shown_name(name: str) -> str:
    """The name on one line: control characters and bytes that are no UTF-8 are written out."""
    plain = name.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in plain)


def is_inside(path: Path, folder: Path) -> bool:
    """Whether the path, its links followed, lies in the folder. A link that leads to itself lies nowhere."""
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):
        return False


def empty_file(file: DeliveredFile) -> InputRefused:
    """A file without a byte is a delivery that failed, not one of nothing."""
    return InputRefused(
        f"{file.shown}: is empty (0 bytes): deliver it again, name it in 'ignore', or take it out and say of its days"
        " `cmn weeks accept-empty`"
    )


def not_read(shown: str, what: str, error: OSError) -> Refusal:
    """The refusal of a file or folder that the system does not let be opened, read or listed.

    Only permissions and links are somebody's to mend at the source; a disk, a network mount or a machine that fails
    says nothing against what was delivered.
    """
    why = f"{shown}: cannot be {what} ({error.strerror or type(error).__name__})"
    if error.errno in (errno.EACCES, errno.EPERM, errno.ELOOP, errno.ENAMETOOLONG, errno.ENOTDIR):
        return InputRefused(f"{why}: mend its permissions, or what leads to it")
    if error.errno in (errno.ENOENT, errno.ENXIO):
        return InputRefused(f"{why}: it went while it was read, or is no file: run again when its delivery is complete")
    return SourceUnavailable(f"{why}: the disk or the machine is at fault, not the delivery: mend that, and run again")


@contextmanager
def opened(file: DeliveredFile) -> Iterator[int]:
    """A descriptor of the file, checked to be a regular file inside the drop folder and unchanged when done.

    Everything reads through the descriptor, never by name again: what was checked is what is read, and a name with
    quotes or wildcards reaches no SQL.

    Raises:
        InputRefused: it is a link out of the folder, no regular file, not readable, empty, or was changed meanwhile.
    """
    if not is_inside(file.path, file.folder):
        raise InputRefused(f"{file.shown}: is a link out of the drop folder: deliver the file itself")
    try:
        # Not blocking: opening a pipe that nobody writes to would wait for ever.
        descriptor = os.open(file.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise not_read(file.shown, "opened", error) from None
    try:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise InputRefused(f"{file.shown}: is no regular file: take it out, or name it in 'ignore'")
        if before.st_size == 0:
            raise empty_file(file)
        yield descriptor
        after = os.fstat(descriptor)
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise InputRefused(f"{file.shown}: was changed while it was read: run again when its delivery is complete")
    finally:
        os.close(descriptor)
