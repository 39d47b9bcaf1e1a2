"""The container of an Avro file: whole, of a codec that the reader has, and not larger than it may be.

Source: Apache Avro specification 1.12, "Object container files". What is in the blocks is for the confined process.
"""

import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ingestion.delivered.delivered_file import DeliveredFile, not_read
from ingestion.delivered.file_check import MAX_LINE_BYTES, content_too_large
from refusals.errors import InputRefused

MAGIC: Final = b"Obj\x01"
SYNC_BYTES: Final = 16
CODECS: Final = ("null", "deflate", "snappy")
"""Those that BigQuery writes, and the only ones that the reader has."""
READ_BYTES: Final = 1024 * 1024
LONGEST_NUMBER: Final = 10


class _Damage(Exception):
    """The container is not what the specification says."""


@dataclass(slots=True)
class _Bytes:
    """A file's bytes from a place on; past its end is damage."""

    descriptor: int
    size: int
    at: int = 0

    def take(self, count: int) -> bytes:
        if count < 0 or count > self.size - self.at:
            raise _Damage
        parts = []
        while count:
            part = os.pread(self.descriptor, min(count, READ_BYTES), self.at)
            if not part:
                raise _Damage
            parts.append(part)
            self.at += len(part)
            count -= len(part)
        return b"".join(parts)

    def skip(self, count: int) -> None:
        if count < 0 or count > self.size - self.at:
            raise _Damage
        self.at += count

    def number(self) -> int:
        """A zig-zag number of at most ten bytes."""
        number = 0
        for place in range(LONGEST_NUMBER):
            (byte,) = self.take(1)
            number |= (byte & 0x7F) << (7 * place)
            if byte < 0x80:
                return (number >> 1) ^ -(number & 1)
        raise _Damage


def check_blocks(file: DeliveredFile, descriptor: int) -> int:
    """How many records the blocks say that they hold; each block was looked at, and decompressed as far as need be.

    Raises:
        InputRefused: it is no whole Avro file, has another codec, or becomes too large; it is named.
        SourceUnavailable: the disk cannot be read.
    """
    try:
        size = os.fstat(descriptor).st_size
        source = _Bytes(descriptor, size)
        codec, sync = _header(file, source)
        most, records = file.limits.content_bytes(size), 0
        while source.at < size:
            count, length = source.number(), source.number()
            if count < 0:
                raise _Damage
            block_end = source.at + length
            for part in _decompressed(source, codec, length):
                most -= part
                if most < 0:
                    raise InputRefused(content_too_large(file))
            source.skip(block_end - source.at)
            if source.take(SYNC_BYTES) != sync:
                raise _Damage
            records += count
    except (_Damage, zlib.error, UnicodeDecodeError):
        raise InputRefused(f"{file.shown}: is no whole Avro file, as its name says: deliver it again") from None
    except OSError as error:
        raise not_read(file.shown, "read", error) from None
    return records


def _header(file: DeliveredFile, source: _Bytes) -> tuple[str, bytes]:
    """The codec and the mark that ends each block."""
    if source.take(len(MAGIC)) != MAGIC:
        raise _Damage
    codec = "null"
    while count := source.number():
        if count < 0:
            source.number()  # how many bytes the entries take
        for _ in range(abs(count)):
            key, value = (source.take(_short(source.number())) for _ in range(2))
            if key == b"avro.codec":
                codec = value.decode("ascii")
        if source.at > MAX_LINE_BYTES:
            raise _Damage
    if codec not in CODECS:
        raise InputRefused(
            f"{file.shown}: is compressed with another codec than {', '.join(CODECS)}: deliver it with one"
        )
    return codec, source.take(SYNC_BYTES)


def _short(length: int) -> int:
    if length > MAX_LINE_BYTES:
        raise _Damage
    return length


def _decompressed(source: _Bytes, codec: str, length: int) -> Iterator[int]:
    """The size of the block's content, part by part; never much of it is in memory."""
    if codec == "null" or not length:
        yield max(length, 0)
    elif codec == "snappy":
        start = _Bytes(source.descriptor, source.size, source.at)
        yield _varint(start)
    else:
        stream, end = zlib.decompressobj(-15), source.at + length
        while source.at < end and not stream.eof:
            rest = source.take(min(READ_BYTES, end - source.at))
            while rest and not stream.eof:
                yield len(stream.decompress(rest, READ_BYTES))
                rest = stream.unconsumed_tail
        if not stream.eof:
            raise _Damage


def _varint(source: _Bytes) -> int:
    """Snappy's own length of what is compressed."""
    number = 0
    for place in range(5):
        (byte,) = source.take(1)
        number |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return number
    raise _Damage
