"""A person is found wherever and however they are written: every encoding planted in every place, and nobody else."""

import base64
import gzip
import json
import sqlite3
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from home.layout import Home
from rights.verification.search import Search, Sought, Trace

ANNA = "anna+smit@voorbeeld"
NEIGHBOUR = "anna+smit@voorbeelt"
NUMBER = "2697787.2422183099"
CHUNK_BYTES = 64 * 1024
UUID_ID = "6fa459ea-ee8a-3ca4-894e-db77e160355e"
PSEUDONYM = UUID("0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0")


def percent(text: str) -> bytes:
    return "".join(f"%{byte:02X}" for byte in text.encode()).encode()


def escaped(text: str) -> bytes:
    return "".join(f"\\u{ord(letter):04x}" for letter in text).encode()


#: Each way to write an identifier, made by Python's own means; the bytes around it are those of a text.
ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "UTF-8": lambda text: b'{"x": "' + text.encode() + b'"}',
    "UTF-16 little-endian": lambda text: f"x {text} y".encode("utf-16-le"),
    "UTF-16 big-endian": lambda text: f"x {text} y".encode("utf-16-be"),
    "percent": lambda text: b"?u=" + quote(text, safe="").encode() + b"&v=1",
    "percent, every letter": lambda text: b"?u=" + percent(text) + b"&v=1",
    "percent, in small letters": lambda text: b"?u=" + percent(text).lower() + b"&v=1",
    "base64, aligned": lambda text: base64.b64encode(b"abc" + text.encode() + b"def"),
    "base64, one off": lambda text: base64.b64encode(b"abcd" + text.encode() + b"ef"),
    "base64, two off": lambda text: base64.b64encode(b"abcde" + text.encode() + b"f"),
    "base64 of URLs": lambda text: base64.urlsafe_b64encode(b"\xff\xff" + text.encode() + b"\xfe"),
    "hexadecimal": lambda text: (b"ab" + text.encode() + b"cd").hex().encode(),
    "hexadecimal, in capitals": lambda text: (b"ab" + text.encode() + b"cd").hex().upper().encode(),
    "JSON": lambda text: json.dumps({"u": text}).encode(),
    "JSON, every letter": lambda text: b'"' + escaped(text) + b'"',
}
PSEUDONYM_ENCODINGS: dict[str, Callable[[UUID], bytes]] = {
    "big-endian": lambda uuid: b"\1\2" + uuid.int.to_bytes(16, "big") + b"\3",
    "little-endian": lambda uuid: b"\1\2" + uuid.int.to_bytes(16, "little") + b"\3",
    "mixed": lambda uuid: b"\1\2" + uuid.bytes_le + b"\3",
    "text": lambda uuid: b"person=" + str(uuid).encode() + b";",
    "text in capitals": lambda uuid: b"person=" + str(uuid).upper().encode() + b";",
    "hexadecimal": lambda uuid: b"x'" + uuid.hex.encode() + b"'",
    "base64": lambda uuid: base64.b64encode(b"a" + uuid.bytes + b"b"),
    "UTF-16": lambda uuid: str(uuid).encode("utf-16-le"),
}


def around(payload: bytes) -> list[bytes]:
    """The payload among values that compress well and ones that do not."""
    noise = [number.to_bytes(2, "big") * 20 for number in range(0, 60_000, 1500)]
    return [b"the same again"] * 400 + noise + [payload] + [b"the same again"] * 400


Plant = Callable[[Path, bytes], None]


def in_a_log(path: Path, payload: bytes) -> None:
    path.write_bytes(b"INFO one\n" * 100 + payload + b"\nINFO two\n")


