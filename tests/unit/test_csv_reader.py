"""CSV as RFC 4180: every record read or counted as unreadable, none lost, none counted twice."""

import csv
import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.delivered import file_check
from ingestion.delivered.csv_reader import read_csv
from ingestion.delivered.delivered_file import DeliveredFile, opened
from ingestion.delivered.raw_relation import RecordTable

TABLE = RecordTable("things", "app", {"a": "text", "b": "text", "c": "text"}, (), is_closed=True)
Read = list[tuple[int, str | None, str | None, str | None, str | None]]


def read(folder: Path, data: bytes) -> Read:
    (folder / "t.csv").write_bytes(data)
    file = DeliveredFile(folder, "t.csv", "csv", is_compressed=False)
    with duckdb.connect() as con, opened(file) as descriptor:
        raw = read_csv(con, file, descriptor, TABLE)
        return con.execute(f"select position, unreadable, a, b, c from ({raw.select}) order by position").fetchall()


def unreadable_digest(line: bytes) -> str:
    return hashlib.sha256(line.rstrip(b"\r\n")).hexdigest()


def good(
    position: int, a: str | None, b: str | None, c: str | None
) -> tuple[int, None, str | None, str | None, str | None]:
    return (position, None, a, b, c)


def bad(position: int, line: bytes) -> tuple[int, str, None, None, None]:
    return (position, unreadable_digest(line), None, None, None)


# What is delivered after the header `a,b,c`, and what is read
CASES: list[tuple[str, bytes, Read]] = [
    ("plain records", b"1,2,3\n4,5,6\n", [good(1, "1", "2", "3"), good(2, "4", "5", "6")]),
    ("no line end at the end", b"1,2,3", [good(1, "1", "2", "3")]),
    ("CRLF", b"1,2,3\r\n4,5,6\r\n", [good(1, "1", "2", "3"), good(2, "4", "5", "6")]),
    ("no records", b"", []),
    ("identifiers stay text", b"00123,2697787.2422183099,1e5\n", [good(1, "00123", "2697787.2422183099", "1e5")]),
    ("words that other readers take for null", b"NULL,NA,nan\n", [good(1, "NULL", "NA", "nan")]),
    ("spaces stay", b" 1 , ,3\t\n", [good(1, " 1 ", " ", "3\t")]),
    ("empty text is null", b',"",\n', [good(1, None, None, None)]),
    ("quotes", b'"1","2","3"\n', [good(1, "1", "2", "3")]),
    ("a comma in quotes", b'"1,5",2,3\n', [good(1, "1,5", "2", "3")]),
    ("doubled quotes", b'"a ""b"" c","""",""""""\n', [good(1, 'a "b" c', '"', '""')]),
    ("line ends in quotes", b'"1\r\n2","\n","\r"\n4,5,6\n', [good(1, "1\r\n2", "\n", "\r"), good(2, "4", "5", "6")]),
    ("blank lines are no records", b"\n1,2,3\n\r\n\n4,5,6\n\n", [good(1, "1", "2", "3"), good(2, "4", "5", "6")]),
    ("a field less", b"1,2\n4,5,6\n", [bad(1, b"1,2"), good(2, "4", "5", "6")]),
    ("a field more", b"1,2,3,4\r\n4,5,6\n", [bad(1, b"1,2,3,4"), good(2, "4", "5", "6")]),
    ("a line of spaces", b"  \n4,5,6\n", [bad(1, b"  "), good(2, "4", "5", "6")]),
    ("a wrong number of quoted fields", b'"1\n2","3"\n4,5,6\n', [bad(1, b'"1\n2","3"'), good(2, "4", "5", "6")]),
    ("several faults in one line", b'1",2"x,"3"4,5\n4,5,6\n', [bad(1, b'1",2"x,"3"4,5'), good(2, "4", "5", "6")]),
    ("a quote within a field", b'1,2"2,3\n4,5,6\n', [bad(1, b'1,2"2,3'), good(2, "4", "5", "6")]),
    ("text after a closing quote", b'"1"x,2,3\n4,5,6\n', [bad(1, b'"1"x,2,3'), good(2, "4", "5", "6")]),
    ("a quote that never closes", b'1,"2,3\n4,5,6\n7,8,9\n',
     [bad(1, b'1,"2,3'), good(2, "4", "5", "6"), good(3, "7", "8", "9")]),
    ("a stray quote before a quoted record", b'1,"2,3\n"4","5","6"\n', [bad(1, b'1,"2,3'), good(2, "4", "5", "6")]),
    ("two stray quotes", b'1,"2,3\n4,5,6\n7,"8,9\n', [bad(1, b'1,"2,3'), good(2, "4", "5", "6"), bad(3, b'7,"8,9')]),
    ("a carriage return within a field", b"1,2\r2,3\n4,5,6\n", [bad(1, b"1,2\r2,3"), good(2, "4", "5", "6")]),
    ("a record cut short is nobody else's", b"user-29,analytics\nuser-3,analytics,true\n",
     [bad(1, b"user-29,analytics"), good(2, "user-3", "analytics", "true")]),
    ("a record cut short before quotes", b'user-29,"analy\nuser-3,"analytics",true\n',
     [bad(1, b'user-29,"analy'), good(2, "user-3", "analytics", "true")]),
    ("a broken line gives no other name", b"user-1\n2,analytics,true\n",
     [bad(1, b"user-1"), good(2, "2", "analytics", "true")]),
    ("a comma in a plain field", b"u00,2024-02-19, second edition,false\n",
     [bad(1, b"u00,2024-02-19, second edition,false")]),
    ("a quote left open over blank lines", b'1,"2,3\n\n\r\n\n4,5,6\n', [bad(1, b'1,"2,3'), good(2, "4", "5", "6")]),
    ("a carriage return too many", b"1,2,3\r\r\n\r\r\n4,5,6\r\n",
     [bad(1, b"1,2,3"), bad(2, b""), good(3, "4", "5", "6")]),
    ("other scripts", "é,日本,😀\n".encode(), [good(1, "é", "日本", "😀")]),
]  # fmt: skip


