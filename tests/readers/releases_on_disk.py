"""Homes with made-up releases, and a killer of processes, for tests of what lies on the disk."""

import os
import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from home.layout import Home
from releases.ledger.release_id import ReleaseId

AT = datetime(2026, 11, 19, 6, tzinfo=UTC)
LATER = datetime(2026, 11, 26, 6, tzinfo=UTC)
WHY = "sessions counted twice by the app, März"

FIRST = ReleaseId.parse("usage_by_region_age/2026-W39-v1")
SECOND = ReleaseId.parse("usage_by_hour/2026-W39-v1")
MENDED = ReleaseId.parse("usage_by_region_age/2026-W39-v2")

KILLED = 9


def files_of(release: ReleaseId) -> dict[str, bytes]:
    """Files as a release has them, with content of their own."""
    rng = random.Random(str(release))  # noqa: S311  # repeatable on purpose
    rows = [f"2026-09-21,NL-NH,{rng.randrange(10, 9000)},{rng.randrange(9000)}" for _ in range(200)]
    return {
        "data.parquet": b"PAR1" + rng.randbytes(3000) + b"PAR1",
        "data.csv": ("week_start,region_code,users,minutes\n" + "\n".join(rows) + "\n").encode(),
        "datapackage.json": b'{"name": "' + release.dataset.encode() + b'"}\n',
        "README.md": f"# {release}\n".encode(),
        "disclosure-report.json": b'{"k": 10}\n',
        "dcat.jsonld": b"{}\n",
        "CITATION.cff": b"cff-version: 1.2.0\n",
    }


def home_in(folder: Path, key: bytes = b"k" * 32) -> Home:
    """An empty home with a key of its own, so that two homes come to the same bytes."""
    home = Home(folder)
    home.make()
    (home.keys / "release-signing.key").write_bytes(key)
    (home.keys / "release-signing.key").chmod(0o600)
    return home


def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Mode and content of every file, by its path; folders without content."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mode & 0o777, b"" if path.is_dir() else path.read_bytes())
        for path in sorted(folder.rglob("*"))
    }


def killed_before(step: int, action: Callable[[], object]) -> bool:
    """Runs an action in a process that dies before its file operation number `step` (from 0), nothing cleaned up.

    A file that was being written when it dies is cut in half. Whether it died; if not, the action was through.
    """
    child = os.fork()
    if child == 0:
        _run_and_die(step, action)
    _, status = os.waitpid(child, 0)
    if os.waitstatus_to_exitcode(status) not in (0, KILLED):
        raise RuntimeError("the action itself failed")
    return os.waitstatus_to_exitcode(status) == KILLED


OPERATIONS = ("open", "fchmod", "chmod", "fsync", "mkdir", "rename", "replace", "unlink", "rmdir")


def _run_and_die(step: int, action: Callable[[], object]) -> None:
    """Never returns."""
    left = [step]

    def counting_down(name: str, operation: Any) -> Any:
        def wrapped(*arguments: Any, **options: Any) -> Any:
            if left[0] == 0:
                if name == "fsync":
                    _cut_in_half(arguments[0])
                os._exit(KILLED)
            left[0] -= 1
            return None if name == "fsync" else operation(*arguments, **options)

        return wrapped

    for name in OPERATIONS:
        setattr(os, name, counting_down(name, getattr(os, name)))
    try:
        action()
    except BaseException:  # noqa: BLE001  # told to the parent by the exit code; nothing of the parent's may run here
        os._exit(1)
    os._exit(0)


def _cut_in_half(descriptor: int) -> None:
    try:
        os.ftruncate(descriptor, os.fstat(descriptor).st_size // 2)
    except OSError:
        return  # a folder's
