"""What every reader hands to the judge, whatever the format: one relation of records as they were delivered."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Literal

import duckdb
import pyarrow as pa

from policy.errors import InputRefused, Refusal

Want = Literal["text", "instant", "date", "boolean"]
Kind = Literal["text", "instant", "date", "boolean"]

NOT_OF_THE_INPUT = (
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.InternalException,
    duckdb.InterruptException,
    duckdb.OutOfMemoryException,
    duckdb.ParserException,
)
"""Errors of the engine that say nothing against what was delivered; they quote no values."""

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class RecordTable:
    """A kind of record that a source delivers: its columns and, of those, the ones no line-by-line file may lack."""

    name: str
    source: str
    columns: Mapping[str, Want]
    needed_in_some_line: tuple[str, ...]
    is_closed: bool
    """Whether further columns are news to be told (they are expected, and never read, in `users`)."""


@dataclass(slots=True)
class RawRelation:
    """Records as delivered.

    `select` gives `position BIGINT` (the record's number in its file, the first is 1; null for a database),
    `unreadable VARCHAR` (SHA-256 of a line that does not parse, else null) and the table's columns, each of the DuckDB
    type that `kinds` names: `text` VARCHAR as delivered, `instant` TIMESTAMPTZ, `date` DATE, `boolean` BOOLEAN.
    It can be read once.
    """

    name: str
    select: str
    kinds: Mapping[str, Kind]
    notes: list[str] = field(default_factory=list)
    stopped_by: list[Refusal] = field(default_factory=list)
    if_broken: Refusal | None = None

    def refusal(self) -> Refusal:
        """Why reading stopped. The engine's own message may quote a value, so it is never passed on."""
        if self.stopped_by:
            return self.stopped_by[0]
        return self.if_broken or InputRefused(
            f"{self.name}: is truncated or damaged, or not what its name says: deliver it again"
        )


def registered_stream(
    con: duckdb.DuckDBPyConnection, schema: pa.Schema, batches: Iterable[pa.RecordBatch], stopped_by: list[Refusal]
) -> str:
    """Registers a stream under a fresh name. A refusal in it goes to `stopped_by`, since the engine wraps it."""

    def kept() -> Iterator[pa.RecordBatch]:
        try:
            yield from batches
        except Refusal as refusal:
            stopped_by.append(refusal)
            raise

    name = f"delivered_{next(_numbers)}"
    con.register(name, pa.RecordBatchReader.from_batches(schema, kept()))
    return name


def plain_names(names: Iterable[str]) -> str:
    """Column names fit to be told. A header may hold values where a file has none, so only plain names are quoted."""
    told = sorted({name for name in names if name.isascii() and name.replace("_", "a").isalnum() and len(name) <= 64})
    untold = len(set(names)) - len(told)
    shown = [*told[:20], *([f"{len(told) - 20} more"] if len(told) > 20 else [])]
    return ", ".join([*shown, *([f"{untold} whose name is not plain"] if untold else [])])
