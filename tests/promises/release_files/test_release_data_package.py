"""A release is a valid Frictionless Data Package, and the tool finds a wrong value and a wrong byte."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from frictionless import validate

from policy.policy import load_policy
from releases.files.column_fields import RULES
from releases.files.release_files import release_files
from releases.ledger.release import Release
from tests.readers.release_tables import write
from tests.worlds.release_world import every_release, release_policy, weekly_release

RELEASES = [pytest.param(release, id=str(release.id)) for release in every_release()]


def errors(folder: Path) -> list[list[Any]]:
    """What frictionless finds: the kind of error and the column."""
    return validate(str(folder / "datapackage.json")).flatten(["type", "fieldName"])


def without_hashes(folder: Path) -> None:
    """Takes hashes and lengths out, so that only values can be found wrong."""
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    for resource in package["resources"]:
        del resource["hash"], resource["bytes"]
    (folder / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path, release_files(weekly_release()))


@pytest.mark.parametrize("release", RELEASES)
def test_it_is_valid(release: Release, tmp_path: Path) -> None:
    folder = write(tmp_path, release_files(release))
    report = validate(str(folder / "datapackage.json"))
    assert report.valid, report.flatten(["type", "message"])
    assert [task.warnings for task in report.tasks] == [[]] * (2 * len(release.resources))


def test_the_tool_of_the_command_line_says_so_too(folder: Path) -> None:
    tool = [str(Path(sys.executable).parent / "frictionless"), "validate", "datapackage.json"]
    right = subprocess.run(tool, cwd=folder, capture_output=True, text=True, check=False)
    assert right.returncode == 0, right.stdout
    (folder / "data.csv").write_bytes((folder / "data.csv").read_bytes() + b"\n")
    wrong = subprocess.run(tool, cwd=folder, capture_output=True, text=True, check=False)
    assert wrong.returncode != 0


@pytest.mark.parametrize("name", ["data.csv", "data.parquet"])
@pytest.mark.parametrize("place", [0, 500, -1])
def test_a_flipped_byte_is_found(folder: Path, name: str, place: int) -> None:
    content = bytearray((folder / name).read_bytes())
    content[place] ^= 1
    (folder / name).write_bytes(content)
    assert errors(folder)


def test_a_flipped_byte_of_parquet_is_found_by_its_hash(folder: Path) -> None:
    content = bytearray((folder / "data.parquet").read_bytes())
    content[500] ^= 1
    (folder / "data.parquet").write_bytes(content)
    assert [kind for kind, _ in errors(folder)] == ["hash-count"]


@pytest.mark.parametrize(
    ("right", "wrong", "kind", "column"),
    [
        (b",57,290,5120", b",9,290,5120", "constraint-error", "users"),
        (b",57,290,5120", b",57,-1,5120", "constraint-error", "sessions"),
        (b",57,290,5120", b",,290,5120", "constraint-error", "users"),
        (b",57,290,5120", b",many,290,5120", "type-error", "users"),
        (b"2026-09-21,BE", b"2026-09-14,BE", "constraint-error", "week_start"),
        (b"Belgium,country", b"Belgium,land", "constraint-error", "region_level"),
        (b"2026-09-21,BE,", b"2026-09-21,be,", "constraint-error", "region_code"),
        (b"NL-FL NL-UT", b"NL-FL;NL-UT", "constraint-error", "region_covers"),
        (b"18-24,18,24", b"18 to 24,18,24", "constraint-error", "age_group"),
        (b"18-24,18,24", b"18-24,18,240", "constraint-error", "age_to"),
        (b"users,sessions", b"sessions,users", "incorrect-label", "users"),
    ],
)
def test_a_wrong_value_is_found(folder: Path, right: bytes, wrong: bytes, kind: str, column: str) -> None:
    content = (folder / "data.csv").read_bytes()
    assert content.count(right) >= 1
    (folder / "data.csv").write_bytes(content.replace(right, wrong, 1))
    without_hashes(folder)
    assert [kind, column] in errors(folder)


def test_a_row_that_is_there_twice_is_found(folder: Path) -> None:
    content = (folder / "data.csv").read_bytes()
    (folder / "data.csv").write_bytes(content + content.splitlines(keepends=True)[-1])
    without_hashes(folder)
    assert [kind for kind, _ in errors(folder)] == ["primary-key"]


def test_a_valid_table_stays_valid_without_hashes(folder: Path) -> None:
    without_hashes(folder)
    assert errors(folder) == []


@pytest.mark.parametrize("release", RELEASES)
def test_it_says_what_a_reader_asks(release: Release) -> None:
    package = json.loads(release_files(release)["datapackage.json"])
    assert package["id"] == str(release.id)
    assert package["version"] == str(release.id.version)
    assert package["created"] == "2026-10-01T04:30:00Z"
    assert package["licenses"] == [
        {"name": "CC-BY-4.0", "path": "https://creativecommons.org/licenses/by/4.0/"},
    ]
    assert package["contributors"][0]["title"] == load_policy().releases.publisher
    days = ["2026-06-29", "2026-09-27"] if "Q" in release.id.period.label else ["2026-09-21", "2026-09-27"]
    assert list(package["temporal"].values()) == days
    for resource in package["resources"]:
        assert resource["description"]
        for field in resource.get("columns") or resource["schema"]["fields"]:
            assert field["description"] and field["unit"], field["name"]
            assert field["name"] in RULES
    assert package.get("changes", "") == release.changes


def test_the_address_is_that_of_the_policy() -> None:
    release = weekly_release(base_url="https://data.example.org/app")
    package = json.loads(release_files(release)["datapackage.json"])
    assert package["homepage"] == "https://data.example.org/app/releases/usage_by_region_age/2026-W39-v1/"
    assert "homepage" not in json.loads(release_files(weekly_release())["datapackage.json"])
    assert release_policy().base_url == ""
