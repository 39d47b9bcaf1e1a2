"""CSV as RFC 4180 has it, each record in the relation or counted as unreadable: none lost, none counted twice.

DuckDB's and Arrow's own readers forgive quotes in the wrong place, and DuckDB's reject table can tell one line twice.
So a compiled pattern first walks over the text in whole runs of well-formed records, which Arrow then splits into
columns, and stops at each record that is not well formed.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.csv

from ingestion.delivered_file import DeliveredFile
from ingestion.file_check import MAX_LINE_BYTES, checked_lines
from ingestion.raw_relation import RawRelation, RecordTable, plain_names, registered_stream
from policy.errors import InputRefused, Refusal

# A field is either free of quotes, or wholly quoted with its own quotes doubled. `*+` never gives back what it took, so
# no text makes the pattern slow.
_FIELD = rb'(?:[^",\r\n]*+(?![^,\r\n])|"(?:[^"]++|"")*+")'
_ANY_RECORD = re.compile(_FIELD + rb"(?:," + _FIELD + rb")*+\r?\n")
_OPEN_QUOTE_TO_THE_END = re.compile(rb"(?:" + _FIELD + rb',)*+"(?:[^"]++|"")*+\Z')
_BLANK_LINE = (b"\n", b"\r\n")


def unreadable_digest(line: bytes) -> str:
    """What stands for a line that does not parse: SHA-256 of its bytes without the line's end."""
    return hashlib.sha256(line.rstrip(b"\r\n")).hexdigest()


def read_csv(con: duckdb.DuckDBPyConnection, file: DeliveredFile, descriptor: int, table: RecordTable) -> RawRelation:
    """The file's records. A record starts at each line that is not inside quotes; blank lines are none.

    A record that is well formed but has a wrong number of fields is unreadable as a whole. Of one that is not well
    formed, its first line is, and reading goes on with the next line, so that a stray quote costs one record.

    Raises:
        InputRefused: there is no header, or it lacks a needed column or has one twice.
    """
    lines = checked_lines(file, descriptor)
    first = next(lines, b"")
    header = _ANY_RECORD.match(first)
    names = _header_names(file, header.group() if header else b"")
    _check_header(file, names, table)
    walk = _RecordWalk(field_count=len(names), wanted={name: names.index(name) for name in table.columns})
    stopped_by: list[Refusal] = []
    stream = registered_stream(
        con, walk.schema, walk.batches(first[header.end() if header else 0 :], lines), stopped_by
    )
    extra = set(names) - set(table.columns)
    notes = [f"columns passed over: {plain_names(extra)}"] if extra and table.is_closed else []
    return RawRelation(file.shown, walk.select(stream), dict.fromkeys(table.columns, "text"), notes, stopped_by)


def _header_names(file: DeliveredFile, header: bytes) -> list[str]:
    if not header.strip(b"\r\n"):
        raise InputRefused(f"{file.shown}: has no header line of comma-separated column names: deliver it with one")
    options = pyarrow.csv.ParseOptions(newlines_in_values=True)
    return [str(name) for name in pyarrow.csv.read_csv(pa.py_buffer(header), parse_options=options).column_names]


def _check_header(file: DeliveredFile, names: list[str], table: RecordTable) -> None:
    for column in table.columns:
        if names.count(column) != 1:
            what = "lacks the column" if column not in names else "has twice the column"
            raise InputRefused(f"{file.shown}: {what} {column}: deliver it with {', '.join(table.columns)}")


@dataclass(slots=True)
class _RecordWalk:
    """Turns text into batches of records. `wanted`: the needed columns, and where in a record each stands."""

    field_count: int
    wanted: dict[str, int]
    records: int = 0

    @property
    def schema(self) -> pa.Schema:
        texts = [pa.field(name, pa.string()) for name in self.wanted]
        return pa.schema([pa.field("position", pa.int64()), *texts])

    def batches(self, first: bytes, lines: Iterator[bytes]) -> Iterator[pa.RecordBatch]:
        """Every record, well formed or not, in batches of about one block."""
        record = _FIELD + rb"(?:," + _FIELD + rb"){%d}\r?\n" % (self.field_count - 1)
        run = re.compile(rb"(?:" + record + rb")*+")
        text = first
        for block in lines:
            whole, text = self._well_formed(text, run, is_last=False)
            yield from self._columns(whole)
            text += block
        whole, _ = self._well_formed(text, run, is_last=True)
        yield from self._columns(whole)

    def _well_formed(self, text: bytes, run: re.Pattern[bytes], is_last: bool) -> tuple[bytes, bytes]:
        """The text with a stand-in for each unreadable record, and the start of a record that ends in a later block."""
        pieces: list[bytes] = []
        at = 0
        while at < len(text):
            match = run.match(text, at)
            end = match.end() if match else at
            if end > at:
                pieces.append(text[at:end])
            elif record := _ANY_RECORD.match(text, at):
                end = record.end()
                if record.group() not in _BLANK_LINE:
                    pieces.append(self._stand_in(record.group()))
            elif not is_last and len(text) - at <= MAX_LINE_BYTES and _OPEN_QUOTE_TO_THE_END.match(text, at):
                break
            else:
                end = text.index(b"\n", at) + 1
                pieces.append(self._stand_in(text[at:end]))
            at = end
        return b"".join(pieces), text[at:]

    def _stand_in(self, record: bytes) -> bytes:
        """A record that keeps the place of an unreadable one: its digest after a NUL, which no checked text holds."""
        fields = [b""] * self.field_count
        fields[next(iter(self.wanted.values()))] = b"\0" + unreadable_digest(record).encode()
        return b",".join(fields) + b"\n"

    def select(self, stream: str) -> str:
        """SQL over the stream of batches: `position, unreadable, <columns>`."""
        first, *others = self.wanted
        return f"""
            select position, case when {first}[1] = chr(0) then {first}[2:] end as unreadable,
                   case when {first}[1] is distinct from chr(0) then {first} end as {first}, {", ".join(others)}
            from {stream}
        """

    def _columns(self, text: bytes) -> Iterator[pa.RecordBatch]:
        if not text:
            return
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
        for batch in table.to_batches():
            yield self._numbered(batch.columns)

    def _numbered(self, columns: list[pa.Array]) -> pa.RecordBatch:
        rows = len(columns[0])
        positions = pa.array(np.arange(self.records + 1, self.records + rows + 1, dtype=np.int64))
        self.records += rows
        return pa.RecordBatch.from_arrays([positions, *columns], schema=self.schema)
