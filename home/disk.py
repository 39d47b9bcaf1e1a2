"""A full disk is told as what it is, whichever library met it first and however it words it."""

import errno
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from home.layout import Home
from refusals.errors import DiskFull, Refusal

_NUMBERS = (errno.ENOSPC, errno.EDQUOT)
#: How those say it that hand no number on: DuckDB, dbt around it, SQLite around SQLAlchemy; and DuckDB, when its spill
#: files have taken what was free when it began.
_WORDS = (*(os.strerror(number) for number in _NUMBERS), "database or disk is full", "max_temp_directory_size")
#: An error that nothing explains, with less than this free, is the disk's: who fails in a write often lets go of what
#: was written until then.
LITTLE_BYTES = 1024**2


def says_full(text: str) -> bool:
    """Whether a library's own message is about a full disk. The message itself may quote a row: pass none of it on."""
    return any(words in text for words in _WORDS)


def is_of_full_disk(error: BaseException) -> bool:
    """Whether a full disk, or a used-up quota, is what an error or anything that led to it is about."""
    return any(isinstance(one, DiskFull) or _is_full(one) for one in _chain(error))


def place_of(error: BaseException) -> str | None:
    """The file that a full disk had no room for, where an error tells."""
    names = (one.filename for one in _chain(error) if isinstance(one, OSError) and _is_full(one))
    return next((str(name) for name in names if name), None)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and all that led to it: raised from, raised while, wrapped by SQLAlchemy or by a task."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += [one.__cause__, one.__context__, getattr(one, "orig", None), getattr(one, "original", None)]


def _is_full(error: BaseException) -> bool:
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno in _NUMBERS
    if isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
        return True
    return not isinstance(error, Refusal) and says_full(str(error))


@contextmanager
def full_disk_told(home: Home, doing: str) -> Iterator[None]:
    """Whatever ends the block because the home's disk is full ends it as `DiskFull`, which names home and doing.

    Raises:
        DiskFull: see above. Any other error passes as it is.
    """
    try:
        yield
    except DiskFull:
        raise
    except Exception as error:
        unexplained = not isinstance(error, Refusal)
        if is_of_full_disk(error) or (unexplained and _has_little_room(home)):
            raise DiskFull(str(home.root), doing) from error
        raise


def _has_little_room(home: Home) -> bool:
    try:
        return shutil.disk_usage(home.root).free < LITTLE_BYTES
    except OSError:
        return False
