"""JSON lines: identifiers keep their digits, and a line is one object by the letter or it is unreadable."""

import hashlib
from pathlib import Path

import duckdb
import pytest

from ingestion.delivered import file_check
from ingestion.delivered.delivered_file import DeliveredFile, opened
from ingestion.delivered.json_lines_reader import numbered_lines, read_json_lines
from ingestion.delivered.raw_relation import RecordTable
from refusals.errors import InputRefused

TABLE = RecordTable("things", "app", {"a": "text", "b": "text"}, (), is_closed=True)


def read(folder: Path, data: bytes) -> list[tuple[object, ...]]:
    (folder / "t.jsonl").write_bytes(data)
    file = DeliveredFile(folder, "t.jsonl", "json lines", is_compressed=False)
    with duckdb.connect() as con, opened(file) as descriptor:
        raw = read_json_lines(con, file, descriptor, TABLE)
        return con.execute(f"select position, unreadable, a, b from ({raw.select}) order by position").fetchall()


@pytest.mark.clause("delivery-identifiers")
@pytest.mark.parametrize(
    ("written", "text"),
    [
        ('"x"', "x"), ('"00123"', "00123"), ('""', ""), ("null", None),
        ("7", "7"), ("-7", "-7"), ("18446744073709551615", "18446744073709551615"),
        ("12345678901234567890123", "12345678901234567890123"),
        ("2697787.2422183099", "2697787.2422183099"), ("1.10", "1.10"), ("1e5", "1e5"), ("-0.50E-3", "-0.50E-3"),
        ("true", "true"), ("false", "false"), ('"\\u00e9\\n\\""', 'é\n"'), ('"é😀"', "é😀"), ('"\\ud83d\\ude00"', "😀"),
        ("1e308", "1e308"), ("1e-400", "1e-400"),
    ],
)  # fmt: skip
def test_values_keep_their_text(tmp_path: Path, written: str, text: str | None) -> None:
    line = f'{{"x": {{"y": "\\"a\\": 5.5"}}, "a" : {written}, "b": "b"}}\n'
    assert read(tmp_path, line.encode()) == [(1, None, text, "b")]


def test_a_number_that_two_places_could_have_written_is_null(tmp_path: Path) -> None:
    assert read(tmp_path, b'{"x": {"a": 1.50}, "a": 1.5, "b": "b"}\n') == [(1, None, None, "b")]


UNREADABLE = [
    "{", "}", "[]", '"a"', "1", "null", "x", '{"a": 1', '{"a": 1}}', '{"a": 1} {"b": 2}', "{'a': 1}", "{a: 1}",
    '{"a": 1,}', '{"a": [1, ] }', '{"a": 01}', '{"a": +1}', '{"a": .5}', '{"a": "\\x"}', '{"a": "\t"}',
    '{"a": NaN}', '{"a": nan}', '{"a":-NaN}', '{"a": Infinity}', '{"a" : -Infinity}', '{"a": inf}', '{"z": [1, NaN]}',
    '{"z": {"y":[INFINITY]}}', '{"a": 1e400}', '{"z": 1e400}', '{"z": [1E+0400]}', '{"a": -1.5e309}',
    '{"a": 1' + "0" * 309 + '}',
    '{"a": "\\ud800"}', '{"a": "\\u0000"}', '{"a": 1} // no', '{"a": 1, "a": 2}', '{"z": 1, "z": 1}',
]  # fmt: skip


@pytest.mark.parametrize("line", UNREADABLE)
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
def test_unreadable_lines_count_by_their_bytes(tmp_path: Path, line: str, end: bytes) -> None:
    first = b'{"a": "1", "b": "2"}\n'
    found = read(tmp_path, first + line.encode() + end)
    assert [row[:2] for row in found] == [(1, None), (2, hashlib.sha256(line.encode()).hexdigest())]


@pytest.mark.parametrize(
    "line", ['{"a": "1,}", "b": ",]"}', '{"a": "1\\",}", "b": ",]"}', '{ "a" : "1,}" , "b" : ", ]" } ']
)
def test_what_stands_in_strings_is_no_fault(tmp_path: Path, line: str) -> None:
    ((position, unreadable, a, b),) = read(tmp_path, line.encode())
    assert (position, unreadable) == (1, None)
    assert (a, b) in {("1,}", ",]"), ('1",}', ",]"), ("1,}", ", ]")}


def test_what_looks_like_no_number_within_a_text_is_text(tmp_path: Path) -> None:
    texts = ["NaN", ":Infinity", "1e400", ":1e400,", "[inf]", ",nan,", "0" * 400, "5e1234-1e400}", "\\\\"]
    lines = "".join(f'{{"a": "{text}", "b": 1e308}}\n' for text in texts)
    assert [row[1:] for row in read(tmp_path, lines.encode())] == [
        (None, text.replace("\\\\", "\\"), "1e308") for text in texts
    ]


@pytest.mark.parametrize("name", [b"NaN", b"Infinity", b"-Infinity", b"1e400"])
def test_the_line_is_found_among_others_of_one_block(tmp_path: Path, name: bytes) -> None:
    good = b'{"a": "nan, inf", "b": "' + b"5e1234" + b'"}\n'
    found = read(tmp_path, good * 50 + b'{"a": ' + name + b"}\n" + good * 50)
    assert [position for position, unreadable, *_ in found if unreadable] == [51]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b" \n", b"\t\r\n"])
def test_blank_lines_by_the_megabyte_are_none(tmp_path: Path, end: bytes) -> None:
    blank = end * (1_000_000 // len(end))
    assert read(tmp_path, blank + b'{"a": "1"}\n' + blank) == [(1, None, "1", None)]


def test_a_block_of_blank_lines_reaches_no_engine(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_bytes(b"\r\n" * 5_000_000)
    file = DeliveredFile(tmp_path, "t.jsonl", "json lines", is_compressed=False)
    with opened(file) as descriptor:
        assert list(numbered_lines(file, descriptor)) == []


@pytest.mark.parametrize("block_bytes", [7, 4096])
def test_blank_lines_are_none_and_blocks_do_not_show(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block_bytes: int
) -> None:
    monkeypatch.setattr(file_check, "BLOCK_BYTES", block_bytes)
    data = b'\xef\xbb\xbf\n{"a": "1"}\r\n  \n\t\n{"b": "2"}\n\n{"c": 3}\n{"a": 1,}'
    assert [row[0] for row in read(tmp_path, data)] == [1, 2, 3, 4]
    assert [(row[1] is None, *row[2:]) for row in read(tmp_path, data)] == [
        (True, "1", None), (True, None, "2"), (True, None, None), (False, None, None),
    ]  # fmt: skip


def test_a_file_of_blank_lines_has_no_records(tmp_path: Path) -> None:
    assert read(tmp_path, b"\n \n") == []


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match=r"t\.jsonl: is empty \(0 bytes\)"):
        read(tmp_path, b"")