def between_two_pieces_of_a_large_file(path: Path, payload: bytes) -> None:
    path.write_bytes(bytes(CHUNK_BYTES - len(payload) // 2) + payload + bytes(1000))


def in_gzip(path: Path, payload: bytes) -> None:
    path.write_bytes(gzip.compress(b"a line\n" * 500 + payload))


def in_gzip_of_gzip(path: Path, payload: bytes) -> None:
    path.write_bytes(gzip.compress(gzip.compress(b"a line\n" * 500 + payload)))


def in_parquet(codec: str) -> Plant:
    def plant(path: Path, payload: bytes) -> None:
        table = pa.table({"note": pa.array(around(payload), pa.binary())})
        pq.write_table(table, path, compression=codec, write_statistics=False)

    return plant


def in_a_list_in_parquet(path: Path, payload: bytes) -> None:
    column = pa.array([[b"x"], [b"y", payload], []], pa.list_(pa.binary()))
    pq.write_table(pa.table({"notes": column}), path, compression="zstd", write_statistics=False)


def in_duckdb(path: Path, payload: bytes) -> None:
    with duckdb.connect(str(path)) as con:
        con.register("given", pa.table({"note": pa.array(around(payload), pa.binary())}))
        con.execute("create table rows as from given")


def in_sqlite(path: Path, payload: bytes) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("create table rows (note blob)")
        db.executemany("insert into rows values (?)", [(value,) for value in around(payload)])
        db.commit()


def in_a_long_value_of_sqlite(path: Path, payload: bytes) -> None:
    """A value longer than a page lies in several: here what is sought is cut in its middle."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("create table rows (note blob)")
        for start in range(3900, 4100, 8):
            db.execute("insert into rows values (?)", (b"z" * start + payload + b"z" * 9000,))
        db.commit()


def in_a_free_page_of_sqlite(path: Path, payload: bytes) -> None:
    in_sqlite(path, payload)
    with closing(sqlite3.connect(path)) as db:
        db.execute("pragma secure_delete = off")
        db.execute("delete from rows")
        db.commit()


def in_a_write_ahead_log(path: Path, payload: bytes) -> None:
    db = sqlite3.connect(path)
    db.execute("pragma journal_mode = wal")
    db.execute("create table rows (note blob)")
    db.execute("insert into rows values (?)", (payload,))
    db.commit()
    kept = path.with_name(f"{path.name}-wal").read_bytes()
    db.close()
    path.with_name(f"{path.name}-wal").write_bytes(kept)
    path.unlink()


def compressed_in_sqlite(path: Path, payload: bytes) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("create table rows (note blob)")
        db.execute("insert into rows values (?)", (zlib.compress(b"a line\n" * 500 + payload),))
        db.commit()


PLACES: list[Plant] = [
    in_a_log, between_two_pieces_of_a_large_file, in_gzip, in_gzip_of_gzip, in_parquet("zstd"), in_parquet("snappy"),
    in_parquet("gzip"), in_parquet("none"), in_a_list_in_parquet, in_duckdb, in_sqlite, in_a_long_value_of_sqlite,
    in_a_free_page_of_sqlite, in_a_write_ahead_log, compressed_in_sqlite,
]  # fmt: skip
#: Where in a home: each folder, the private ones and those for everyone.
FOLDERS = ("work", "airflow", "quarantine", "records", "answers", "reports", "cells", "releases", "portal")


def home_in(folder: Path) -> Home:
    home = Home(folder / "home")
    home.make()
    return home


def found(home: Home, sought: Sought) -> list[Trace]:
    return Search(home, sought).under(home.root)


@pytest.mark.clause("rights-verify")
@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__qualname__.replace(".<locals>.plant", ""))
def test_every_encoding_is_found_in_every_place_and_no_neighbour_is(
    tmp_path: Path, place: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rights.verification.containers.CHUNK_BYTES", CHUNK_BYTES)
    home = home_in(tmp_path)
    plants = [
        (f"{name} of {one}", encode(one)) for name, encode in ENCODINGS.items() for one in (ANNA, NUMBER, UUID_ID)
    ]
    plants += [(f"pseudonym, {name}", encode(PSEUDONYM)) for name, encode in PSEUDONYM_ENCODINGS.items()]
    others = [(f"{name} of a neighbour", encode(NEIGHBOUR)) for name, encode in ENCODINGS.items()]
    others += [("a longer number", f"n={NUMBER}7".encode()), ("another pseudonym", UUID(int=PSEUDONYM.int + 1).bytes)]
    for number, (_, payload) in enumerate(plants + others):
        place(home.work / f"file-{number:03}", payload)
    findings = found(home, Sought((ANNA, NUMBER, UUID_ID), (PSEUDONYM,)))
    hit = {int(Path(finding.place).name[5:8]) for finding in findings}
    assert [name for number, (name, _) in enumerate(plants) if number not in hit] == []
    assert [name for number, (name, _) in enumerate(others, len(plants)) if number in hit] == []
    told = "\n".join(map(str, findings))
    assert not any(one in told for one in (ANNA, NUMBER, UUID_ID, str(PSEUDONYM)))


@pytest.mark.clause("rights-verify")
@pytest.mark.parametrize("folder", FOLDERS)
def test_every_folder_of_a_home_is_searched(tmp_path: Path, folder: str) -> None:
    home = home_in(tmp_path)
    path = getattr(home, folder) / "below" / "x.parquet"
    path.parent.mkdir()
    in_parquet("zstd")(path, ANNA.encode())
    assert {finding.place for finding in found(home, Sought((ANNA,)))} == {str(path.relative_to(home.root))}


@pytest.mark.clause("rights-verify")
def test_a_uuid_is_found_in_columns_of_its_own_type(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    with duckdb.connect(str(home.work / "warehouse.duckdb")) as con:
        con.execute("create table rows (person uuid, many uuid[])")
        con.execute("insert into rows select uuid(), [uuid()] from range(3000)")
        con.execute("insert into rows values (uuid(), [uuid(), $1])", [PSEUDONYM])
        con.execute(f"copy (select person from rows union all select uuid '{PSEUDONYM}') to '{home.work}/rows.parquet'")
    places = {(finding.place, finding.of) for finding in found(home, Sought((), (PSEUDONYM,)))}
    assert places == {
        ("restricted/work/warehouse.duckdb", "pseudonym"),
        ("restricted/work/rows.parquet", "pseudonym"),
    }


@pytest.mark.clause("rights-verify")
def test_two_values_side_by_side_are_not_one(tmp_path: Path) -> None:
    """Within a column the values lie end to end: what begins in one and ends in the next is nobody."""
    home = home_in(tmp_path)
    table = pa.table({"a": ["xxanna+smit@", "voorbeeldxx"]})
    pq.write_table(table, home.work / "rows.parquet", compression="zstd", write_statistics=False, use_dictionary=False)
    assert found(home, Sought((ANNA,))) == []


@pytest.mark.clause("rights-verify")
def test_a_name_of_a_file_is_found_and_told_without_the_id(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    (home.work / f"export-{ANNA}.txt").write_text("nothing")
    (home.work / "42").mkdir()
    (home.work / "42" / "x.txt").write_text("nothing")
    findings = found(home, Sought((ANNA, "42")))
    assert [finding.layer for finding in findings] == ["its name", "its name"]
    assert not any(ANNA in str(finding) or "42" in str(finding) for finding in findings)


@pytest.mark.clause("rights-verify")
def test_landing_is_the_sources_and_is_not_searched(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    (home.landing / "app").mkdir(parents=True)
    (home.landing / "app" / "users.csv").write_text(ANNA)
    assert found(home, Sought((ANNA,))) == []


@pytest.mark.clause("rights-verify")
@pytest.mark.parametrize(
    "content",
    [b"PAR1 and no more", gzip.compress(b"whole" * 99)[:-12], b"SQLite format 3\0" + b"x" * 99],
    ids=["Parquet", "gzip", "SQLite"],
)
def test_what_cannot_be_read_is_not_taken_for_clean(tmp_path: Path, content: bytes) -> None:
    home = home_in(tmp_path)
    (home.work / "odd").write_bytes(content)
    assert [(finding.place, finding.of) for finding in found(home, Sought((ANNA,)))] == [
        ("restricted/work/odd", "unreadable")
    ]


SHORT = ("1", "42", "00123", "anna", "Zoë")


@pytest.mark.clause("rights-verify")
@pytest.mark.parametrize("short", SHORT)
def test_a_short_id_is_found_as_a_value_and_as_a_word(tmp_path: Path, short: str) -> None:
    home = home_in(tmp_path)
    pq.write_table(pa.table({"user_id": ["x", short]}), home.work / "a.parquet", compression="zstd")
    with duckdb.connect(str(home.work / "b.duckdb")) as con:
        con.execute("create table rows as select 'x' as user_id union all select $1", [short])
    with closing(sqlite3.connect(home.airflow / "c.db")) as db:
        db.execute("create table rows (user_id text)")
        db.execute("insert into rows values (?)", (short,))
        db.commit()
    (home.airflow / "d.log").write_text(f"gate dropped user {short} of two", encoding="utf-8")
    (home.work / "e.json").write_text(json.dumps({"user_id": short}, ensure_ascii=False), encoding="utf-8")
    (home.work / "f.txt").write_text(f"user_id: {short}", encoding="utf-16")
    (home.work / "g.gz").write_bytes(gzip.compress(f"user_id={short}\n".encode()))
    (home.portal / "h.json").write_text(json.dumps({"user": short}, ensure_ascii=False), encoding="utf-8")
    assert {Path(finding.place).name for finding in found(home, Sought((short,)))} == {
        "a.parquet", "b.duckdb", "c.db", "d.log", "e.json", "f.txt", "g.gz", "h.json",
    }  # fmt: skip


@pytest.mark.clause("rights-verify")
@pytest.mark.parametrize("short", SHORT)
def test_a_short_id_is_not_found_in_counts_or_longer_words(tmp_path: Path, short: str) -> None:
    home = home_in(tmp_path)
    (home.airflow / "d.log").write_text(f"passed 1, dropped 42, exit 1, users: x{short}y and {short}0 and 9{short}")
    (home.portal / "h.html").write_text("<td>1</td><td>42</td><td>00123x</td> anna's users of 1 and 42 regions")
    pq.write_table(pa.table({"n": [1, 42, 123], "week": ["1", "42", "x"]}), home.work / "a.parquet")
    assert found(home, Sought((short,))) == []
