"""The record store: consented records without identity, one Parquet file a source and ISO week.

Never a database file: a database keeps deleted rows in free blocks, a Parquet file that is replaced is gone. A person's
rows lie together (the files are sorted by person), so they are cheap to find and to rewrite.
"""

from datetime import date
from pathlib import Path

import duckdb

from catalogue.catalogue import SOURCE
from home.atomic_file import PRIVATE_FILE, sha256_of, sync_folder
from home.atomic_file import put_in_place as rename
from home.keys import check_week_keys, week_key_fingerprint
from home.known_files import KEY_FINGERPRINT
from home.layout import PRIVATE_DIRECTORY, Home
from home.sql import Sql, identifier, joined, literal
from home.state import check, expected, monday_in, replacing
from refusals.errors import StateDamaged

PENDING_SUFFIX = ".pending"
WEEK_FILES = "????-??-??.parquet"


def week_file(home: Home, source: str, monday: date) -> Path:
    """Where a source's records of a week are, whether or not there are any."""
    return home.records / source / f"{monday.isoformat()}.parquet"


def stored_weeks(home: Home, source: str) -> list[date]:
    """The Mondays of the weeks of which records are stored, in order.

    Raises:
        StateDamaged: a week's file is missing, a folder, empty, or not one that this home wrote.
    """
    folder = home.records / source
    check(home, folder, WEEK_FILES, is_read=False)
    return sorted(monday_in(file) for file in folder.glob(WEEK_FILES))


def weeks_to_destroy(home: Home, source: str) -> list[date]:
    """The same, with those whose file was lost or damaged: what is to be destroyed waits for no mend."""
    folder = home.records / source
    known = {path for path in expected(home, folder) if path.match(WEEK_FILES)}
    return sorted(monday_in(path) for path in known | set(folder.glob(WEEK_FILES)))


def check_records(home: Home, source: str) -> None:
    """Every byte of a source's stored records is as it was written, and the keys of their weeks are there.

    Raises:
        StateDamaged: by the name of the first file that is not.
    """
    check_week_keys(home)
    check(home, home.records / source, WEEK_FILES)


def write_pending(con: duckdb.DuckDBPyConnection, home: Home, source: str, monday: date, records: Sql) -> Path:
    """Writes what the table or view `records` holds beside the week's file, to be checked and then put in its place.

    Rows are sorted by person and time, so that the order of delivery leaves no trace.
    """
    final = week_file(home, source, monday)
    final.parent.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
    pending = final.with_name(final.name + PENDING_SUFFIX)
    pending.touch(mode=PRIVATE_FILE)
    columns, moment = SOURCE[source].record, SOURCE[source].moment
    key = week_key_fingerprint(home, monday)
    con.execute(
        f"""
        copy (select {joined(map(identifier, columns))} from {records} order by person, {identifier(moment)}, session)
        to {literal(str(pending))}
        (format parquet, compression zstd, kv_metadata {{{KEY_FINGERPRINT}: {literal(key)}}})
        """
    )
    pending.chmod(PRIVATE_FILE)
    return pending


def put_in_place(home: Home, pending: list[Path]) -> None:
    """Replaces the weeks' files by what was pending, each in one rename."""
    if not pending:
        return
    final = {path: path.with_name(path.name.removesuffix(PENDING_SUFFIX)) for path in pending}
    with replacing(home, {final[path]: sha256_of(path) for path in pending}):
        for path in pending:
            rename(path, final[path])


def discard_pending(home: Home, source: str) -> None:
    """Removes what a run that was refused or killed left pending."""
    for path in (home.records / source).glob("*" + PENDING_SUFFIX):
        path.unlink()


def remove_week(home: Home, source: str, monday: date) -> None:
    """Removes the records of a week, damaged or not. Safe to repeat.

    Raises:
        StateDamaged: a folder stands in their place.
    """
    path = week_file(home, source, monday)
    if path.is_dir():
        raise StateDamaged(f"{path} is a folder, and the records of its week are to be destroyed: move it away")
    if path.exists() or path in expected(home, path.parent):
        with replacing(home, {path: None}):
            path.unlink(missing_ok=True)
            sync_folder(path.parent)
