"""The lines that a README and the portal show load a release to exactly the figures that were released."""

import re
from dataclasses import replace
from pathlib import Path

import duckdb
import pandas
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from releases.files.release_files import release_files
from releases.files.snippets import LINES, snippets
from releases.ledger.release import Release
from tests.readers.release_tables import given, read_in_duckdb, read_in_pandas, read_in_r, write
from tests.worlds.release_world import MONDAY, every_release, leaves_below, table_of, weekly_release

RELEASES = [pytest.param(release, id=str(release.id)) for release in every_release()]


def csv_columns(release: Release, name: str = "data") -> list[str]:
    header = release_files(release)[f"{name}.csv"].decode().partition("\n")[0]
    return header.split(",")


def codes_that_mislead() -> Release:
    """A week whose only region codes are `001` and `NA`: a number, and a missing value, to readers that guess."""
    release = weekly_release()
    world = ("001", "World", "world", leaves_below("001"))
    namibia = ("NA", "Namibia", "country", leaves_below("NA"))
    rows = [(MONDAY, *world, "all", 0, None, 900, 1800, 70000), (MONDAY, *namibia, "all", 0, None, 12, 13, 0)]
    return with_rows(release, rows)


def only_a_number() -> Release:
    release = weekly_release()
    return with_rows(
        release, [(MONDAY, "155", "Western Europe", "subregion", leaves_below("155"), "all", 0, None, 10, 10, 3)]
    )


def with_rows(release: Release, rows: list[tuple]) -> Release:
    data = release.resources[0]
    return replace(release, resources=(replace(data, table=table_of(data.columns, rows)),))


ODD = [pytest.param(make(), id=make.__name__) for make in (codes_that_mislead, only_a_number)]


@pytest.mark.parametrize("release", RELEASES + ODD)
def test_duckdb_and_pandas_read_the_same_figures(release: Release, tmp_path: Path) -> None:
    folder = write(tmp_path, release_files(release))
    for resource in release.resources:
        lines = snippets(csv_columns(release, resource.name), name=resource.name)
        for language in ("DuckDB", "DuckDB, from CSV"):
            assert read_in_duckdb(folder, lines[language]) == given(resource), language
        for language in ("pandas", "pandas, from CSV"):
            assert read_in_pandas(folder, lines[language]) == given(resource), language


@pytest.mark.parametrize("release", RELEASES + ODD)
def test_r_reads_the_same_figures(release: Release, tmp_path: Path) -> None:
    folder = write(tmp_path, release_files(release))
    for resource in release.resources:
        line = snippets(csv_columns(release, resource.name), name=resource.name)["R"]
        assert read_in_r(folder, line) == given(resource)


def test_careless_reading_would_be_seen(tmp_path: Path) -> None:
    """Without the care that the lines take, codes are lost: so the tests above can fail."""
    release = codes_that_mislead()
    folder = write(tmp_path, release_files(release))
    assert pandas.read_csv(folder / "data.csv")["region_code"].tolist() != ["001", "NA"]
    folder = write(tmp_path / "number", release_files(only_a_number()))
    assert read_in_duckdb(folder, "select region_code from 'data.csv'") == [{"region_code": 155}]


def test_a_changed_figure_would_be_seen(tmp_path: Path) -> None:
    release = weekly_release()
    folder = write(tmp_path, release_files(release))
    line = snippets(csv_columns(release))["DuckDB, from CSV"]
    (folder / "data.csv").write_bytes((folder / "data.csv").read_bytes().replace(b",57,290,", b",57,291,"))
    assert read_in_duckdb(folder, line) != given(release.resources[0])


def test_lines_name_the_file_they_are_given() -> None:
    lines = snippets(["week_start", "users"], "https://example.org/releases/a/b/", "weeks")
    assert set(lines) == set(LINES)
    for language, line in lines.items():
        ending = "csv" if "CSV" in language or language == "R" else "parquet"
        assert f"https://example.org/releases/a/b/weeks.{ending}" in line
        assert "\n" not in line
        assert "region" not in line


def test_an_address_with_quotes_stays_one_text(tmp_path: Path) -> None:
    release = weekly_release("session_length_by_age")
    folder = write(tmp_path / 'it\'s "here"', release_files(release))
    lines = snippets(csv_columns(release), f"{folder}/")
    assert read_in_duckdb(tmp_path, lines["DuckDB"]) == given(release.resources[0])
    assert read_in_pandas(tmp_path, lines["pandas"]) == given(release.resources[0])


@pytest.mark.parametrize("release", RELEASES)
def test_parquet_says_what_its_columns_mean(release: Release, tmp_path: Path) -> None:
    """To DuckDB by key and value, to Arrow by field."""
    folder = write(tmp_path, release_files(release))
    for resource in release.resources:
        path = folder / f"{resource.name}.parquet"
        with duckdb.connect() as con:
            told = dict(
                con.execute("select decode(key), decode(value) from parquet_kv_metadata(?)", [str(path)]).fetchall()
            )
        assert told["release"] == str(release.id)
        assert told["title"] == f"{resource.title}, {release.id.period.label}"
        assert told["description"]
        assert told["licence"] == "CC-BY-4.0 https://creativecommons.org/licenses/by/4.0/"
        fields = {field.name: field for field in pq.read_schema(path)}
        for column in resource.columns:
            assert told[f"column.{column.name}"].endswith(column.description)
            assert fields[column.name].type == column.type
            assert fields[column.name].metadata[b"unit"].decode() == column.unit
            assert fields[column.name].metadata[b"description"].decode().endswith(column.description)


def test_parquet_says_where_the_csv_differs() -> None:
    file = release_files(weekly_release())["data.parquet"]
    told = next(column for column in pq.read_schema(pa.BufferReader(file)) if column.name == "region_members").metadata
    assert b"region_covers" in told[b"description"]


def test_quarter_sums_are_those_of_its_weeks(tmp_path: Path) -> None:
    """As a reader would check it, in SQL over the files alone."""
    release = next(one for one in every_release() if one.id.period.kind == "quarter")
    folder = write(tmp_path, release_files(release))
    with duckdb.connect() as con:
        con.execute(f"set file_search_path = '{folder}'")
        (differences,) = con.execute(
            "select count(*) from (select region_code, age_group, person_weeks, sessions, minutes from 'data.parquet'"
            " except select region_code, age_group, sum(person_weeks), sum(sessions), sum(minutes) from 'weeks.parquet'"
            " group by region_code, age_group)"
        ).fetchone()
    assert differences == 0


def test_the_readme_shows_these_lines() -> None:
    for release in every_release():
        readme = release_files(release)["README.md"].decode()
        for line in snippets(csv_columns(release)).values():
            assert f"\n{line}\n```" in readme


def test_unit_of_each_column_stands_in_its_description() -> None:
    for release in every_release():
        for resource in release.resources:
            assert all(re.search(r"Unit, ", column.description) and column.unit for column in resource.columns)
