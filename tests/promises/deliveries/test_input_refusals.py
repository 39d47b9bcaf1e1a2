"""A file that is not what its name says, or lacks a needed column, is refused by name, and nothing of it is there."""

import gzip
import io
import os
import zipfile
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from home.duck import open_duckdb
from ingestion.app.source import read_app_sessions
from refusals.errors import InputRefused
from tests.worlds.app_deliveries import (
    AS_OF,
    FORMATS,
    SESSION,
    SESSION_COLUMNS,
    app_folder,
    content,
    deliver,
    read_all,
    rows_of,
    settings_for,
)

HEADER = ",".join(SESSION_COLUMNS).encode()
GOOD = b"s1,u1,2026-10-20T10:00:00Z,2026-10-20T10:30:00Z,192.0.2.7,ios\n"
JSON = b'{"session_id": "s1", "user_id": "u1", "started_at": "2026-10-20T10:00:00Z", "note": "%s"}\n'
PARQUET = content("parquet", [SESSION] * 1000, SESSION_COLUMNS)
LONG = 16 * 1024 * 1024


def parquet(**columns: pa.Array) -> bytes:
    """One session whose columns are text, but for those given."""
    plain = {name: pa.array([SESSION[name]]) for name in SESSION_COLUMNS}
    buffer = io.BytesIO()
    pq.write_table(pa.table(plain | columns), buffer)
    return buffer.getvalue()


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("day.csv", HEADER + b"\n" + GOOD)
    return buffer.getvalue()


NAIVE = pa.array([datetime(2026, 10, 20, 10)], pa.timestamp("us"))

# What is delivered, the file's name, its content, and what the refusal says
CASES: list[tuple[str, str, bytes, str]] = [
    ("a web page as CSV", "day.csv", b"\n <!DOCTYPE html><html><body>Not found</body></html>", "web page"),
    ("a web page as JSON lines", "day.jsonl", b"<html>", "web page"),
    ("Parquet as CSV", "day.csv", PARQUET, "is Parquet"),
    ("CSV as Parquet", "day.parquet", HEADER + b"\n" + GOOD, "no whole Parquet"),
    ("CSV as JSON lines", "day.jsonl", HEADER + b"\n" + GOOD, "no line has session_id"),
    ("a JSON array as JSON lines", "day.json", b"[" + JSON.strip() % b"x" + b"]", "one JSON array"),
    ("a bracket", "day.jsonl", b"[", "one JSON array"),
    ("an array over lines", "day.jsonl", b"\n[\n" + JSON.strip() % b"x" + b",\n" + JSON % b"y" + b"]", "JSON array"),
    ("a cut JSON array", "day.json.gz", gzip.compress(b" [" + JSON.strip() % b"x" + b",\n"), "one JSON array"),
    ("empty JSON lines", "day.jsonl", b"", "empty (0 bytes)"),
    ("JSON lines of no byte, compressed", "day.ndjson.gz", gzip.compress(b""), "empty (0 bytes)"),
    ("a CSV of no byte, compressed", "day.csv.gz", gzip.compress(b""), "empty (0 bytes)"),
    ("a Parquet of no byte, compressed", "day.parquet.gz", gzip.compress(b""), "no whole Parquet"),
    ("JSON lines as CSV", "day.csv", JSON % b"x", "no header"),
    ("gzip as CSV", "day.csv", gzip.compress(HEADER + b"\n" + GOOD), "is gzip"),
    ("a zip archive as CSV", "day.csv", zipped(), "zip archive"),
    ("CSV as gzip", "day.csv.gz", HEADER + b"\n" + GOOD, "no gzip"),
    ("CSV as compressed Parquet", "day.parquet.gz", gzip.compress(HEADER), "no whole Parquet"),
    ("an empty CSV", "day.csv", b"", "empty (0 bytes)"),
    ("an empty gzip", "day.csv.gz", b"", "empty (0 bytes)"),
    ("an empty Parquet", "day.parquet", b"", "empty (0 bytes)"),
    ("truncated Parquet", "day.parquet", PARQUET[:-100], "no whole Parquet"),
    ("Parquet with damaged pages", "day.parquet", PARQUET[:4] + b"\xff" * 400 + PARQUET[404:], "damaged"),
    ("truncated gzip", "day.csv.gz", gzip.compress(HEADER + b"\n" + GOOD * 1000)[:-20], "truncated"),
    ("damaged gzip", "day.jsonl.gz", gzip.compress(os.urandom(4000).hex().encode())[:-8] + b"\0" * 8, "truncated"),
    ("gzip with something after it", "day.csv.gz", gzip.compress(HEADER + b"\n" + GOOD) + b"more", "truncated"),
    ("truncated compressed Parquet", "day.parquet.gz", gzip.compress(PARQUET)[:-20], "truncated"),
    ("Latin-1", "day.csv", HEADER + b"\n" + GOOD.replace(b"ios", b"caf\xe9"), "not UTF-8"),
    ("Latin-1 in JSON lines", "day.jsonl", JSON % b"caf\xe9", "not UTF-8"),
    ("UTF-16", "day.csv", (HEADER + b"\n" + GOOD).decode().encode("utf-16"), "UTF-16"),
    ("a NUL byte", "day.csv", HEADER + b"\n" + GOOD.replace(b"u1", b"u\0"), "NUL"),
    ("a NUL byte in JSON lines", "day.jsonl", JSON % b"\0", "NUL"),
    ("a NUL byte in Parquet", "day.parquet", parquet(user_id=pa.array(["u\0"])), "NUL bytes"),
    ("a line over 16 MiB", "day.csv", HEADER + b"\n" + GOOD + b"x" * (LONG + 1), "16 MiB"),
    ("a compressed line over 16 MiB", "day.jsonl.gz", gzip.compress(JSON % (b"x" * LONG), 1), "16 MiB"),
    ("a column less", "day.csv", HEADER.replace(b",platform", b"") + b"\n", "lacks the column platform"),
    ("a column in capitals", "day.csv", HEADER.replace(b"user_id", b"User_ID") + b"\n", "lacks the column user_id"),
    ("a column twice", "day.csv", HEADER + b",user_id\n", "twice the column user_id"),
    ("semicolons", "day.csv", HEADER.replace(b",", b";") + b"\n", "lacks the column session_id"),
    ("no header", "day.csv", GOOD + GOOD, "lacks the column session_id"),
    ("a column less in Parquet", "day.parquet", content("parquet", [SESSION], SESSION_COLUMNS[:5]), "column platform"),
    ("a name in no line", "day.jsonl", b'{"session_id": "s1", "started_at": "2026-10-20T10:00:00Z"}\n', "has user_id"),
    ("a time without zone", "day.parquet", parquet(started_at=NAIVE), "column started_at is a time without time zone"),
    ("a date for a time", "day.parquet", parquet(ended_at=NAIVE.cast(pa.date32())), "column ended_at"),
    ("a number for a time", "day.parquet", parquet(ended_at=pa.array([1792483200])), "column ended_at"),
    ("floating-point identifiers", "day.parquet", parquet(user_id=pa.array([2697787.2422183099])), "column user_id"),
    ("fractional identifiers", "day.parquet", parquet(user_id=pa.array([Decimal("1.50")])), "column user_id"),
    ("bytes that are no text", "day.parquet", parquet(session_id=pa.array([b"s\xff"])), "not UTF-8"),
    ("a list for text", "day.parquet", parquet(session_id=pa.array([["s1"]])), "column session_id"),
    ("an unknown extension", "day.xlsx", zipped(), "no known format"),
    ("no extension", "day", HEADER, "no known format"),
    ("compressed in another way", "day.csv.bz2", HEADER, "no known format"),
]  # fmt: skip


