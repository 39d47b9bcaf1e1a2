"""The tables of a release as files: Parquet and CSV, the same figures in both, the same bytes every time.

CSV is RFC 4180 in UTF-8 with two choices. Lines end in `\\n`: R, pandas, DuckDB and spreadsheets take either line end,
but with `\\r\\n` the tools of a shell leave a stray character on the last column. There is no byte order mark: base R
would make it part of the first column's name. Null is an empty cell, so an empty text is refused.
"""

import csv
import hashlib
import io
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa
import pyarrow.parquet as pq

from refusals.errors import PublicationRefused
from releases.files.column_fields import check_resource
from releases.files.region_covers import columns_with_covers, columns_with_note, with_covers
from releases.files.spreadsheet_cells import check_cell
from releases.ledger.release import Release, ReleasedColumn, Resource

LINE_END = "\n"


@dataclass(frozen=True)
class DataFile:
    """One file of figures. `format`: csv or parquet. `columns`: as this file has them; `key`: those that name a row."""

    name: str
    title: str
    description: str
    format: str
    media_type: str
    content: bytes
    columns: tuple[ReleasedColumn, ...]
    key: tuple[str, ...]
    rows: int

    @cached_property
    def sha256(self) -> str:
        """Of the content, in hexadecimal digits."""
        return hashlib.sha256(self.content).hexdigest()


def data_files(release: Release) -> tuple[DataFile, ...]:
    """Each table of a release, as Parquet and as CSV.

    Raises:
        PublicationRefused: a table is not what its columns say, or a text is not safe in spreadsheets.
    """
    files = []
    for resource in release.resources:
        check_resource(release, resource)
        files += [_parquet_file(release, resource), _csv_file(resource)]
    return tuple(files)


def _parquet_file(release: Release, resource: Resource) -> DataFile:
    columns = columns_with_note(resource.columns)
    fields = [
        pa.field(column.name, column.type, metadata={"description": column.description, "unit": column.unit})
        for column in columns
    ]
    told = {
        "title": f"{resource.title}, {release.id.period.label}",
        "description": resource.description or release.dataset.description,
        "licence": f"{release.policy.licence} {release.policy.licence_url}",
        "publisher": release.policy.publisher,
        "release": str(release.id),
        **{f"column.{column.name}": column.description for column in columns},
    }
    arrays = resource.table.combine_chunks().columns  # one row group, however the table was put together
    table = pa.Table.from_arrays(arrays, schema=pa.schema(fields, metadata=told))
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    content = sink.getvalue().to_pybytes()
    return DataFile(
        f"{resource.name}.parquet", resource.title, resource.description, "parquet", "application/vnd.apache.parquet",
        content, columns, resource.key, len(resource.table),
    )  # fmt: skip


def _csv_file(resource: Resource) -> DataFile:
    name = f"{resource.name}.csv"
    table = with_covers(resource.table)
    shown = {
        column: [_shown(name, column, value) for value in table.column(column).to_pylist()]
        for column in table.column_names
    }
    sink = io.StringIO(newline="")
    writer = csv.writer(sink, lineterminator=LINE_END)
    for column in shown:
        check_cell(name, column, column)
    writer.writerow(shown)
    writer.writerows(zip(*shown.values(), strict=True))
    columns = columns_with_covers(resource.columns)
    content = sink.getvalue().encode()
    return DataFile(
        name, resource.title, resource.description, "csv", "text/csv", content, columns, resource.key, len(table)
    )


def _shown(file: str, column: str, value: object) -> str:
    """A value as its cell: dates in ISO 8601, whole numbers in digits, null as nothing."""
    if value is None:
        return ""
    cell = str(value)
    if not cell:
        raise PublicationRefused(f"{file}, column {column}: an empty text would read as null; give it a word")
    check_cell(file, column, cell)
    return cell