@pytest.mark.clause("delivery-identifiers", "judge-csv")
@pytest.mark.parametrize(("data", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
@pytest.mark.parametrize("block_bytes", [5, 4096])
def test_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes, expected: Read, block_bytes: int
) -> None:
    monkeypatch.setattr(file_check, "BLOCK_BYTES", block_bytes)
    assert read(tmp_path, b"a,b,c\n" + data) == expected


@pytest.mark.parametrize("header", [b"\xef\xbb\xbfa,b,c\r\n", b'"a","b",c\n', b"c,x,b,a\n"])
def test_headers(tmp_path: Path, header: bytes) -> None:
    record = b"3,x,2,1\n" if b"x" in header else b"1,2,3\n"
    assert read(tmp_path, header + record) == [good(1, "1", "2", "3")]


@pytest.mark.clause("judge-csv")
def test_a_record_that_never_ends_costs_one_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_check, "BLOCK_BYTES", 64)
    monkeypatch.setattr("ingestion.delivered.csv_reader._MAX_RECORD_BYTES", 500)
    lines = [b"1,2,3\n"] * 50 + [b'4,"5,6\n'] + [b"7,8,9\n"] * 200
    found = read(tmp_path, b"a,b,c\n" + b"".join(lines))
    assert [row[0] for row in found] == list(range(1, 252))
    assert [row[0] for row in found if row[1]] == [51]


VALUES = st.text(st.sampled_from("ab \",\n\r'é;1"), max_size=5)


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(st.tuples(VALUES, VALUES, VALUES), max_size=8),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
def test_what_python_writes_is_read_back(rows: list[tuple[str, str, str]], quoting: int) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=quoting, lineterminator="\r\n")
    writer.writerows([("a", "b", "c"), *rows])
    expected = [good(number, *(value or None for value in row)) for number, row in enumerate(rows, start=1)]
    with _folder() as folder:
        assert read(folder, text.getvalue().encode()) == expected


@settings(max_examples=150, deadline=None)
@given(lines=st.lists(st.text(st.sampled_from('a,"'), min_size=1, max_size=9), max_size=12))
def test_no_line_is_lost_or_counted_twice(lines: list[str]) -> None:
    """Each physical line is in exactly one record: their bytes, put together, are the file again."""
    with _folder() as folder:
        found = read(folder, "\n".join(["a,b,c", *lines]).encode() + b"\n")
    assert [row[0] for row in found] == list(range(1, len(found) + 1))
    at = 0
    for _, unreadable, *values in found:
        taken = _lines_of_record(lines[at:], unreadable, values)
        assert taken > 0, "a record that no lines explain"
        at += taken
    assert at == len(lines)


def _lines_of_record(lines: list[str], unreadable: str | None, values: list[str | None]) -> int:
    for taken in range(1, len(lines) + 1):
        text = "\n".join(lines[:taken])
        if unreadable is not None:
            if unreadable_digest(text.encode()) == unreadable:
                return taken
            continue
        try:
            records = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        except csv.Error:
            continue
        if len(records) == 1 and [value or None for value in records[0]] == values:
            return taken
    return 0


@contextmanager
def _folder() -> Iterator[Path]:
    import tempfile

    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        yield Path(folder)