@pytest.mark.clause("refuse-file", "refuse-accepted")
@pytest.mark.parametrize(("name", "data", "says"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_refused_by_name(tmp_path: Path, name: str, data: bytes, says: str) -> None:
    folder = app_folder(tmp_path) / "sessions"
    (folder / "a.csv").write_bytes(HEADER + b"\n" + GOOD)
    (folder / name).write_bytes(data)
    with pytest.raises(InputRefused) as refused:
        _read_sessions(tmp_path)
    message = str(refused.value)
    assert f"sessions/{name}" in message
    assert says in message
    assert "\n" not in message
    for value in ("u1", "192.0.2.7", "2697787", "2026-10"):
        assert value not in message


@pytest.mark.parametrize(("name", "data"), [case[1:3] for case in CASES[::6]], ids=[case[0] for case in CASES[::6]])
def test_a_file_named_in_ignore_is_passed_over(tmp_path: Path, name: str, data: bytes) -> None:
    folder = deliver(tmp_path, [SESSION])
    (folder / "sessions" / f"bad-{name}").write_bytes(data)
    (folder / "users.bak").write_bytes(data)
    con = read_all(tmp_path, f'files = "landing/app"\nignore = ["bad-{name}", "users.bak"]')
    assert rows_of(con, "select count(*) from app_sessions") == [(1,)]
    assert sorted(rows_of(con, "select source, file from drift_notes")) == [
        ("app", f"sessions/bad-{name}"), ("app_users", "users.bak"),
    ]  # fmt: skip


def _folder_gone(folder: Path) -> None:
    folder.rename(folder.with_name("elsewhere"))


def _no_users(folder: Path) -> None:
    (folder / "users.csv").unlink()


def _no_consents(folder: Path) -> None:
    (folder / "consents.csv").unlink()


def _two_users(folder: Path) -> None:
    (folder / "users.jsonl").write_bytes(b"")


def _no_sessions(folder: Path) -> None:
    (folder / "sessions" / "day.csv").unlink()
    (folder / "sessions").rmdir()


def _link_out(folder: Path) -> None:
    outside = folder.parent / "outside.csv"
    (folder / "sessions" / "day.csv").rename(outside)
    (folder / "sessions" / "day.csv").symlink_to(outside)


def _folder_link_out(folder: Path) -> None:
    (folder / "sessions").rename(folder.parent / "outside")
    (folder / "sessions").symlink_to(folder.parent / "outside")


def _broken_link(folder: Path) -> None:
    (folder / "sessions" / "other.csv").symlink_to(folder / "nowhere.csv")


def _pipe(folder: Path) -> None:
    os.mkfifo(folder / "sessions" / "pipe.csv")


def _folder_as_file(folder: Path) -> None:
    (folder / "sessions" / "older.csv").mkdir()


@pytest.mark.clause("refuse-file")
@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_folder_gone, "drop folder is missing"),
        (_no_users, "no users file"),
        (_no_consents, "no consents file"),
        (_two_users, "more than one users file"),
        (_no_sessions, "folder is missing"),
        (_link_out, "day.csv: is a link out"),
        (_folder_link_out, "is a link out"),
        (_broken_link, "other.csv: cannot be opened"),
        (_pipe, "pipe.csv: is no regular file"),
        (_folder_as_file, "older.csv: is no regular file"),
    ],
)
def test_refused_folders(tmp_path: Path, spoil: Callable[[Path], None], says: str) -> None:
    spoil(deliver(tmp_path, [SESSION]))
    with pytest.raises(InputRefused, match=says):
        read_all(tmp_path)


