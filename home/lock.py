"""One writer at a time: the lock that a run holds on its home."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from home.atomic_file import PRIVATE_FILE
from home.layout import Home
from home.leftovers import remove_leftovers
from refusals.errors import AnotherRunHoldsTheLock, StateDamaged

#: Homes that this process has locked. A run takes the lock once; its steps, which ask for it again, pass.
_held: set[Path] = set()


@contextmanager
def held(home: Home) -> Iterator[None]:
    """Holds the home's lock while the block runs; free again even if the process is killed.

    Re-entrant within one process. The kernel drops the lock with the process, so there is no stale lock to remove.

    Raises:
        AnotherRunHoldsTheLock: another process has it.
        StateDamaged: a folder stands in the lock's place.
    """
    path = home.lock.absolute()
    if path in _held:
        yield
        return
    if path.is_dir():
        raise StateDamaged(f"{home.lock} is a folder, and the lock is a file without content: remove the folder")
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AnotherRunHoldsTheLock(
                f"another run is writing to {home.root}: wait until it has ended (cmn status shows it)"
            ) from error
        _held.add(path)
        # DuckDB removes its spill files itself, unless it was killed: then they are raw rows that nobody needs.
        shutil.rmtree(home.spill, ignore_errors=True)
        remove_leftovers(home)
        try:
            yield
        finally:
            _held.discard(path)
    finally:
        os.close(descriptor)
