"""What the pipeline itself released, from sessions to files, holds to the standards and reads to the marts' figures."""

import hashlib
import json
from pathlib import Path

import duckdb
import pytest
from frictionless import validate

from home.run import Run
from releases.due.release_step import publish_quarters, publish_weeks
from releases.files.release_catalogue import catalogue
from releases.files.snippets import snippets
from releases.publishing.listing import published_releases
from tests.readers.release_shapes import faults, read
from tests.readers.release_tables import read_in_duckdb, read_in_pandas, read_in_r
from tests.worlds.release_home import DATASETS, make_frozen_home


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Run:
    run = make_frozen_home(tmp_path_factory.mktemp("released"))
    publish_weeks(run)
    publish_quarters(run)
    return run


def folders(run: Run) -> list[Path]:
    found = [release.folder for release in published_releases(run.home)]
    assert {folder.parent.name for folder in found} == set(DATASETS)
    return found


@pytest.mark.clause("release-files")
def test_frictionless_finds_nothing(released: Run) -> None:
    for folder in folders(released):
        report = validate(str(folder / "datapackage.json"))
        assert report.valid, report.flatten(["type", "message"])


def test_dcat_ap_finds_nothing(released: Run) -> None:
    for folder in folders(released):
        address = f"https://somewhere.example/releases/{folder.parent.name}/{folder.name}/dcat.jsonld"
        assert faults(read((folder / "dcat.jsonld").read_bytes(), address)) == ""
    content = catalogue(published_releases(released.home), released.policy.releases, DATASETS)
    assert faults(read(content, "https://somewhere.example/releases/catalogue.jsonld")) == ""


def test_duckdb_and_pandas_read_one_table_from_both_files(released: Run) -> None:
    for folder in folders(released):
        package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
        columns = [field["name"] for field in package["resources"][1]["schema"]["fields"]]
        lines = snippets(columns)
        whole = read_in_duckdb(folder, lines["DuckDB"])
        assert whole
        assert read_in_duckdb(folder, lines["DuckDB, from CSV"]) == whole
        assert read_in_pandas(folder, lines["pandas"]) == whole
        assert read_in_pandas(folder, lines["pandas, from CSV"]) == whole


def test_r_reads_that_table(released: Run) -> None:
    for folder in folders(released):
        package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
        lines = snippets([field["name"] for field in package["resources"][1]["schema"]["fields"]])
        assert read_in_r(folder, lines["R"]) == read_in_duckdb(folder, lines["DuckDB"])
        (folder / "from-r.txt").unlink()


def test_sums_are_those_of_the_marts(released: Run) -> None:
    with duckdb.connect(str(released.home.marts), read_only=True) as con:
        for folder in folders(released):
            if "W" not in folder.name:
                continue
            mart = f"{folder.parent.name}_week"
            (week,) = con.execute(f"select distinct week_start from '{folder}/data.parquet'").fetchone()
            other = "engaged_sessions" if mart == "ga4_engaged_sessions_week" else "minutes"
            sums = f"select count(*), sum(sessions), sum({other})"
            told = con.execute(f"{sums} from '{folder}/data.csv'").fetchone()
            held = con.execute(f"{sums} from {mart} where week_start = ?", [week]).fetchone()
            assert told == held


def test_files_are_as_their_checksums_say(released: Run) -> None:
    for folder in folders(released):
        for line in (folder / "CHECKSUMS.sha256").read_text(encoding="ascii").splitlines():
            digest, name = line.split("  ")
            assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
