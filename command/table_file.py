"""Tables from and to files, every column as text: CSV with its separator found out, or Parquet."""

import csv
import gzip
import io
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from policy.errors import InputRefused, UsageError

SEPARATORS = (",", ";", "\t", "|")


class TableFile:
    """One table: its column names at once, its columns (as text, empty text being null) when asked for."""

    def __init__(self, path: Path, expected: Collection[str]) -> None:
        """`expected` are column names by which a separator is recognised.

        Raises:
            UsageError: there is no such file.
            InputRefused: it is not what its name says, or two columns have one name.
        """
        if not path.is_file():
            raise UsageError(f"table {path}: no such file")
        self.path = path
        self._parquet: pq.ParquetFile | None = None
        if path.suffix == ".parquet":
            try:
                self._parquet = pq.ParquetFile(path)
            except (pa.ArrowException, OSError):
                raise InputRefused(f"{path.name} is not a whole Parquet file") from None
            self.columns: list[str] = list(self._parquet.schema_arrow.names)
        else:
            self._text = self._read_text()
            self._separator, self.columns = self._header(expected)
        twice = [name for name, times in Counter(self.columns).items() if times > 1]
        if twice:
            raise InputRefused(f"{path.name} has two columns named {twice[0]!r}: name each once")

    def _read_text(self) -> bytes:
        try:
            text = self.path.read_bytes()
            if self.path.suffix == ".gz":
                text = gzip.decompress(text)
        except OSError as error:
            raise InputRefused(f"{self.path.name} cannot be read ({error.strerror or 'not a gzip file'})") from None
        except (EOFError, ValueError):
            raise InputRefused(f"{self.path.name} is not a whole gzip file") from None
        if b"\0" in text:
            raise InputRefused(f"{self.path.name} holds NUL bytes: it is not a CSV file")
        try:
            text.decode("utf-8")
        except UnicodeDecodeError:
            raise InputRefused(f"{self.path.name} is not UTF-8 text") from None
        if not text.strip():
            raise InputRefused(f"{self.path.name} is empty: a header line is needed")
        return text.removeprefix(b"\xef\xbb\xbf")

    def _header(self, expected: Collection[str]) -> tuple[str, list[str]]:
        first = self._text.partition(b"\n")[0].decode("utf-8").rstrip("\r")
        names = {separator: next(csv.reader(io.StringIO(first), delimiter=separator)) for separator in SEPARATORS}
        best = max(SEPARATORS, key=lambda each: (len(set(names[each]) & set(expected)), len(names[each])))
        return best, names[best]

    def read(self, wanted: list[str]) -> pa.Table:
        """These columns as text; empty text is null.

        Raises:
            InputRefused: a row does not parse, or a column has no text form.
        """
        if self._parquet is not None:
            return self._read_parquet(self._parquet, wanted)
        try:
            return pa_csv.read_csv(
                pa.BufferReader(self._text),
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
        except pa.ArrowException:  # its message would quote the row
            raise InputRefused(
                f"{self.path.name} does not parse: a row has another number of fields than the header, a quote is"
                " left open, or it is not UTF-8"
            ) from None

    def _read_parquet(self, file: pq.ParquetFile, wanted: list[str]) -> pa.Table:
        columns = {}
        for name in wanted:
            try:
                text = file.read(columns=[name]).column(0).cast(pa.string())
            except (pa.ArrowException, OSError, IndexError):
                raise InputRefused(f"{self.path.name}: column {name!r} cannot be read as text") from None
            columns[name] = pc.if_else(pc.equal(text, ""), None, text)
        return pa.table(columns)


def check_no_nulls(table: pa.Table, name: str, file: Path) -> None:
    """Refuses a column with empty values.

    Raises:
        InputRefused: how many there are.
    """
    nulls = table.column(name).null_count
    if nulls:
        raise InputRefused(f"{file.name}: column {name!r} is empty in {nulls} rows: give every row a value")


def numbered(table: pa.Table, name: str) -> tuple[NDArray[np.int64], list[str]]:
    """A column without nulls as numbers into its distinct values."""
    coded = table.column(name).combine_chunks().dictionary_encode()
    return coded.indices.to_numpy(zero_copy_only=False).astype(np.int64), coded.dictionary.to_pylist()


def amounts(table: pa.Table, name: str, file: Path) -> NDArray[np.float64]:
    """A column of amounts.

    Raises:
        InputRefused: one is no finite number, or negative.
    """
    try:
        values: NDArray[np.float64] = table.column(name).cast(pa.float64()).to_numpy()
    except pa.ArrowException:
        raise InputRefused(f"{file.name}: `measure` column {name!r} holds text that is no number") from None
    with np.errstate(over="ignore"):
        total = values.sum()  # a sum that overflows would pass for any share of it
    if not np.isfinite(total) or (values < 0).any():
        raise InputRefused(f"{file.name}: `measure` column {name!r} holds negative, infinite or too large amounts")
    return values


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
