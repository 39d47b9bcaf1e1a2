"""What must never be stored, and a search of every byte for it, decoded where a format would hide it."""

import gzip
import re
import sqlite3
import zlib
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pyarrow.parquet

from tests.second_opinion.delivered import Unreadable, read

#: Canaries shorter than this would be found by chance; all that the demonstration makes are longer.
SHORTEST = 8
USER_FIELDS = ("user_id", "first_name", "last_name", "email", "birth_date")
SESSION_FIELDS = ("session_id", "user_id", "ip_address")


def canaries(landing: Path) -> set[bytes]:
    """Every name, e-mail, birth date, address and identifier in the delivered files, as UTF-8."""
    found: set[str] = set()
    for file in landing.joinpath("app").glob("users.*"):
        for row in read(file):
            if not isinstance(row, Unreadable):
                found.update(str(row[field]) for field in USER_FIELDS if row[field] is not None)
                found.update(re.findall(r"\w{8,}", row["last_name"] or ""))
    for file in landing.joinpath("app", "sessions").iterdir():
        for row in read(file):
            if not isinstance(row, Unreadable):
                found.update(row[field] for field in SESSION_FIELDS if row[field] is not None)
    for file in landing.joinpath("ga4").iterdir():
        for row in read(file):
            if not isinstance(row, Unreadable) and row.get("user_pseudo_id"):
                found.add(row["user_pseudo_id"])
    # Addresses are written in other ways too, and few of the odd values identify anyone.
    found |= {text.lower() for text in found if ":" in text}
    return {text.encode() for text in found if len(text) >= SHORTEST and re.search(r"\d{3}|[A-Za-z]{4}|:", text)}


def views(home: Path) -> Iterator[tuple[str, bytes]]:
    """Each file of the home except landing, as it is and as its format's content."""
    for file in sorted(home.rglob("*")):
        if not file.is_file() or file.is_relative_to(home / "landing"):
            continue
        name = str(file.relative_to(home))
        content = file.read_bytes()
        yield name, name.encode() + b"\n" + content
        if decoded := _decoded(file, content):
            yield f"{name} (decoded)", decoded


def _decoded(file: Path, content: bytes) -> bytes | None:
    if content.startswith(b"PAR1"):
        return repr(pyarrow.parquet.read_table(file).to_pydict()).encode()
    if content.startswith(b"SQLite format 3"):
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as con:
            con.text_factory = lambda raw: raw.decode("utf-8", "replace")
            return "\n".join(con.iterdump()).encode()
    if content[8:12] == b"DUCK":
        with duckdb.connect(str(file), read_only=True) as con:
            tables = [name for (name,) in con.execute("select table_name from duckdb_tables()").fetchall()]
            return repr([con.execute(f'from "{table}"').fetchall() for table in tables]).encode()
    if content.startswith(b"\x1f\x8b"):
        return gzip.decompress(content)
    if content[:1] == b"\x78":
        try:
            return zlib.decompress(content)
        except zlib.error:
            return None
    return None


def hits(home: Path, needles: set[bytes]) -> dict[str, set[bytes]]:
    """Which canaries stand where: any position, any file."""
    by_start: dict[int, list[bytes]] = {}
    for needle in needles:
        by_start.setdefault(int.from_bytes(needle[:SHORTEST], "little"), []).append(needle)
    starts = np.array(sorted(by_start), dtype=np.uint64)
    return {name: found for name, content in views(home) if (found := _search(content, by_start, starts))}


def _search(content: bytes, by_start: dict[int, list[bytes]], starts: np.ndarray) -> set[bytes]:
    """Compares the eight bytes at every position with the canaries' first eight, then the whole of those that match."""
    found: set[bytes] = set()
    raw = np.frombuffer(content, dtype=np.uint8)
    size = 1 << 20
    for begin in range(0, max(len(raw) - SHORTEST + 1, 0), size):
        part = raw[begin : begin + size + SHORTEST - 1].astype(np.uint64)
        count = len(part) - SHORTEST + 1
        windows = np.zeros(count, dtype=np.uint64)
        for offset in range(SHORTEST):
            windows |= part[offset : offset + count] << np.uint64(8 * offset)
        places = np.minimum(np.searchsorted(starts, windows), len(starts) - 1)
        for at in np.flatnonzero(starts[places] == windows):
            position = begin + int(at)
            found.update(n for n in by_start[int(windows[at])] if content.startswith(n, position))
    return found
