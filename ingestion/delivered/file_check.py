"""What a text file must be before anything in it counts: what its name says, whole, UTF-8, in lines of sane length."""

import gzip
import io
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from ingestion.delivered.delivered_file import DeliveredFile, empty_file, not_read
from refusals.errors import InputRefused

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer

MAX_LINE_BYTES = 16 * 1024 * 1024
BLOCK_BYTES = 4 * 1024 * 1024

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_OTHER_FORMATS = (
    (b"PAR1", "Parquet"),
    (b"Obj\x01", "Avro"),
    (b"\x1f\x8b", "gzip"),
    (b"PK\x03\x04", "a zip archive"),
    (b"%PDF-", "PDF"),
    (b"SQLite format 3", "SQLite"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
_MARKUP = (b"<!doctype", b"<html", b"<?xml", b"<head", b"<body")


@contextmanager
def content_stream(file: DeliveredFile, descriptor: int) -> Iterator[BinaryIO]:
    """The file's bytes from the start, decompressed where the name says `.gz`. The descriptor stays open.

    Raises:
        InputRefused: the name says `.gz` and the content does not.
    """
    os.lseek(descriptor, 0, os.SEEK_SET)
    with os.fdopen(os.dup(descriptor), "rb", buffering=0) as plain:
        if not file.is_compressed:
            yield plain
            return
        if plain.read(2) != b"\x1f\x8b":
            raise InputRefused(
                f"{file.shown}: is no gzip file, as its name says: deliver it again, compressed and whole"
            )
        plain.seek(0)
        most = file.limits.content_bytes(os.fstat(descriptor).st_size)
        with (
            gzip.GzipFile(fileobj=plain, mode="rb") as unpacked,
            io.BufferedReader(_Bounded(file, unpacked, most), BLOCK_BYTES) as stream,
        ):
            yield stream


class _Bounded(io.RawIOBase):
    """A decompressed stream that refuses to become larger than the file may."""

    def __init__(self, file: DeliveredFile, unpacked: gzip.GzipFile, most_bytes: int) -> None:
        self._file = file
        self._unpacked = unpacked
        self._left = most_bytes

    def readable(self) -> bool:
        """Yes: a buffered reader asks."""
        return True

    def readinto(self, buffer: "Buffer") -> int:
        """Fills the buffer as far as the stream goes."""
        count = self._unpacked.readinto(buffer)
        self._left -= count
        if self._left < 0:
            raise InputRefused(content_too_large(self._file))
        return count


def content_too_large(file: DeliveredFile) -> str:
    """The refusal of a file that grows past its bounds, with the settings that say them."""
    limits = file.limits
    return (
        f"{file.shown}: becomes larger than a file of its size may when it is decompressed (over"
        f" {limits.decompression_ratio} times its size, or {limits.decompressed_mebibytes} MiB): deliver it in smaller"
        " files, or raise decompression_ratio or decompressed_mebibytes in the policy's limits.toml"
    )


def read_block(file: DeliveredFile, stream: BinaryIO) -> bytes:
    """The next bytes of the stream; none at its end.

    Raises:
        InputRefused: the compressed content is truncated or damaged.
        SourceUnavailable: the disk cannot be read.
    """
    try:
        return _next_bytes(stream)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise InputRefused(f"{file.shown}: is truncated or damaged: deliver the whole file again") from None
    except OSError as error:
        raise not_read(file.shown, "read", error) from None


def _next_bytes(stream: BinaryIO) -> bytes:
    return stream.read(BLOCK_BYTES)


def checked_lines(file: DeliveredFile, descriptor: int) -> Iterator[bytes]:
    """The text in blocks of whole lines, each block ending in a line feed; without a byte order mark.

    Raises:
        InputRefused: the content is of another format, truncated, not UTF-8, holds a NUL byte or a line over 16 MiB.
    """
    pending: list[bytes] = []
    pending_bytes = 0
    is_first = True
    with content_stream(file, descriptor) as stream:
        while block := read_block(file, stream):
            if b"\0" in block:
                _check_is_text(file, block if is_first else b"")
                raise InputRefused(f"{file.shown}: holds NUL bytes, so it is no text: deliver it as UTF-8")
            if is_first:
                _check_is_text(file, block)
                block = block.removeprefix(_BYTE_ORDER_MARK)
                is_first = False
            end = block.rfind(b"\n") + 1
            _check_line_length(file, pending_bytes + (block.find(b"\n") if end else len(block)))
            if end:
                yield _decodable(file, b"".join([*pending, block[:end]]))
                pending, pending_bytes = [], 0
            if end < len(block):
                pending.append(block[end:])
                pending_bytes += len(block) - end
        if is_first:
            raise empty_file(file)
        if pending:
            yield _decodable(file, b"".join([*pending, b"\n"]))


def _check_is_text(file: DeliveredFile, start: bytes) -> None:
    for magic, name in _OTHER_FORMATS:
        if start.startswith(magic):
            raise InputRefused(f"{file.shown}: is {name}, not {file.format} as its name says: name it for what it is")
    if start.removeprefix(_BYTE_ORDER_MARK)[:256].lstrip().lower().startswith(_MARKUP):
        raise InputRefused(f"{file.shown}: is a web page, not {file.format} as its name says: deliver the file again")


def _check_line_length(file: DeliveredFile, length: int) -> None:
    if length > MAX_LINE_BYTES:
        raise InputRefused(f"{file.shown}: has a line over 16 MiB: deliver it with one record a line")


def _decodable(file: DeliveredFile, block: bytes) -> bytes:
    try:
        block.decode("utf-8")
    except UnicodeDecodeError:
        raise InputRefused(f"{file.shown}: is not UTF-8: deliver it in that encoding") from None
    return block
