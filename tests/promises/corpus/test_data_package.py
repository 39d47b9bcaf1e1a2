"""The cases are a valid data package that peers can copy, and a mistake in a table is found."""

import json
import re
import shutil
from pathlib import Path

import pytest
from frictionless import validate

from tests.conventions.clauses import clauses_of
from tests.conventions.tracked import ROOT
from tests.worlds.corpus_world import PACKAGE, table

README = (PACKAGE / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """As a peer has it: the folder alone."""
    return shutil.copytree(PACKAGE, tmp_path / "consent-cases")


def errors(folder: Path) -> list[list[str | None]]:
    return validate(str(folder / "datapackage.json")).flatten(["type", "fieldName"])


def test_a_copy_of_it_is_valid(copied: Path) -> None:
    report = validate(str(copied / "datapackage.json"))
    assert report.valid, report.flatten(["title", "rowNumber", "fieldName", "note"])
    listed = {resource["path"] for resource in json.loads((copied / "datapackage.json").read_text())["resources"]}
    assert {path.name for path in copied.iterdir()} == listed | {"datapackage.json", "README.md", "LICENSE.md"}


@pytest.mark.parametrize(
    ("file", "right", "wrong", "kind"),
    [
        ("sessions.csv", "withdrawn_during", "withdrawn", "constraint-error"),
        ("sessions.csv", "2026-10-25T02:50:00+02:00", "2026-10-25T02:50:00", "constraint-error"),
        ("users.csv", "1990-05-17", "17 May 1990", "type-error"),
        ("consents.csv", "withdrawal-2,bert-w2", "withdrawal-22,bert-w2", "foreign-key"),
        ("cases.csv", "withdrawal-2,", "withdrawal-1,", "primary-key"),
        ("moments.csv", ",run,", ",erase,", "constraint-error"),
        ("ga4_events.csv", "w5-2,", "w5-1,", "primary-key"),
    ],
)
def test_a_planted_mistake_is_found(copied: Path, file: str, right: str, wrong: str, kind: str) -> None:
    text = (copied / file).read_text(encoding="utf-8")
    assert right in text
    (copied / file).write_text(text.replace(right, wrong, 1), encoding="utf-8")
    assert kind in {found for found, _ in errors(copied)}


def test_every_case_says_what_happens_and_has_rows() -> None:
    cases = table("cases")
    rows = {row["case"] for row in table("sessions")} | {row["case"] for row in table("ga4_events")}
    assert {row["case"] for row in cases} == rows
    topics = {row["topic"] for row in cases}
    assert topics >= {
        "withdrawal", "back-stitched consent", "intraday to daily", "expiry", "minors", "end of summer time",
        "start of summer time", "re-delivery", "account linked late",
    }  # fmt: skip


def test_clauses_are_those_of_the_contract() -> None:
    there = set(clauses_of((ROOT / "docs" / "contract.md").read_text(encoding="utf-8")))
    assert {clause for row in table("cases") for clause in row["clauses"].split()} <= there


def test_every_word_of_an_outcome_is_explained() -> None:
    said = {row[f"after_{n}"] for name in ("sessions", "ga4_events") for row in table(name) for n in (1, 2, 3)} - {""}
    explained = set(re.findall(r"`([a-z_]+)`", "\n".join(re.findall(r"^\| `.*? \|", README, re.MULTILINE))))
    assert said <= explained
