"""`cmn anonymise` counts persons where the spec names their column, and says what it rests on where it does not."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from command.anonymise.anonymise import anonymise_command
from command.anonymise.spec import load_spec
from refusals.errors import InputRefused, Refusal, UsageError

SPEC = """
[privacy]
k = 3
keep = ["row"]
{settings}

[[quasi_identifier]]
name = "region"
kind = "categorical"
hierarchy = "region.csv"
"""
REGIONS = "".join(f"{leaf};{'north' if leaf < 'D' else 'south'};*\n" for leaf in "ABCDEF")


def anonymise(
    path: Path, rows: list[tuple[object, ...]], settings: str, columns: str = "row;person;region"
) -> tuple[pd.DataFrame, dict[str, object]]:
    """What is published, beside what was in the table (rows carry their number in `row`); and the report."""
    table = pd.DataFrame([(n, *row) for n, row in enumerate(rows)], columns=columns.split(";"))
    table.to_csv(path / "t.csv", sep=";", index=False)
    (path / "region.csv").write_text(REGIONS)
    (path / "spec.toml").write_text(SPEC.format(settings=settings))
    assert anonymise_command(path / "t.csv", path / "spec.toml", path / "out", None, False) == 0
    data = pd.read_csv(path / "out" / "data.csv")
    assert "person" not in data.columns
    both = data.merge(table, on="row", suffixes=("", "_leaf"))
    return both, json.loads((path / "out" / "report.json").read_text())


def thrice(persons: int) -> list[tuple[object, ...]]:
    return [(f"p{n}", "ABCDEF"[n % 6]) for n in range(persons) for _ in range(3)]


@pytest.mark.clause("table-persons", "table-data")
def test_without_a_person_column_the_report_and_the_terminal_say_what_k_rests_on(tmp_path, capsys):
    _, report = anonymise(tmp_path, thrice(2), 'drop = ["person"]')
    assert (report["k"], report["k_counts"], report["persons"]) == (3, "records", None)
    assert "each record is one person" in report["rests_on"]
    assert "each record is one person" in capsys.readouterr().out


@pytest.mark.clause("table-persons")
def test_one_person_three_times_is_one_person(tmp_path):
    with pytest.raises(UsageError, match="`k` = 3 is above the table's 2 persons"):
        anonymise(tmp_path, thrice(2), 'person = "person"')
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("recoding", ["local", "full_domain"])
@pytest.mark.parametrize("limit", [0.0, 0.2])
def test_every_class_has_k_persons_in_both_engines_and_under_suppression(tmp_path, capsys, recoding, limit):
    drawn = np.random.default_rng(2).integers(0, [9, 6], (200, 2)).tolist()
    rows = [(f"p{person**2 // 4}", "ABCDEF"[min(region, person % 6)]) for person, region in drawn]
    settings = f'person = "person"\nrecoding = "{recoding}"\nsuppression_limit = {limit}'
    both, report = anonymise(tmp_path, rows, settings)
    persons = both.groupby("region")["person"].nunique()
    assert report["k"] == persons.min() >= 3
    assert (report["k_counts"], report["persons"]) == ("persons", len({person for person, _ in rows}))
    assert report["suppressed"] == 200 - len(both) <= limit * 200
    assert "rests_on" not in report
    assert "persons" in capsys.readouterr().out


@pytest.mark.clause("table-persons")
def test_a_person_in_several_classes_counts_in_each_and_never_twice_in_one(tmp_path):
    both, report = anonymise(tmp_path, [(f"p{n % 3}", "ABCDEF"[n % 6]) for n in range(18)], 'person = "person"')
    per_class = both.groupby("region")["person"].nunique()
    assert report["k"] == per_class.min() == 3
    assert len(per_class) == report["classes"] == 2  # A and D have p0 alone, so a class is at least three leaves


def test_spaces_around_an_identifier_make_nobody_another_person(tmp_path):
    with pytest.raises(UsageError, match="2 persons"):
        anonymise(tmp_path, [("p1", "A"), (" p1", "A"), ("p1 ", "B"), ("p2", "B")], 'person = "person"')


@pytest.mark.clause("table-persons")
def test_one_person_with_all_values_makes_no_class_diverse(tmp_path):
    rows = [("p0", "A", value) for value in "uvw"] + [(f"p{n}", "A", "u") for n in range(1, 6)]
    columns = "row;person;region;diagnosis"
    rules = 'sensitive = "diagnosis"\nl = 3\n'
    _, report = anonymise(tmp_path, rows, rules + 'drop = ["person"]', columns)
    assert report["l"] == 3
    with pytest.raises(InputRefused, match="breaks `l`"):
        anonymise(tmp_path, rows, rules + 'person = "person"', columns)


@pytest.mark.clause("table-persons")
def test_amounts_of_one_person_are_added_up_before_dominance_is_judged(tmp_path):
    rows = [("p0", "A", 100)] * 5 + [("p1", "A", 100), ("p2", "A", 20)]
    columns = "row;person;region;minutes"
    rules = 'dominance_p = 10\nmeasure = "minutes"\n'
    anonymise(tmp_path, rows, rules + 'drop = ["person", "minutes"]', columns)
    with pytest.raises(InputRefused, match="breaks `dominance_p`"):
        anonymise(tmp_path, rows, rules + 'person = "person"\ndrop = ["minutes"]', columns)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ('person = "person"\ndrop = ["person"]', "'person' is named twice"),
        ('person = "region"\ndrop = ["person"]', "'region' is named twice"),
        ('person = "person"\nsensitive = "person"', "'person' is named twice"),
        ('person = "person"\ndominance_p = 1\nmeasure = "person"', "`measure`"),
        ('person = "user"\ndrop = ["person"]', "no column 'user'"),
    ],
)
def test_the_person_column_is_nothing_else(tmp_path, settings, said):
    with pytest.raises(UsageError, match=said):
        anonymise(tmp_path, thrice(4), settings)


def test_a_record_of_nobody_is_refused(tmp_path):
    with pytest.raises(Refusal, match="'person' is empty in 1 rows"):
        anonymise(tmp_path, [*thrice(4), (None, "A")], 'person = "person"')


def test_the_spec_without_persons_still_loads(tmp_path):
    (tmp_path / "spec.toml").write_text(SPEC.format(settings=""))
    assert load_spec(tmp_path / "spec.toml", None).privacy.person is None
