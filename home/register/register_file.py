"""The register's file: opened, found whole, brought up to date; never made anew where the home was in use."""

import errno
import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from home.atomic_file import PRIVATE_FILE, put_in_place
from home.home_marker import keep_marker, marked_home_id, was_in_use
from home.known_files import adopt
from home.layout import Home
from home.lock import held
from home.register.register_tables import (
    add_functions,
    bring_up_to_date,
    has_tables,
    is_sealed,
    is_up_to_date,
    mistake_of,
)
from refusals.errors import AnotherRunHoldsTheLock, StateDamaged, UsageError

BUSY_SECONDS = 30
_MEND = "put it back from a backup of the whole home; without one: `cmn register rebuild --why …`"
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT)
_OF_THE_DISK = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_IOERR: errno.EIO,
    sqlite3.SQLITE_READONLY: errno.EROFS,
    sqlite3.SQLITE_CANTOPEN: errno.EACCES,
}
_OF_ELSEWHERE = (*_OF_THE_DISK, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
#: The file ends before the page that is asked for: cut off, not a broken disk. (SQLITE_IOERR_SHORT_READ)
SHORT_READ = sqlite3.SQLITE_IOERR | 2 << 8

#: Registers that this process has found whole, as they were when it last let go of them.
_found_whole: dict[Path, tuple[int, int, int]] = {}


@contextmanager
def register_open(home: Home, *, writing: bool) -> Iterator[sqlite3.Connection]:
    """One transaction over the register, kept when the block ends well.

    The whole file is checked when this process opens it first, and again when another process has written to it.

    Raises:
        StateDamaged: it is missing though the home was in use, or is not what this home wrote.
        AnotherRunHoldsTheLock: it must be brought up to date and a run holds the lock, or it is busy for long.
        OSError: the disk is full, or it cannot be read or written.
    """
    path = home.register.absolute()
    _check_is_there(home)
    with _in_words(home.register):
        db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            add_functions(db)
            db.execute("pragma trusted_schema = on")
            db.execute("pragma recursive_triggers = on")  # so that a row which is replaced leaves its seal
            db.execute("pragma secure_delete = on")
            begin = "begin immediate" if writing else "begin"
            db.execute(begin)
            if _found_whole.get(path) != _identity(path):
                if not _is_ready(home, db):
                    db.execute("rollback")
                    _make_ready(home, db)
                    db.execute(begin)
                _found_whole[path] = _identity(path)
            try:
                yield db
            except BaseException:
                if db.in_transaction:
                    db.execute("rollback")
                raise
            db.execute("commit")
            if writing:
                _found_whole[path] = _identity(path)
        finally:
            db.close()


def vacuum_register(home: Home) -> None:
    """Writes the register's file anew, so that nothing that was taken out is left in a free part of it.

    Raises:
        StateDamaged, AnotherRunHoldsTheLock, OSError: see register_open.
    """
    with register_open(home, writing=False):
        pass
    path = home.register.absolute()
    with _in_words(path):
        db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            db.execute("pragma temp_store = memory")
            db.execute("pragma secure_delete = on")
            db.execute("vacuum")
        finally:
            db.close()
    _found_whole[path] = _identity(path)


def is_register_there(home: Home) -> bool:
    """Whether there is one, whole or not; a home that was in use and has none is damaged.

    Raises:
        StateDamaged: it is missing though the home was in use, or is a folder.
    """
    if not os.path.lexists(home.register) and not was_in_use(home):
        return False
    _check_is_there(home)
    return True


def rebuild_register(home: Home, why: str) -> Path | None:
    """Makes a register anew for a home whose own is lost; what was in its place is set aside, and said where.

    Every state file is known from now on as it is now. Days, snapshots' sizes, counts and runs are not known any more.

    Raises:
        UsageError: the register is whole.
    """
    with held(home):
        if _is_whole(home):
            raise UsageError(f"{home.register} is whole: there is nothing to rebuild")
        path, new = home.register, home.register.with_name(home.register.name + ".new")
        new.unlink(missing_ok=True)
        new.touch(mode=PRIVATE_FILE)
        home_id = marked_home_id(home) or secrets.token_hex(16)
        with _in_words(new):
            db = sqlite3.connect(new, isolation_level=None)
            try:
                add_functions(db)
                db.execute("begin immediate")
                bring_up_to_date(db)
                facts = {"home_id": home_id, f"rebuilt at {datetime.now(UTC).isoformat(timespec='seconds')}": why}
                db.executemany("insert into home_facts values (?, ?)", facts.items())
                adopt(home, db)
                db.execute("commit")
            finally:
                db.close()
        aside = None
        if os.path.lexists(path):
            aside = path.with_name(f"{path.name}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%S}")
            path.rename(aside)
        path.with_name(path.name + "-journal").unlink(missing_ok=True)
        put_in_place(new, path)
        keep_marker(home, home_id)
        return aside


def _is_whole(home: Home) -> bool:
    try:
        with register_open(home, writing=False):
            return True
    except StateDamaged:
        return False


def _check_is_there(home: Home) -> None:
    path = home.register
    if path.is_dir():
        raise StateDamaged(f"{path} is a folder, and the register of this home is a file: move it away; {_MEND}")
    is_new = not path.exists() or path.stat().st_size == 0
    if is_new and was_in_use(home):
        what = "is empty" if path.exists() else "is missing"
        raise StateDamaged(f"{path} {what}, but this home was in use: {_MEND}")
    if not path.exists():
        path.touch(mode=PRIVATE_FILE)


def _is_ready(home: Home, db: sqlite3.Connection) -> bool:
    """Whether it is whole and has all that this version writes.

    Raises:
        StateDamaged: it is not whole.
    """
    mistake = _mistake_of(db)
    if mistake is None and not has_tables(db) and was_in_use(home):
        mistake = "it holds nothing, but this home was in use"
    marked = marked_home_id(home)
    if mistake is None and marked is not None and has_tables(db) and not is_sealed(db):
        mistake = "it has no seals, but this home's register has"
    if mistake is not None:
        raise StateDamaged(f"{home.register} is damaged ({mistake}): {_MEND}")
    if not is_up_to_date(db):
        return False
    [(home_id,)] = db.execute("select fact from home_facts where name = 'home_id'").fetchall() or [("",)]
    if marked is not None and marked != home_id:
        raise StateDamaged(f"{home.register} is another home's, as {home.marker.name} beside it says: {_MEND}")
    if marked is None:
        # Under the lock, since who takes it removes what was written aside; a run that has it writes the mark itself.
        with suppress(AnotherRunHoldsTheLock), held(home):
            keep_marker(home, home_id)
    return True


def _mistake_of(db: sqlite3.Connection) -> str | None:
    """What is not as it was left; what cannot even be read is that too, unless a disk or a wait is the cause."""
    try:
        return mistake_of(db)
    except ValueError:
        return "it holds text that is none"
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", None)
        if code is not None and code != SHORT_READ and code & 0xFF in _OF_ELSEWHERE:
            raise
        return "it cannot be read"


def _make_ready(home: Home, db: sqlite3.Connection) -> None:
    """Makes what is new, or what this version added; of an older home, everything in it is known from now on."""
    with held(home):
        db.execute("begin immediate")
        try:
            if not _is_ready(home, db):
                is_older = not is_sealed(db)
                bring_up_to_date(db)
                if is_older:
                    db.execute("insert into home_facts values ('home_id', ?)", (secrets.token_hex(16),))
                    adopt(home, db)
            [(home_id,)] = db.execute("select fact from home_facts where name = 'home_id'").fetchall()
            db.execute("commit")
        except BaseException:
            if db.in_transaction:
                db.execute("rollback")
            raise
        keep_marker(home, home_id)


def _identity(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


@contextmanager
def _in_words(path: Path) -> Iterator[None]:
    """Tells SQLite's errors by what they are: damage, a disk, a wait that was too long. Others stay as they are."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", None)
        primary = None if code is None else code & 0xFF
        if primary in _DAMAGED or (primary == sqlite3.SQLITE_ERROR and "malformed" in str(error)):
            raise StateDamaged(f"{path} is damaged (it is no whole SQLite file): {_MEND}") from error
        if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise AnotherRunHoldsTheLock(
                f"{path} has been in another process's use for {BUSY_SECONDS} s: wait until that has ended"
            ) from error
        if primary in _OF_THE_DISK:
            number = _OF_THE_DISK[primary]
            raise OSError(number, os.strerror(number), str(path)) from error
        raise
