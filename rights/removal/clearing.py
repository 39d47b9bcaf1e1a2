"""Places where an id should never be and could be: what is found there of a person goes before a home is verified."""

import sqlite3
from contextlib import closing
from pathlib import Path

from home.layout import Home
from home.register.register_file import register_open
from home.sql import Sql, identifier, quoted
from home.state import expected, replacing
from refusals.errors import AnotherRunHoldsTheLock
from rights.verification.search import Search, Sought

_SQLITE = b"SQLite format 3\0"
BUSY_SECONDS = 10
REMOVED = "[removed]"


def clear_places(home: Home, sought: Sought) -> dict[str, int]:
    """Takes the person out of work files, logs, Airflow's database, pages, the quarantine and what the register says.

    A file in which something is found is removed, since a run makes it anew or nobody needs it; of a database the rows.
    Returns how many files were removed or mended, by folder. The home's lock must be held. Safe to repeat.

    Raises:
        AnotherRunHoldsTheLock: a database is in use.
    """
    search, cleared = Search(home, sought), {}
    servers = home.restricted / "airflow-server"
    for folder in (home.quarantine, home.work, home.airflow, servers, home.reports):
        found = {finding.place for finding in search.under(folder)}
        files = [path for path in folder.rglob("*") if path.is_file() and any(search.of_file(path))] if found else []
        for path in files:
            if path.exists():
                _clear(home, path, search)
        if files:
            cleared[folder.name] = len(files)
    if any(search.of_file(home.register)):
        _clear_register(home, sought)
        cleared["register"] = 1
    return cleared


def _clear(home: Home, path: Path, search: Search) -> None:
    with path.open("rb") as file:
        is_database = file.read(len(_SQLITE)) == _SQLITE
    if is_database:
        _clear_database(path, search)
    elif path in expected(home, path.parent):
        with replacing(home, {path: None}):
            path.unlink(missing_ok=True)
    else:
        path.unlink(missing_ok=True)


def _clear_database(path: Path, search: Search) -> None:
    """Deletes the rows in which something is found, and writes the file anew, so that no free part of it holds any."""
    try:
        with closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as db:
            db.execute("pragma temp_store = memory")
            db.execute("pragma secure_delete = on")
            for (name,) in db.execute("select name from sqlite_schema where type = 'table'").fetchall():
                table = quoted(name)
                for column in db.execute(f"pragma table_info({table})").fetchall():
                    one = quoted(str(column[1]))
                    rows = db.execute(f"select rowid, {one} from {table} where typeof({one}) in ('text', 'blob')")
                    found = [(rowid,) for rowid, value in rows.fetchall() if search.is_in(str(column[1]), value)]
                    db.executemany(f"delete from {table} where rowid = ?", found)
            db.execute("vacuum")
            db.execute("pragma wal_checkpoint(truncate)")
    except sqlite3.OperationalError as error:
        raise AnotherRunHoldsTheLock(f"{path} is in use or closed to us: end what has it open, and repeat") from error


def _clear_register(home: Home, sought: Sought) -> None:
    """What was typed or told: a message, a reason. Of an open request nothing is touched."""
    with register_open(home, writing=True) as db:
        for (name,) in db.execute("select name from sqlite_schema where type = 'table'").fetchall():
            if name in ("seals", "requests", "known_files") or name.startswith("sqlite_"):
                continue
            table = identifier(name)
            for column in db.execute(f"pragma table_info({table})").fetchall():
                one = identifier(str(column[1]))
                if column[2] != "TEXT" or column[5]:
                    continue
                for text in sought.long:
                    statement = Sql(f"update {table} set {one} = replace({one}, ?, ?) where instr({one}, ?) > 0")
                    db.execute(statement, (text, REMOVED, text))
