"""Parquet, read by DuckDB through the descriptor that was checked; its types are looked at before any value."""

import os
import tempfile
from pathlib import Path

import duckdb

from ingestion.column_types import ReadColumn, read_column
from ingestion.delivered_file import DeliveredFile
from ingestion.file_check import content_stream, read_block
from ingestion.raw_relation import RawRelation, RecordTable, plain_names
from policy.errors import InputRefused


def read_parquet(
    con: duckdb.DuckDBPyConnection, file: DeliveredFile, descriptor: int, table: RecordTable
) -> RawRelation:
    """The file's records; only the needed columns are read.

    Raises:
        InputRefused: it is no whole Parquet file, lacks a needed column, or one has a type that cannot hold it.
    """
    source = f"'/dev/fd/{descriptor}'"
    types = _column_types(con, file, source)
    for column in table.columns:
        if column not in types:
            raise InputRefused(f"{file.shown}: lacks the column {column}: deliver it with {', '.join(table.columns)}")
    read = {name: read_column(file.shown, name, want, types[name]) for name, want in table.columns.items()}
    extra = set(types) - set(table.columns)
    notes = [f"columns passed over: {plain_names(extra)}"] if extra and table.is_closed else []
    notes += [column.note for column in read.values() if column.note]
    expressions = ", ".join(f"{_without_nul(column)} as {name}" for name, column in read.items())
    select = f"""
        select file_row_number + 1 as position, null::varchar as unreadable, {expressions}
        from read_parquet({source}, file_row_number = true, hive_partitioning = false)
    """
    return RawRelation(file.shown, select, {name: column.kind for name, column in read.items()}, notes)


def _column_types(con: duckdb.DuckDBPyConnection, file: DeliveredFile, source: str) -> dict[str, str]:
    """Top-level columns and their DuckDB types; a column that its writer knew to hold nothing but nulls is `"NULL"`."""
    try:
        described = con.execute(f"describe select * from read_parquet({source}, hive_partitioning = false)").fetchall()
        empty = con.execute(f"select name from parquet_schema({source}) where logical_type = 'NullType()'").fetchall()
    except duckdb.Error:
        raise InputRefused(f"{file.shown}: is no whole Parquet file, as its name says: deliver it again") from None
    nulls = {name for (name,) in empty}
    return {name: '"NULL"' if name in nulls else kind for name, kind, *_ in described}


def _without_nul(column: ReadColumn) -> str:
    if column.kind != "text":
        return column.expression
    return f"case when contains({column.expression}, chr(0)) then error('NUL') else {column.expression} end"


def unpacked(file: DeliveredFile, descriptor: int, work: Path) -> int:
    """A descriptor of the decompressed content, in a file of the work folder that has no name and goes with it.

    Raises:
        InputRefused: the compressed content is truncated or damaged.
    """
    with tempfile.TemporaryFile(dir=work) as unnamed, content_stream(file, descriptor) as stream:
        while block := read_block(file, stream):
            unnamed.write(block)
        unnamed.flush()
        return os.dup(unnamed.fileno())
