"""What every reader hands to the judge, whatever the format: one relation of records as they were delivered."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Literal

import duckdb
import pyarrow as pa

from home.sql import Sql, identifier
from refusals.errors import InputRefused

Want = Literal["text", "instant", "date", "boolean"]
Kind = Literal["text", "instant", "date", "boolean"]

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
    may_never_end: tuple[str, ...] = ()
    """Instants of which `infinity` says what null says: it has not happened, and nobody knows when it will."""

    @property
    def names(self) -> tuple[Sql, ...]:
        """Its columns' names, for SQL."""
        return tuple(identifier(name) for name in self.columns)

    @property
    def judged(self) -> Sql:
        """The table of its judged records."""
        return identifier(f"judged_{self.name}")


@dataclass(slots=True)
class RawRelation:
    """Records as delivered.

    `select` gives `position BIGINT` (the record's number in its file, the first is 1; null for a database),
    `unreadable VARCHAR` (SHA-256 of a line that does not parse, else null) and the table's columns, each of the DuckDB
    type that `kinds` names: `text` VARCHAR as delivered, `instant` TIMESTAMPTZ, `date` DATE, `boolean` BOOLEAN.
    It can be read once.
    """

    name: str
    select: Sql
    kinds: Mapping[str, Kind]
    notes: list[str] = field(default_factory=list)
    stopped_by: list[Exception] = field(default_factory=list)
    damage: Callable[[], InputRefused | None] | None = None
    """What looks for damage once the engine could not read the records; it returns None where there is none."""

    def told(self, error: duckdb.Error) -> Exception:
        """What is to be raised where reading the records ended in `error` of the engine.

        What stopped the stream, since the engine wraps it; or a refusal, where the input is proven to be at fault; else
        the error itself: what nobody knows is not told as the deliverer's.
        """
        if self.stopped_by:
            return self.stopped_by[0]
        return (self.damage() if self.damage else None) or error


def registered_stream(
    con: duckdb.DuckDBPyConnection, schema: pa.Schema, batches: Iterable[pa.RecordBatch], stopped_by: list[Exception]
) -> Sql:
    """Registers a stream under a fresh name. What stops it goes to `stopped_by`, since the engine wraps it."""

    def kept() -> Iterator[pa.RecordBatch]:
        try:
            yield from batches
        except Exception as error:
            stopped_by.append(error)
            raise

    name = f"delivered_{next(_numbers)}"
    con.register(name, pa.RecordBatchReader.from_batches(schema, kept()))
    return identifier(name)


def plain_names(names: Iterable[str]) -> str:
    """Column names fit to be told. A header may hold values where a file has none, so only plain names are quoted."""
    told = sorted({name for name in names if name.isascii() and name.replace("_", "a").isalnum() and len(name) <= 64})
    untold = len(set(names)) - len(told)
    shown = [*told[:20], *([f"{len(told) - 20} more"] if len(told) > 20 else [])]
    return ", ".join([*shown, *([f"{untold} whose name is not plain"] if untold else [])])
