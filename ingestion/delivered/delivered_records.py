"""One delivered file as a raw relation, by the format its name says; open as long as it is read."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import duckdb

from ingestion.delivered.csv_reader import read_csv
from ingestion.delivered.delivered_file import DeliveredFile, opened
from ingestion.delivered.json_lines_reader import read_json_lines
from ingestion.delivered.parquet.parquet_reader import read_parquet, unpacked
from ingestion.delivered.parquet.parquet_vetting import ParquetVetting
from ingestion.delivered.raw_relation import RawRelation, RecordTable
from refusals.errors import InputRefused


@contextmanager
def file_records(
    con: duckdb.DuckDBPyConnection, file: DeliveredFile, table: RecordTable, work: Path, vetting: ParquetVetting
) -> Iterator[RawRelation]:
    """The file's records, to be read once while the context is open.

    Raises:
        InputRefused: the file is not what its name says, or lacks a needed column.
    """
    if file.format == "avro":
        raise InputRefused(
            f"{file.shown}: is Avro, which is read of the GA4 export alone: deliver Parquet, CSV or JSON lines"
        )
    with ExitStack() as stack:
        descriptor = stack.enter_context(opened(file))
        if file.format == "csv":
            yield read_csv(con, file, descriptor, table)
        elif file.format == "json lines":
            yield read_json_lines(con, file, descriptor, table)
        else:
            if file.is_compressed:
                descriptor = unpacked(file, descriptor, work)
                stack.callback(os.close, descriptor)
            yield read_parquet(con, file, descriptor, table, vetting)
