"""Delivered files as rows of text, and the lines that are none."""

import csv
import gzip
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet

Row = dict[str, Any]


@dataclass(frozen=True)
class Unreadable:
    """A line that does not parse, by its bytes."""

    line: bytes


def read(file: Path) -> Iterator[Row | Unreadable]:
    """Rows of one file in its order; empty text is null."""
    content = file.read_bytes()
    name = file.name
    if name.endswith(".gz"):
        content, name = gzip.decompress(content), name.removesuffix(".gz")
    if name.endswith(".parquet"):
        rows: Iterator[Row | Unreadable] = iter(pyarrow.parquet.read_table(io.BytesIO(content)).to_pylist())
    elif name.endswith(".csv"):
        rows = _csv_rows(content)
    else:
        rows = _json_rows(content)
    for row in rows:
        if isinstance(row, Unreadable):
            yield row
        else:
            yield {name: None if value == "" else value for name, value in row.items()}


def _csv_rows(content: bytes) -> Iterator[Row | Unreadable]:
    consumed: list[str] = []

    def lines() -> Iterator[str]:
        for line in io.StringIO(content.decode("utf-8"), newline=""):
            consumed.append(line)
            yield line

    reader = csv.reader(lines(), strict=True)
    header = next(reader)
    consumed.clear()
    for fields in reader:
        line = "".join(consumed).rstrip("\r\n").encode()
        consumed.clear()
        if len(fields) == len(header):
            yield dict(zip(header, fields, strict=True))
        else:
            yield Unreadable(line)


def _json_rows(content: bytes) -> Iterator[Row | Unreadable]:
    for line in content.split(b"\n"):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        yield row if isinstance(row, dict) else Unreadable(line.rstrip(b"\r"))
