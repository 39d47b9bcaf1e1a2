"""Parquet, read by DuckDB through the descriptor that was checked, once a confined process has read the same."""

import os
import tempfile
from pathlib import Path

import duckdb

from home.sql import Sql, identifier, joined, quoted
from ingestion.delivered.column_names import check_has_columns
from ingestion.delivered.column_types import ReadColumn, read_column
from ingestion.delivered.delivered_file import DeliveredFile
from ingestion.delivered.file_check import content_stream, read_block
from ingestion.delivered.parquet.parquet_vetting import ParquetVetting
from ingestion.delivered.parquet.parquet_view import NUL, VIEW, make_view
from ingestion.delivered.raw_relation import RawRelation, RecordTable, plain_names


def read_parquet(
    con: duckdb.DuckDBPyConnection, file: DeliveredFile, descriptor: int, table: RecordTable, vetting: ParquetVetting
) -> RawRelation:
    """The file's records; only the needed columns are read, and a confined process has read them before.

    Raises:
        InputRefused: it is no whole Parquet file, lacks a needed column, one has a type that cannot hold it, or it asks
            for more than the policy's limits give.
    """
    layout = vetting.layout(file, descriptor, len(table.columns))
    types = layout.types
    check_has_columns(file.shown, types, table.columns)
    nulls = layout.only_nulls | {name for name, _, logical in layout.schema if logical == "NullType()"}
    read = {
        name: _only_nulls(name) if name in nulls else read_column(file.shown, name, want, types[name])
        for name, want in table.columns.items()
    }
    extra = set(types) - set(table.columns)
    notes = [f"columns passed over: {plain_names(extra)}"] if extra and table.is_closed else []
    notes += [column.note for column in read.values() if column.note]
    expressions = joined(Sql(f"{_without_nul(column)} as {identifier(name)}") for name, column in read.items())
    select = Sql(f"""
        select file_row_number + 1 as position, null::varchar as unreadable, {expressions}
        from {VIEW}
    """)
    texts = [name for name, column in read.items() if column.kind == "text"]
    vetting.measure(file, descriptor, select, texts, [name for name in read if name not in texts])
    make_view(con, descriptor)
    return RawRelation(file.shown, select, {name: column.kind for name, column in read.items()}, notes)


def _only_nulls(name: str) -> ReadColumn:
    """A column that by its writer's word holds nothing but nulls: its type says nothing. A value in it is damage."""
    return ReadColumn(Sql(f"if({quoted(name)} is null, null::varchar, error('a value'))"), "text")


def _without_nul(column: ReadColumn) -> Sql:
    if column.kind != "text":
        return column.expression
    return Sql(f"case when contains({column.expression}, chr(0)) then error('{NUL}') else {column.expression} end")


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
