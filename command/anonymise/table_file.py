"""Tables from and to files, every column as text: CSV with its separator found out, or Parquet."""

import csv
import errno
import gzip
import io
import os
import zlib
from collections import Counter, deque
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from command.anonymise.delimited_text import SEPARATORS, DelimitedText, NotDelimited, in_words
from refusals.errors import InputRefused, UsageError

NO_SEPARATOR = "\x1f"
PARQUET_MARK, GZIP_MARK = b"PAR1", b"\x1f\x8b"
#: Says nothing against a table.
NOT_OF_THE_TABLE = (pa.ArrowMemoryError, pa.ArrowCancelled)
_MENDED_THERE = (errno.EISDIR, errno.ELOOP)


class TableFile:
    """One table: its column names at once, its columns (as text, empty text being null) when asked for.

    What it is shows in its name (suffixes in any case) or in its first bytes.
    """

    def __init__(self, path: Path, expected: Collection[str], encoding: str | None = None) -> None:
        """`expected` are column names by which a separator is recognised; `encoding` is of a CSV that is not UTF-8.

        Raises:
            UsageError: there is no such file, or it may not be read.
            InputRefused: it is not what its name says, or two columns have one name.
        """
        if not path.is_file():
            raise UsageError(f"table {path}: no such file")
        self.path = path
        self._parquet: pq.ParquetFile | None = None
        try:
            with path.open("rb") as file:
                begins = file.read(4)
            if path.suffix.lower() == ".parquet" or begins == PARQUET_MARK:
                self._parquet = pq.ParquetFile(path)
                self.columns: list[str] = list(self._parquet.schema_arrow.names)
            else:
                self._text = self._read_text(encoding, begins.startswith(GZIP_MARK))
                self._separator, self.columns = self._header(expected)
        except NotDelimited as reason:
            raise InputRefused(f"{path.name} {reason}") from None
        except PermissionError as error:
            raise UsageError(f"table {path}: cannot be read ({error.strerror}): mend its permissions") from None
        except NOT_OF_THE_TABLE:
            raise
        except (pa.ArrowException, OSError) as error:
            number = error.errno if isinstance(error, OSError) else None
            if number in _MENDED_THERE:
                raise InputRefused(f"{path.name} cannot be read ({os.strerror(number)})") from None
            if number is not None:
                raise  # Arrow's own errors of a damaged file have no number: this is the disk's
            raise InputRefused(f"{path.name} is not a whole Parquet file") from None
        twice = [repr(name) for name, times in Counter(self.columns).items() if times > 1]
        if twice:
            raise InputRefused(f"{path.name} has two columns named {', '.join(twice)}: name each once")

    def _read_text(self, encoding: str | None, is_gzip: bool) -> DelimitedText:
        content = self.path.read_bytes()
        if is_gzip or self.path.suffix.lower() == ".gz":
            try:
                content = gzip.decompress(content)
            except (EOFError, zlib.error, gzip.BadGzipFile):
                raise NotDelimited("is not a whole gzip file") from None
        told = DelimitedText.of(content, encoding)
        if not told.text.strip():
            raise NotDelimited("is empty: a header line is needed")
        return told

    def _header(self, expected: Collection[str]) -> tuple[str, list[str]]:
        names: dict[str, list[str]] = {}
        reason = NotDelimited("is empty: a header line is needed")
        for separator in (self._text.separator,) if self._text.separator else SEPARATORS:
            try:
                names[separator] = next(record.fields for record in self._text.records(separator) if record.fields)
            except NotDelimited as open_quote:  # by this separator: others may fit
                reason = open_quote
        if not names:
            raise reason
        best = max(names, key=lambda each: (len(set(names[each]) & set(expected)), len(names[each])))
        is_one_column = len(names[best]) == 1 and self._text.separator is None
        return NO_SEPARATOR if is_one_column else best, names[best]  # a value of an only column may hold any of them

    def read(self, wanted: list[str]) -> pa.Table:
        """These columns as text; empty text is null.

        Raises:
            InputRefused: a row does not parse, or a column has no text form.
        """
        if self._parquet is not None:
            return self._read_parquet(self._parquet, wanted)
        self._check_quotes()
        try:
            return pa_csv.read_csv(
                pa.BufferReader(self._text.text.encode("utf-8")),
                parse_options=pa_csv.ParseOptions(
                    delimiter=self._separator,
                    newlines_in_values=True,
                    ignore_empty_lines=len(self.columns) > 1,  # in a table of one column it is a missing value
                ),
                convert_options=pa_csv.ConvertOptions(
                    column_types=dict.fromkeys(self.columns, pa.string()),
                    include_columns=wanted,
                    null_values=[""],
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=True,
                ),
            )
        except NOT_OF_THE_TABLE:
            raise
        except pa.ArrowException:  # its message would quote the row
            raise InputRefused(f"{self.path.name} {self._why_it_does_not_parse()}") from None

    def _check_quotes(self) -> None:
        """Refuses what Arrow would take in silence: a quote that is left open makes one value of many rows."""
        try:
            if '"' in self._text.text:
                deque(self._text.records(self._separator), maxlen=0)
        except NotDelimited as reason:
            raise InputRefused(f"{self.path.name} {reason}") from None

    def _why_it_does_not_parse(self) -> str:
        records = self._text.records(self._separator)
        odd = [record.line for record in records if record.fields and len(record.fields) != len(self.columns)]
        if not odd:
            return "does not parse: it is not a CSV file"
        return (
            f"has another number of fields than the header's {len(self.columns)} in {in_words('line', odd)}:"
            " quote fields that hold the separator"
        )

    def _read_parquet(self, file: pq.ParquetFile, wanted: list[str]) -> pa.Table:
        columns, unreadable = {}, []
        for name in wanted:
            try:
                text = file.read(columns=[name]).column(0).cast(pa.string())
                columns[name] = pc.if_else(pc.equal(text, ""), None, text)
            except NOT_OF_THE_TABLE:
                raise
            except (pa.ArrowException, OSError, IndexError) as error:
                if isinstance(error, OSError) and error.errno is not None:
                    raise  # Arrow's own errors of a damaged file have no number: this is the disk's
                unreadable.append(repr(name))
        if unreadable:
            raise InputRefused(f"{self.path.name}: column {', '.join(unreadable)} cannot be read as text")
        return pa.table(columns)

    def places(self, rows: Sequence[int]) -> str:
        """Where these rows (from 0, ascending) stand: the lines of a CSV on which they begin, the rows of Parquet."""
        if self._parquet is not None:
            return in_words("row", [row + 1 for row in rows])
        records = self._text.records(self._separator)
        lines = [record.line for record in records if record.fields or len(self.columns) == 1][1:]
        return in_words("line", [lines[row] for row in rows if row < len(lines)])


