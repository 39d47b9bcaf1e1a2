"""After a full demonstration run no file holds rows of persons that the registry of places does not know."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catalogue.person_rows import PLACES, place_of
from tests.conventions.tracked import ROOT
from tests.end_to_end.runs import Ran

#: Columns that hold, or lead to, one person.
OF_A_PERSON = {
    "birth_date", "browser", "browsers", "email", "first_name", "gate_persons", "ip_address", "last_name", "person",
    "user_id", "user_pseudo_id",
}  # fmt: skip


def tables_in(path: Path) -> Iterator[tuple[str, set[str]]]:
    """The tables of a file that hold rows, with their columns; a file that is no table has none."""
    with path.open("rb") as file:
        head = file.read(16)
    if head[:4] == b"PAR1":
        parquet = pq.ParquetFile(path)
        if parquet.metadata.num_rows:
            yield "rows", set(parquet.schema_arrow.names)
    elif head == b"SQLite format 3\0":
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            for (name,) in db.execute("select name from sqlite_schema where type = 'table'").fetchall():
                if db.execute(f'select 1 from "{name}" limit 1').fetchone():
                    yield name, {column[1] for column in db.execute(f'pragma table_info("{name}")')}
    elif head[8:12] == b"DUCK":
        with duckdb.connect(str(path), read_only=True) as con:
            for name, columns in con.execute(
                "select table_name, list(column_name) from duckdb_columns() where not internal group by all"
            ).fetchall():
                yield name, set(columns)
    elif path.suffix == ".csv":
        yield "rows", set(path.read_text(encoding="utf-8").partition("\n")[0].strip().split(","))


def unregistered(home: Path) -> list[str]:
    """Files, the source's landing aside, with rows of persons by columns that their place does not name."""
    found = []
    for path in sorted(home.rglob("*")):
        if not path.is_file() or path.is_relative_to(home / "landing"):
            continue
        place = place_of(home / "restricted", path)
        known = set(place.keys) if place else set()
        for name, columns in tables_in(path):
            if columns & OF_A_PERSON - known:
                found.append(f"{path.relative_to(home)}: {name}")
    return found


@pytest.mark.clause("rights-places")
def test_a_demonstration_leaves_persons_in_registered_places_alone(ran: Ran) -> None:
    assert unregistered(ran.home) == []


@pytest.mark.clause("rights-places")
@pytest.mark.parametrize("stray", ["restricted/airflow/copy.parquet", "reports/copy.parquet", "marts/copy.parquet"])
def test_a_stray_place_is_found(tmp_path: Path, stray: str) -> None:
    (tmp_path / stray).parent.mkdir(parents=True)
    pq.write_table(pa.table({"person": ["x"], "minutes": [1]}), tmp_path / stray)
    assert unregistered(tmp_path) == [f"{stray}: rows"]


@pytest.mark.clause("rights-places")
def test_each_place_is_described_to_officers() -> None:
    told = (ROOT / "docs" / "rights.md").read_text(encoding="utf-8")
    assert [place.files for place in PLACES if f"`{place.files}`" not in told] == []
    assert all((place.holds, place.purpose, place.ends, place.found, place.removed) for place in PLACES)
