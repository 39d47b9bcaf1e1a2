"""A real file system that can be full: a tmpfs, mounted where the machine allows it."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

BALLAST = "ballast"


@contextmanager
def small_disk(folder: Path, mebibytes: int, names: int = 0) -> Iterator[Path]:
    """Mounts a disk of this size, for this many files (0: any number), at `folder`.

    The test is skipped where mounting is not allowed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m,nr_inodes={names},mode=0755", "tmpfs", str(folder)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if mounted.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path) -> None:
    """Takes every free block. Safe to repeat: what was freed meanwhile is taken too."""
    with (disk / BALLAST).open("ab") as ballast:
        for block in (1 << 20, 1 << 12):
            while os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize >= block:
                try:
                    os.posix_fallocate(ballast.fileno(), os.fstat(ballast.fileno()).st_size, block)
                except OSError:
                    break


def make_room(disk: Path) -> None:
    """Gives back what `fill` took."""
    (disk / BALLAST).unlink(missing_ok=True)
