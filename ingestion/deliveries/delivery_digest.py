"""By what a delivery is known again, so that what was accepted is this content and no other under its name."""

import hashlib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import duckdb

from home.keys import quarantine_key
from home.layout import Home
from ingestion.delivered.delivered_file import DeliveredFile, opened

_BLOCK_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Deliveries:
    """What a source has delivered: `digest_of` a name is a SHA-256 in hex, or None where nothing of that name is there.

    `digest_of` raises InputRefused where a file cannot be read.
    """

    source: str
    digest_of: Callable[[str], str | None]


def digest_among(files: Iterable[DeliveredFile], name: str) -> str | None:
    """SHA-256 of the bytes of the file that refusals show by this name; None where there is none.

    Raises:
        InputRefused: the file cannot be read.
    """
    file = next((file for file in files if file.shown == name), None)
    return None if file is None else _digest_of_file(file)


def digest_of_table(con: duckdb.DuckDBPyConnection, home: Home, name: str) -> str | None:
    """SHA-256 of what is bad in a table of a database (keyed, as `table_digests` has it); None where none is there."""
    found = con.execute("select digest from table_digests where file = ?", [name]).fetchone()
    return hashlib.sha256(quarantine_key(home) + bytes.fromhex(found[0])).hexdigest() if found else None


def _digest_of_file(file: DeliveredFile) -> str:
    digest = hashlib.sha256()
    with opened(file) as descriptor:
        while block := os.read(descriptor, _BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