def numbered(table: pa.Table, name: str) -> tuple[NDArray[np.int64], list[str | None]]:
    """A column as numbers into its distinct values; where it has nulls, None is one of them."""
    coded = table.column(name).combine_chunks().dictionary_encode(null_encoding="encode")
    return coded.indices.to_numpy(zero_copy_only=False).astype(np.int64), coded.dictionary.to_pylist()


def persons(table: pa.Table, name: str) -> NDArray[np.int64]:
    """A column of persons' identifiers, without nulls, as numbers; spaces around one make nobody another person."""
    spelled = pc.utf8_trim_whitespace(table.column(name).combine_chunks())
    numbers: NDArray[np.int64] = spelled.dictionary_encode().indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return numbers


def labelled(codes: NDArray[np.int64], labels: list[str]) -> Any:
    """A text column from numbers into labels."""
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), pa.array(labels, pa.string())).cast(pa.string())


def sorted_by_content(table: pa.Table) -> pa.Table:
    """The rows ordered by all columns, left to right, by the bytes of their text."""
    return table.take(pc.sort_indices(table, sort_keys=[(name, "ascending") for name in table.column_names]))


def csv_bytes(table: pa.Table) -> bytes:
    """The table as CSV: RFC 4180, commas, a header, quotes where needed."""
    sink = io.BytesIO()
    header = io.StringIO()
    csv.writer(header, lineterminator="\n").writerow(table.column_names)
    sink.write(header.getvalue().encode("utf-8"))
    try:  # "needed" quotes every text, so it is kept for tables that cannot do without
        pa_csv.write_csv(table, sink, pa_csv.WriteOptions(include_header=False, quoting_style="none"))
    except pa.ArrowInvalid:
        sink.seek(len(header.getvalue().encode("utf-8")))
        sink.truncate()
        pa_csv.write_csv(table, sink, pa_csv.WriteOptions(include_header=False, quoting_style="needed"))
    return sink.getvalue()
