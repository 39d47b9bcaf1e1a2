"""CSV as RFC 4180 has it, each record in the relation or counted as unreadable: none lost, none counted twice.

DuckDB's and Arrow's own readers forgive quotes in the wrong place, and DuckDB's reject table can tell one line twice.
So the records are found first, and Arrow splits into columns those that are well formed.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from home.sql import Sql, joined
from ingestion.delivered.column_names import check_has_columns
from ingestion.delivered.csv_records import Characters, Marks, Places, Records, records_in
from ingestion.delivered.delivered_file import DeliveredFile
from ingestion.delivered.file_check import checked_lines
from ingestion.delivered.raw_relation import RawRelation, RecordTable, plain_names, registered_stream
from refusals.errors import InputRefused

_MAX_RECORD_BYTES = 4 * 1024 * 1024
"""The longest record of several lines: how far a quote that never closes makes the reader look ahead."""

_PIECE_BYTES = 1024 * 1024
"""How much text is looked at at once: little enough to stay in a processor's cache."""


def read_csv(con: duckdb.DuckDBPyConnection, file: DeliveredFile, descriptor: int, table: RecordTable) -> RawRelation:
    """The file's records. A record starts at each line that is not inside quotes; blank lines are none.

    A record that is well formed but has a wrong number of fields is unreadable as a whole. Of one that is not well
    formed, its first line is, and reading goes on with the next line, so that a stray quote costs one record. So does a
    record of several lines and over 4 MiB.

    Raises:
        InputRefused: there is no header, or it lacks a needed column or has one twice.
    """
    lines = checked_lines(file, descriptor)
    first = next(lines, b"")
    header = _header(first)
    names = _header_names(file, header)
    _check_header(file, names, table)
    walk = _RecordWalk(field_count=len(names), wanted={name: names.index(name) for name in table.columns})
    stopped_by: list[Exception] = []
    stream = registered_stream(con, walk.schema, walk.batches(first[len(header) :], lines), stopped_by)
    extra = set(names) - set(table.columns)
    notes = [f"columns passed over: {plain_names(extra)}"] if extra and table.is_closed else []
    return RawRelation(file.shown, _select(stream, table), dict.fromkeys(table.columns, "text"), notes, stopped_by)


def _select(stream: Sql, table: RecordTable) -> Sql:
    return Sql(f"select position, sha256(unreadable) as unreadable, {joined(table.names)} from {stream}")


def _header(first: bytes) -> bytes:
    """The record that a text begins with; nothing if it is not well formed."""
    if not first:
        return b""
    records = records_in(np.frombuffer(first, dtype=np.uint8), is_last=True, longest=_MAX_RECORD_BYTES)
    return first[: records.lengths[0]] if records.is_well_formed[0] else b""


def _header_names(file: DeliveredFile, header: bytes) -> list[str]:
    if not header.strip(b"\r\n"):
        raise InputRefused(f"{file.shown}: has no header line of comma-separated column names: deliver it with one")
    options = pyarrow.csv.ParseOptions(newlines_in_values=True)
    return [str(name) for name in pyarrow.csv.read_csv(pa.py_buffer(header), parse_options=options).column_names]


def _check_header(file: DeliveredFile, names: list[str], table: RecordTable) -> None:
    check_has_columns(file.shown, names, table.columns)
    for column in table.columns:
        if names.count(column) > 1:
            raise InputRefused(
                f"{file.shown}: has twice the column {column}: deliver it with {', '.join(table.columns)}"
            )


@dataclass(slots=True)
class _RecordWalk:
    """Turns text into batches of records. `wanted`: the needed columns, and where in a record each stands."""

    field_count: int
    wanted: dict[str, int]
    records: int = 0

    @property
    def schema(self) -> pa.Schema:
        texts = [pa.field(name, pa.string()) for name in self.wanted]
        return pa.schema([pa.field("position", pa.int64()), pa.field("unreadable", pa.string()), *texts])

    def batches(self, first: bytes, lines: Iterator[bytes]) -> Iterator[pa.RecordBatch]:
        """Every record, well formed or not, in batches of about one piece."""
        text = first
        for block in lines:
            text = yield from self._walk(text, is_last=False)
            text += block
        yield from self._walk(text, is_last=True)

    def _walk(self, text: bytes, is_last: bool) -> Generator[pa.RecordBatch, None, bytes]:
        """The records of a text; returns the start of one that ends in a later block."""
        characters = np.frombuffer(text, dtype=np.uint8)
        at, size = 0, _PIECE_BYTES
        while at < len(text):
            end = text.find(b"\n", min(at + size, len(text)) - 1) + 1
            is_whole = end == len(text)
            records = records_in(characters[at:end], is_last and is_whole, _MAX_RECORD_BYTES)
            yield from self._columns(characters[at : at + records.end], records)
            at += records.end
            if is_whole:
                break
            # A record that goes on past the piece is looked at again, in a larger one.
            size = _PIECE_BYTES if records.end else 2 * size
        return text[at:]

    def _columns(self, text: Characters, records: Records) -> Iterator[pa.RecordBatch]:
        """Two batches at most: the records that have all fields, and the lines that are unreadable."""
        is_readable = records.is_well_formed & (records.fields == self.field_count)
        is_unreadable = ~(is_readable | records.is_blank)
        is_readable &= ~records.is_blank
        positions = self.records + np.cumsum(~records.is_blank, dtype=np.int64)
        self.records += int(np.count_nonzero(~records.is_blank))
        if is_readable.any():
            columns = self._split(_taken(text, records, is_readable))
            unreadable = pa.nulls(len(columns[0]), pa.string())
            yield from self._batches(positions[is_readable], unreadable, columns)
        if is_unreadable.any():
            unreadable = _lines(_taken(text, records, is_unreadable), records.lengths[is_unreadable])
            columns = [pa.nulls(len(unreadable), pa.string())] * len(self.wanted)
            yield from self._batches(positions[is_unreadable], unreadable, columns)

    def _batches(
        self, positions: npt.NDArray[np.int64], unreadable: pa.Array, columns: list[pa.ChunkedArray]
    ) -> Iterator[pa.RecordBatch]:
        table = pa.Table.from_arrays([pa.array(positions), unreadable, *columns], schema=self.schema)
        yield from table.to_batches()

    def _split(self, text: Characters) -> list[pa.ChunkedArray]:
        """The wanted columns of records that are well formed and have all fields."""
        places = [str(number) for number in range(self.field_count)]
        needed = [places[place] for place in self.wanted.values()]
        table = pyarrow.csv.read_csv(
            pa.py_buffer(text),
            read_options=pyarrow.csv.ReadOptions(column_names=places, block_size=len(text) + 1, use_threads=False),
            parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
            convert_options=pyarrow.csv.ConvertOptions(
                include_columns=needed,
                column_types=dict.fromkeys(needed, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
        return list(table.columns)


def _taken(text: Characters, records: Records, is_taken: Marks) -> Characters:
    """The bytes of some of the records, one after the other."""
    return text if is_taken.all() else text[np.repeat(is_taken, records.lengths)]


def _lines(text: Characters, lengths: Places) -> pa.Array:
    """Records as they were delivered, without their line ends."""
    offsets = np.concatenate([np.zeros(1, dtype=np.int32), np.cumsum(lengths, dtype=np.int32)])
    whole = pa.StringArray.from_buffers(len(lengths), pa.py_buffer(offsets), pa.py_buffer(text))
    return pc.ascii_rtrim(whole, characters="\r\n")
