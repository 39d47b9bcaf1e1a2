"""What is known of bad records: reason, file, position, and a keyed digest by which a repeat is known. No values."""

import os
import re
from datetime import UTC, datetime, timedelta

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from home.atomic_file import PRIVATE_FILE, put_in_place, sha256_of
from home.layout import Home
from home.state import expected, replacing
from refusals.errors import StateDamaged, UsageError

_FILE_NAME = re.compile(r"(?P<recorded_at>\d{8}T\d{6}\.\d{6}Z)\.[A-Za-z0-9_.-]+\.parquet")
_INSTANT = "%Y%m%dT%H%M%S.%fZ"
_BATCH_ROWS = 100_000


def make_bad_records(con: duckdb.DuckDBPyConnection) -> None:
    """Makes the tables `bad_records` and `drift_notes` where they are not there yet."""
    con.execute("""
        create table if not exists bad_records
            (source varchar, reason varchar, file varchar, position bigint, identity varchar);
        create table if not exists drift_notes (source varchar, file varchar, note varchar)
    """)


def quarantine_counts(con: duckdb.DuckDBPyConnection) -> dict[str, dict[str, int]]:
    """Distinct bad records by source and reason: one delivered twice, in whatever format, counts once."""
    counts: dict[str, dict[str, int]] = {}
    for source, reason, records in con.execute("""
        select source, reason, count(distinct identity) from bad_records
        group by source, reason order by source, reason
    """).fetchall():
        counts.setdefault(source, {})[reason] = records
    return counts


def store_quarantine(con: duckdb.DuckDBPyConnection, home: Home, run_id: str, as_of: datetime, key: bytes) -> None:
    """Writes `bad_records` as one Parquet file of this run, for its owner alone, whole or not at all.

    Columns: `source, reason, file, position, digest, recorded_at`; one row an occurrence. `digest` is the first 128
    bits of SHA-256 over the key and the record's identity (hexadecimal): without the key it tells nothing.
    A run without bad records writes no file.

    Raises:
        UsageError: the run's id cannot be part of a file's name.
    """
    name = f"{as_of.astimezone(UTC).strftime(_INSTANT)}.{run_id}.parquet"
    if not _FILE_NAME.fullmatch(name):
        raise UsageError("the run's id may hold letters, digits, '_', '.' and '-' only")
    reader = con.execute(
        """
        select source, reason, file, position, left(sha256($key || encode(identity)), 32) as digest,
               $as_of::timestamptz as recorded_at
        from bad_records order by source, reason, file, position, digest
        """,
        {"key": key, "as_of": as_of},
    ).to_arrow_reader(_BATCH_ROWS)
    _write(home, name, reader)


def expire_quarantine(home: Home, as_of: datetime, days: int) -> int:
    """Removes the files of runs that were `days` or more before `as_of`, damaged or not; returns how many.

    Raises:
        StateDamaged: a folder stands in the place of one.
    """
    oldest_kept = as_of - timedelta(days=days)
    due = set()
    there = home.quarantine.iterdir() if home.quarantine.is_dir() else ()
    for file in {*there, *expected(home, home.quarantine)}:
        match = _FILE_NAME.fullmatch(file.name)
        if match and datetime.strptime(match["recorded_at"], _INSTANT).replace(tzinfo=UTC) <= oldest_kept:
            due.add(file)
    for file in sorted(due):
        if file.is_dir():
            raise StateDamaged(f"{file} is a folder, and what stood there is to be destroyed: move it away")
    with replacing(home, dict.fromkeys(due)):
        for file in due:
            file.unlink(missing_ok=True)
    return len(due)


def _write(home: Home, name: str, reader: pa.RecordBatchReader) -> None:
    aside = home.quarantine / f"{name}.new"
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
    rows = 0
    with os.fdopen(descriptor, "wb") as file, pq.ParquetWriter(file, reader.schema, compression="zstd") as writer:
        for batch in reader:
            writer.write_batch(batch)
            rows += batch.num_rows
    final = home.quarantine / name
    if rows:
        with replacing(home, {final: sha256_of(aside)}):
            put_in_place(aside, final)
    else:
        aside.unlink()
