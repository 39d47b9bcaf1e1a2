"""No name, e-mail, address, birth date or identifier is under the home after a run; and the search finds one."""

import gzip
import sqlite3
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet
import pytest

from tests.end_to_end.canaries import canaries, hits
from tests.end_to_end.runs import Ran


@pytest.fixture(scope="module")
def needles(ran: Ran) -> set[bytes]:
    return canaries(ran.home / "landing")


@pytest.mark.clause("stored-no-identity", "delivery-users")
def test_nothing_that_identifies_is_stored(ran: Ran, needles: set[bytes]) -> None:
    assert len(needles) > 10_000
    found = hits(ran.home, needles)
    assert {name: len(texts) for name, texts in found.items()} == {}


def test_every_kind_of_canary_is_searched_for(ran: Ran, needles: set[bytes]) -> None:
    text = b"\n".join(sorted(needles))
    for kind in (b"@mail", b"usr_", b"\n000", b"77.1.", b"2a10:", b"2A10:", b"s-", b"odd-", b"\n19", b"Sr."):
        assert kind in text, kind


def as_log(folder: Path, text: str) -> None:
    (folder / "task.log").write_text(f"2026-11-05 INFO reading {text}\n")


def as_file_name(folder: Path, text: str) -> None:
    (folder / f"{text}.sql").touch()


def as_parquet(folder: Path, text: str) -> None:
    table = pa.table({"person": [f"p{n}" for n in range(1000)] + [text]})
    pyarrow.parquet.write_table(table, folder / "records.parquet", compression="zstd")


def as_sqlite(folder: Path, text: str) -> None:
    with sqlite3.connect(folder / "register.sqlite") as con:
        con.execute("create table log (line text)")
        con.execute("insert into log values (?)", [text])


def as_deleted_in_sqlite(folder: Path, text: str) -> None:
    as_sqlite(folder, text)
    with sqlite3.connect(folder / "register.sqlite") as con:
        con.execute("pragma secure_delete = off")
        con.execute("insert into log values ('kept')")
        con.execute("delete from log where line <> 'kept'")


def as_duckdb(folder: Path, text: str) -> None:
    with duckdb.connect(str(folder / "marts.duckdb")) as con:
        con.execute("create table t as select 'p' || range as person from range(5000)")
        con.execute("insert into t values (?)", [text])


def as_gzip(folder: Path, text: str) -> None:
    (folder / "page.html.gz").write_bytes(gzip.compress(b"<p>" * 100 + text.encode()))


@pytest.mark.parametrize(
    "plant", [as_log, as_file_name, as_parquet, as_sqlite, as_deleted_in_sqlite, as_duckdb, as_gzip]
)
def test_a_planted_canary_is_found(needles: set[bytes], tmp_path: Path, plant: Callable[[Path, str], None]) -> None:
    planted = next(needle for needle in sorted(needles) if b"@mail" in needle)
    (tmp_path / "restricted").mkdir()
    assert hits(tmp_path, needles) == {}
    plant(tmp_path / "restricted", planted.decode())
    assert planted in set().union(*hits(tmp_path, needles).values())
