"""CSV's records, found in arrays, are those that a plain state machine and Python's strict reader find."""

import csv
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
from tests.readers.plain_csv import Found, expected

TABLE = RecordTable("things", "app", {"a": "text", "b": "text"}, (), is_closed=True)


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
