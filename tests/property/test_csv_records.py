"""CSV's records, found in arrays, are those that a plain state machine and Python's strict reader find."""

import csv
import hashlib
import io
import tempfile
from functools import cache
from pathlib import Path

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingestion.delivered import csv_reader, file_check
from ingestion.delivered.csv_reader import read_csv
from ingestion.delivered.delivered_file import DeliveredFile, opened
from ingestion.delivered.raw_relation import RecordTable

TABLE = RecordTable("things", "app", {"a": "text", "b": "text"}, (), is_closed=True)
Found = tuple[str | None, tuple[str | None, ...]]


def fields_from(text: str, at: int) -> tuple[list[str], int] | None:
    """The record that begins at a place, and where the next one does; nothing if it is not well formed."""
    fields, field, state = [], "", "begins"
    while at < len(text):
        character = text[at]
        at += 1
        if state == "quoted":
            if character == '"':
                state = "quote within"
            else:
                field += character
        elif character == '"' and state == "begins":
            state = "quoted"
        elif character == '"' and state == "quote within":
            field += '"'
            state = "quoted"
        elif character == ",":
            fields, field, state = [*fields, field], "", "begins"
        elif character == "\n" or text[at - 1 : at + 1] == "\r\n":
            return [*fields, field], at if character == "\n" else at + 1
        elif character in '"\r' or state == "quote within":
            return None
        else:
            field += character
            state = "plain"
    return None


def expected(text: str, field_count: int, longest: int) -> list[Found]:
    """What is to be read: for each record its digest if it is unreadable, else its fields, empty ones as null."""
    found: list[Found] = []
    at = 0
    while at < len(text):
        line_end = text.index("\n", at) + 1
        record = fields_from(text, at)
        if record and record[1] > line_end and record[1] - at > longest:
            record = None
        fields, end = record or (None, line_end)
        taken = text[at:end]
        if taken not in {"\n", "\r\n"}:
            is_readable = fields is not None and len(fields) == field_count
            digest = None if is_readable else hashlib.sha256(taken.rstrip("\r\n").encode()).hexdigest()
            found.append((digest, tuple(value or None for value in fields or ()) if is_readable else (None, None)))
        at = end
    return found


@cache
def engine() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": 1})


def read(text: str, block_bytes: int = 4096, piece_bytes: int = 1024, longest: int = 4096) -> list[Found]:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(file_check, "BLOCK_BYTES", block_bytes)
        patch.setattr(csv_reader, "_PIECE_BYTES", piece_bytes)
        patch.setattr(csv_reader, "_MAX_RECORD_BYTES", longest)
        file = DeliveredFile(Path(folder), "t.csv", "csv", is_compressed=False)
        file.path.write_bytes(b"a,b\n" + text.encode())
        with opened(file) as descriptor:
            raw = read_csv(engine(), file, descriptor, TABLE)
            rows = (
                engine().execute(f"select position, unreadable, a, b from ({raw.select}) order by position").fetchall()
            )
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1))
    return [(row[1], tuple(row[2:])) for row in rows]


FIELDS = st.sampled_from(
    ["", "x", "1 2", "\r", '""', '"x"', '"x,y"', '"x\ny"', '"\n\n"', '"x""y"', '"\r\n"', '"', 'x"', '"x']
)
LINES = st.lists(FIELDS, min_size=1, max_size=3).map(",".join)
ENDS = st.sampled_from(["\n", "\r\n", "\n\n", "\r\r\n"])
TEXTS = st.one_of(
    st.text(st.sampled_from('a,"\n\r'), max_size=40),
    st.lists(st.tuples(LINES, ENDS).map("".join), max_size=12).map("".join),
)


@pytest.mark.clause("judge-csv")
@settings(max_examples=600, deadline=None)
@given(text=TEXTS, block_bytes=st.integers(4, 60), piece_bytes=st.integers(1, 40), longest=st.integers(1, 60))
@example(text="user-1\n2,analytics\n", block_bytes=4, piece_bytes=1, longest=60)
@example(text='"a\n\n\n\n,"\n\n"\nb",c\n', block_bytes=4, piece_bytes=1, longest=60)
def test_a_plain_state_machine_finds_the_same(text: str, block_bytes: int, piece_bytes: int, longest: int) -> None:
    whole = text if text.endswith("\n") or not text else text + "\n"
    assert read(text, block_bytes, piece_bytes, longest) == expected(whole, 2, longest)


@settings(max_examples=300, deadline=None)
@given(text=TEXTS.map(lambda text: text + "\n"))
def test_pythons_strict_reader_finds_the_same_where_all_is_well_formed(text: str) -> None:
    """It forgives a quote within a plain field and takes a bare carriage return for a line end; nothing else."""
    found = read(text)
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except csv.Error:
        assert any(digest for digest, _ in found)
        return
    if all(digest is None for digest, _ in found):
        assert [values for _, values in found] == [tuple(value or None for value in row) for row in rows]
