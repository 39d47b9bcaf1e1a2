"""The record store: consented records without identity, one Parquet file a source and ISO week.

Never a database file: a database keeps deleted rows in free blocks, a Parquet file that is replaced is gone. A person's
rows lie together (the files are sorted by person), so they are cheap to find and to rewrite.
"""

from datetime import date
from pathlib import Path

import duckdb

from home.layout import PRIVATE_DIRECTORY, PRIVATE_FILE, Home
from home.weeks import sync_folder

PENDING_SUFFIX = ".pending"

APP_COLUMNS = ("person", "session", "started_at", "ended_at", "region_code", "age_band", "platform")
GA4_COLUMNS = (
    "browser", "person", "gate_persons", "session", "event_at", "file_date", "region_code", "device_category",
    "is_engaged", "is_view", "engagement_us",
)  # fmt: skip


def week_file(home: Home, source: str, monday: date) -> Path:
    """Where a source's records of a week are, whether or not there are any."""
    return home.records / source / f"{monday.isoformat()}.parquet"


def stored_weeks(home: Home, source: str) -> list[date]:
    """The Mondays of the weeks of which records are stored, in order."""
    files = (home.records / source).glob("????-??-??.parquet")
    return sorted(date.fromisoformat(file.stem) for file in files)


def write_pending(con: duckdb.DuckDBPyConnection, home: Home, source: str, monday: date, records: str) -> Path:
    """Writes what the table or view `records` holds beside the week's file, to be checked and then put in its place.

    Rows are sorted by person and time, so that the order of delivery leaves no trace.
    """
    final = week_file(home, source, monday)
    final.parent.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
    pending = final.with_name(final.name + PENDING_SUFFIX)
    pending.touch(mode=PRIVATE_FILE)
    columns = APP_COLUMNS if source == "app" else GA4_COLUMNS
    moment = "started_at" if source == "app" else "event_at"
    target = str(pending).replace("'", "''")
    con.execute(
        f"""
        copy (select {", ".join(columns)} from {records} order by person, {moment}, session)
        to '{target}' (format parquet, compression zstd)
        """
    )
    pending.chmod(PRIVATE_FILE)
    return pending


def put_in_place(pending: list[Path]) -> None:
    """Replaces the weeks' files by what was pending, each in one rename. An empty week's file is removed."""
    for path in pending:
        path.replace(path.with_name(path.name.removesuffix(PENDING_SUFFIX)))
    for folder in {path.parent for path in pending}:
        sync_folder(folder)


def discard_pending(home: Home, source: str) -> None:
    """Removes what a run that was refused or killed left pending."""
    for path in (home.records / source).glob("*" + PENDING_SUFFIX):
        path.unlink()


def remove_week(home: Home, source: str, monday: date) -> None:
    """Removes the records of a week. Safe to repeat."""
    week_file(home, source, monday).unlink(missing_ok=True)
