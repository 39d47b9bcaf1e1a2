"""By what a delivery is known again, so that what was accepted is this content and no other under its name."""

import hashlib
import os

import duckdb

from home.keys import quarantine_key
from home.settings import Settings
from ingestion.app_source import app_files
from ingestion.delivered_file import DeliveredFile, opened
from ingestion.ga4_files import export_files

_BLOCK_BYTES = 1024 * 1024


def delivered_files(settings: Settings, source: str) -> dict[str, DeliveredFile]:
    """The files that a source has delivered, by the names that refusals show; none for a database."""
    if source == "ga4_export":
        files = export_files(settings.ga4_export) if settings.ga4_export else ()
    else:
        files = app_files(settings.app) if settings.app and settings.app.files else ()
    return {file.shown: file for file in files}


def delivery_digest(con: duckdb.DuckDBPyConnection, settings: Settings, source: str, name: str) -> str | None:
    """SHA-256 of the file's bytes; of a database's table, of what is bad in it (keyed, as `table_digests` has it).

    None where nothing of that name was delivered.

    Raises:
        InputRefused: the file cannot be read.
    """
    if source == "app" and settings.app is not None and settings.app.database is not None:
        found = con.execute("select digest from table_digests where file = ?", [name]).fetchone()
        return hashlib.sha256(quarantine_key(settings.home) + bytes.fromhex(found[0])).hexdigest() if found else None
    file = delivered_files(settings, source).get(name)
    return None if file is None else _digest_of_file(file)


def _digest_of_file(file: DeliveredFile) -> str:
    digest = hashlib.sha256()
    with opened(file) as descriptor:
        while block := os.read(descriptor, _BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
