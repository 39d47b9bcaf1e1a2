"""CITATION.cff keeps its format's JSON schema, names the publisher and no invented person, and the figures' digests."""

import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import check_jsonschema
import jsonschema
import pytest
import yaml

from releases.files.citation import citation_text
from releases.files.release_files import release_files
from releases.ledger.release import Release
from tests.worlds.release_world import every_release, release_policy, weekly_release

RELEASES = [pytest.param(release, id=str(release.id)) for release in every_release()]
SCHEMA = json.loads(
    (Path(check_jsonschema.__file__).parent / "builtin_schemas" / "vendor" / "citation-file-format.json").read_text(
        "utf-8"
    )
)


def cited(release: Release) -> dict[str, Any]:
    return yaml.load(release_files(release)["CITATION.cff"], Loader=yaml.BaseLoader)  # noqa: S506  # all as text


def faults(citation: dict[str, Any]) -> list[str]:
    return [error.message for error in jsonschema.validators.validator_for(SCHEMA)(SCHEMA).iter_errors(citation)]


def as_schema_reads(release: Release) -> dict[str, Any]:
    return yaml.safe_load(release_files(release)["CITATION.cff"])


@pytest.mark.parametrize("release", RELEASES)
def test_it_keeps_the_schema(release: Release) -> None:
    assert faults(as_schema_reads(release)) == []


def test_it_keeps_the_schema_where_releases_are_served() -> None:
    citation = as_schema_reads(weekly_release(base_url="https://data.example.org/app"))
    assert faults(citation) == []
    assert citation["url"] == "https://data.example.org/app/releases/usage_by_region_age/2026-W39-v1/"


def test_the_tool_of_the_command_line_says_so_too(tmp_path: Path) -> None:
    path = tmp_path / "CITATION.cff"
    path.write_bytes(release_files(weekly_release())["CITATION.cff"])
    tool = [str(Path(sys.executable).parent / "check-jsonschema"), "--builtin-schema", "vendor.citation-file-format"]
    right = subprocess.run([*tool, str(path)], capture_output=True, text=True, check=False)
    assert right.returncode == 0, right.stdout + right.stderr
    path.write_bytes(path.read_bytes().replace(b"type: dataset", b"type: figures"))
    assert subprocess.run([*tool, str(path)], capture_output=True, text=True, check=False).returncode != 0


@pytest.mark.parametrize(
    "plant",
    [{"type": "figures"}, {"authors": []}, {"date-released": "yesterday"}, {"license": "mine"}, {"sha256": "00"}],
)
def test_a_planted_fault_is_found(plant: dict[str, Any]) -> None:
    assert faults({**as_schema_reads(weekly_release()), **plant})


@pytest.mark.parametrize("release", RELEASES)
def test_it_says_what_is_cited(release: Release) -> None:
    citation, files = cited(release), release_files(release)
    assert citation["authors"] == [{"name": "Stichting Connect Me Now", "email": "info@connectmenow.nl"}]
    assert "given-names" not in files["CITATION.cff"].decode()
    assert citation["version"] == str(release.id.version)
    assert citation["date-released"] == "2026-10-01"
    assert release.id.period.label in citation["title"]
    told = {one["description"]: one["value"] for one in citation["identifiers"]}
    assert told.pop("Release") == str(release.id)
    figures = {name for name in files if name.endswith((".csv", ".parquet"))}
    assert told == {f"SHA-256 of {name}": hashlib.sha256(files[name]).hexdigest() for name in figures}


def test_words_that_yaml_would_misread_stay_words() -> None:
    odd = 'A: "quoted" # no comment\\, and é'
    policy = release_policy()
    dataset = policy.dataset[0].model_copy(update={"title": odd, "keywords": ["yes", "null", "1.0", "yes"]})
    release = weekly_release(dataset=dataset.name, publisher="- dash: yes")
    release = replace(release, dataset=dataset)
    citation = as_schema_reads(release)
    assert citation["title"] == f"{odd}, 2026-W39"
    assert citation["keywords"] == ["yes", "null", "1.0"]
    assert citation["authors"][0]["name"] == "- dash: yes"
    assert faults(citation) == []


def test_the_reference_as_a_sentence() -> None:
    told = "Stichting Connect Me Now (2026). App usage by region and age group, 2026-W39 (version 1) [Data set]."
    assert citation_text(weekly_release()) == f"{told} Release usage_by_region_age/2026-W39-v1."
    served = citation_text(weekly_release(base_url="https://data.example.org/app"))
    assert served.endswith(" https://data.example.org/app/releases/usage_by_region_age/2026-W39-v1/")
