"""What a file holds, container by container: its bytes as they lie on the disk, and the values within.

Parquet pages are compressed and encoded, so are DuckDB's blocks; SQLite parts long values over pages. Each is read as
what it is and its values are looked at one by one, beside the bytes of the file, which hold what no reader shows any
more: free blocks, footers, pages that nothing names.
"""

import gzip
import io
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from home.sql import quoted

#: The layer of a file's own bytes.
WHOLE = "its bytes"
CHUNK_BYTES = 8 * 1024**2
BATCH_ROWS = 65_536
MOST_DECOMPRESSED_BYTES = 512 * 1024**2
_PARQUET, _SQLITE, _GZIP, _DUCKDB = b"PAR1", b"SQLite format 3\0", b"\x1f\x8b", b"DUCK"
_ZLIB = (b"x\x01", b"x\x9c", b"x\xda")


class Unreadable(Exception):
    """A container that cannot be read, so that nobody can say what is in it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some bytes of a file. `layer`: how they were reached. `ends`: where each value ends, for those of a field.

    `name`: the field's. `is_text`: bytes of a file that is no container, to be read as words.
    """

    layer: str
    content: bytes
    name: str = ""
    ends: NDArray[np.int64] | None = None
    is_text: bool = False


def parts_of_file(path: Path, overlap: int) -> Iterator[Piece]:
    """All parts of a file; pieces of its raw bytes overlap by `overlap` bytes.

    Raises:
        Unreadable: it is a container that cannot be read.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(16)
        file.seek(0)
        kept = b""
        is_container = _is_container(head)
        while piece := file.read(CHUNK_BYTES):
            yield Piece(WHOLE, kept + piece, is_text=not is_container)
            kept = (kept + piece)[-overlap:]
    if head[8:12] == _DUCKDB:
        yield from _told("DuckDB", lambda: _of_duckdb(path))
    elif head[:4] == _PARQUET:
        yield from _told("Parquet", lambda: _of_parquet(pq.ParquetFile(path), ""))
    elif is_container:
        yield from _of_container(path.read_bytes(), "")


def parts_of_content(content: bytes) -> Iterator[Piece]:
    """The same of bytes that are no file."""
    yield Piece(WHOLE, content, is_text=not _is_container(content[:16]))
    yield from _of_container(content, "")


def _is_container(head: bytes) -> bool:
    return head.startswith((_PARQUET, _SQLITE, _GZIP)) or head[8:12] == _DUCKDB


def _of_container(content: bytes, layer: str) -> Iterator[Piece]:
    if content.startswith(_PARQUET):
        yield from _told("Parquet", lambda: _of_parquet(pq.ParquetFile(io.BytesIO(content)), layer))
    elif content.startswith(_SQLITE):
        yield from _told("SQLite", lambda: _of_sqlite(content, layer))
    elif content.startswith(_GZIP) or content.startswith(_ZLIB):
        is_gzip = content.startswith(_GZIP)
        inner = _decompressed(content, is_gzip=is_gzip)
        if inner is not None:
            below = f"{layer}{'gzip' if is_gzip else 'zlib'}, "
            yield Piece(f"{below}decompressed", inner, is_text=not _is_container(inner[:16]))
            yield from _of_container(inner, below)


def _decompressed(content: bytes, *, is_gzip: bool) -> bytes | None:
    """What was compressed; None: two letters that look like it, and no more.

    Raises:
        Unreadable: it is damaged, or larger than is looked at.
    """
    try:
        if not is_gzip:
            return zlib.decompress(content)
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            inner = file.read(MOST_DECOMPRESSED_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        if is_gzip:
            raise Unreadable("gzip that cannot be read to its end") from error
        return None
    if len(inner) > MOST_DECOMPRESSED_BYTES:
        raise Unreadable("gzip of more than half a GiB")
    return inner


def _told(kind: str, parts: Callable[[], Iterator[Piece]]) -> Iterator[Piece]:
    try:
        yield from parts()
    except (OSError, ValueError, pa.ArrowException, duckdb.Error, sqlite3.Error) as error:
        raise Unreadable(f"{kind} that cannot be read") from error


def _of_parquet(file: pq.ParquetFile, layer: str) -> Iterator[Piece]:
    for batch in file.iter_batches(BATCH_ROWS):
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            yield from _of_array(f"{layer}Parquet column", name, column)


def _of_duckdb(path: Path) -> Iterator[Piece]:
    with duckdb.connect(str(path), read_only=True, config={"enable_external_access": "false"}) as con:
        for schema, table in con.execute("select schema_name, table_name from duckdb_tables() order by all").fetchall():
            reader = con.execute(f"from {quoted(schema)}.{quoted(table)}").to_arrow_reader(BATCH_ROWS)
            for batch in reader:
                for name, column in zip(batch.schema.names, batch.columns, strict=True):
                    yield from _of_array("DuckDB column", name, column)


def _of_sqlite(content: bytes, layer: str) -> Iterator[Piece]:
    if content[18:20] == b"\2\2":  # a write-ahead log was used: the file itself reads as any other
        content = content[:18] + b"\1\1" + content[20:]
    with closing(sqlite3.connect(":memory:")) as db:
        db.deserialize(content)
        db.text_factory = bytes
        for (table,) in db.execute("select name from sqlite_schema where type = 'table'").fetchall():
            cursor = db.execute(f"select * from {quoted(table.decode())}")
            names = [str(column[0]) for column in cursor.description]
            while rows := cursor.fetchmany(BATCH_ROWS):
                for name, values in zip(names, zip(*rows, strict=True), strict=True):
                    kept = [value for value in values if isinstance(value, bytes)]
                    yield from _of_array(f"{layer}SQLite column", name, pa.array(kept, pa.large_binary()))
                    for value in kept:
                        if value.startswith((_PARQUET, _SQLITE, _GZIP, *_ZLIB)):
                            yield from _of_container(value, f"{layer}SQLite column {name}, ")


def _of_array(layer: str, name: str, array: pa.Array) -> Iterator[Piece]:
    """The bytes of every text, binary or UUID within it, however deep."""
    kind = array.type
    if isinstance(array, pa.ExtensionArray):
        yield from _of_array(layer, name, array.storage)
    elif pa.types.is_dictionary(kind):
        yield from _of_array(layer, name, array.dictionary)
    elif pa.types.is_struct(kind):
        for inner in array.flatten():
            yield from _of_array(layer, name, inner)
    elif pa.types.is_map(kind):
        yield from _of_array(layer, name, array.keys)
        yield from _of_array(layer, name, array.items)
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        yield from _of_array(layer, name, array.flatten())
    elif pa.types.is_fixed_size_binary(kind):
        width, data = kind.byte_width, array.buffers()[1]
        content = data[array.offset * width : (array.offset + len(array)) * width].to_pybytes() if data else b""
        yield Piece(layer, content, name, np.arange(1, len(array) + 1, dtype=np.int64) * width)
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind) or _is_binary(kind):
        large = array.cast(pa.large_binary())
        _, offsets, data = large.buffers()
        if data is not None and len(large):
            ends = np.frombuffer(offsets, dtype=np.int64)[large.offset : large.offset + len(large) + 1]
            content = data[int(ends[0]) : int(ends[-1])].to_pybytes()
            yield Piece(layer, content, name, ends[1:] - ends[0])


def _is_binary(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))