def test_a_link_within_the_folder_is_the_file_it_names(tmp_path: Path) -> None:
    folder = deliver(tmp_path, [SESSION])
    (folder / "sessions" / "same.csv").symlink_to("day.csv")
    assert rows_of(read_all(tmp_path), "select count(*) from app_sessions") == [(1,)]


@pytest.mark.parametrize("stem", ["it's", "day [1]*?", 'a "b"; drop table users', "dag é", "a%20b", "--"])
@pytest.mark.parametrize("form", FORMATS)
def test_names_of_files_are_only_names(tmp_path: Path, stem: str, form: str) -> None:
    folder = deliver(tmp_path, form=form)
    bad = {**SESSION, "user_id": None}
    (folder / "sessions" / f"day.{form}").rename(folder / "sessions" / f"{stem}.{form}")
    (folder / "sessions" / f"{stem}.{form}").write_bytes(content(form, [SESSION, bad], SESSION_COLUMNS))
    con = read_all(tmp_path)
    assert rows_of(con, "select session_id from app_sessions") == [("s1",)]
    assert rows_of(con, "select file, position from bad_records") == [(f"sessions/{stem}.{form}", 2)]


def test_a_line_of_16_mib_is_read(tmp_path: Path) -> None:
    folder = app_folder(tmp_path) / "sessions"
    line = JSON % (b"x" * (LONG - len(JSON) + 3))
    assert len(line) == LONG + 1
    (folder / "day.jsonl").write_bytes(line)
    con = _read_sessions(tmp_path)
    assert rows_of(con, "select session_id from app_sessions") == [("s1",)]


def test_new_columns_are_told_by_name_and_values_never(tmp_path: Path) -> None:
    folder = app_folder(tmp_path) / "sessions"
    (folder / "a.csv").write_bytes(HEADER + b",device,j@example.org\n" + GOOD.strip() + b",x,y\n")
    (folder / "b.jsonl").write_bytes(JSON % b"x")
    (folder / "c.parquet").write_bytes(parquet(user_id=pa.array([7]), more=pa.array([1])))
    con = _read_sessions(tmp_path)
    assert rows_of(con, "select file, note from drift_notes order by file, note") == [
        ("sessions/a.csv", "columns passed over: device, 1 whose name is not plain"),
        ("sessions/b.jsonl", "columns missing, read as null: ended_at, ip_address, platform"),
        ("sessions/b.jsonl", "columns passed over: note"),
        ("sessions/c.parquet", "column user_id is bigint, read as text"),
        ("sessions/c.parquet", "columns passed over: more"),
    ]


def test_nothing_raw_is_left_on_disk(tmp_path: Path) -> None:
    deliver(tmp_path, [SESSION], form="parquet.gz")
    read_all(tmp_path)
    assert list((tmp_path / "restricted" / "work").rglob("*.parquet")) == []
    assert [file for file in (tmp_path / "restricted").rglob("*") if file.is_file()] == []


def _read_sessions(home: Path) -> duckdb.DuckDBPyConnection:
    settings = settings_for(home)
    con = open_duckdb(settings.home)
    read_app_sessions(con, settings, AS_OF)
    return con
