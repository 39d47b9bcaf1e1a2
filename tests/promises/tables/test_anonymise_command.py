"""`cmn anonymise`: what it writes, and what it refuses (contract section 7)."""

import csv
import gzip
import json
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from command.anonymise.anonymise import anonymise_command
from refusals.errors import InputRefused, Refusal, UsageError

AGES = [f"{age};{age // 5 * 5}-{age // 5 * 5 + 4};*" for age in range(20, 40)]
REGIONS = [f"r{i};country {i // 3};*" for i in range(9)]
COLUMNS = ["name", "age", "region", "diagnosis", "minutes"]
SPEC = """
[privacy]
k = 4
keep = ["minutes"]
drop = ["name"]
sensitive = "diagnosis"

[[quasi_identifier]]
name = "age"
kind = "ordinal"
hierarchy = "age.csv"

[[quasi_identifier]]
name = "region"
kind = "categorical"
hierarchy = "region.csv"
"""


def people(count: int = 120) -> list[list[str]]:
    drawn = np.random.default_rng(11).integers([20, 0, 0], [40, 9, 3], (count, 3))
    return [
        [f"person {i}", str(age), f"r{region}", "abc"[diagnosis], str(i * 3 % 100)]
        for i, (age, region, diagnosis) in enumerate(drawn.tolist())
    ]


def folder(
    path: Path, rows: list[list[str]], *, spec: str = SPEC, columns: list[str] = COLUMNS, sep: str = ","
) -> Path:
    (path / "age.csv").write_text("\n".join(AGES) + "\n")
    (path / "region.csv").write_text("\n".join(REGIONS) + "\n")
    (path / "spec.toml").write_text(spec)
    (path / "table.csv").write_text("\n".join(sep.join(row) for row in [columns, *rows]) + "\n")
    return path


def anonymise(
    path: Path, *, table: str = "table.csv", k: int | None = None, keep_order: bool = False, out: str = "out"
):
    assert anonymise_command(path / table, path / "spec.toml", path / out, k, keep_order) == 0
    with (path / out / "data.csv").open(newline="") as file:
        data = list(csv.DictReader(file))
    meaning: dict[tuple[str, str], set[str]] = defaultdict(set)
    with (path / out / "labels.csv").open(newline="") as file:
        for line in csv.DictReader(file):
            meaning[line["quasi_identifier"], line["label"]].add(line["leaf"])
    return data, meaning, json.loads((path / out / "report.json").read_text())


@pytest.mark.clause("table-data")
def test_what_is_written(tmp_path):
    rows = people()
    data, meaning, report = anonymise(folder(tmp_path, rows))
    assert list(data[0]) == ["age", "region", "diagnosis", "minutes"]
    assert sorted(row["minutes"] for row in data) == sorted(row[4] for row in rows)
    sizes = Counter((row["age"], row["region"]) for row in data)
    assert min(sizes.values()) == report["k"] >= 4
    assert report["classes"] == len(sizes)
    assert report["suppressed"] == 0
    assert report["discernibility"] == sum(size**2 for size in sizes.values())
    assert report["average_class_size"] == len(rows) / len(sizes)
    lost = sum((len(meaning["age", r["age"]]) - 1) / 19 + (len(meaning["region", r["region"]]) - 1) / 8 for r in data)
    assert report["gcp"] == pytest.approx(lost / (2 * len(rows)))
    assert 0 < report["non_uniform_entropy"] < 1
    assert report["seconds"] >= 0
    assert report["for_release"] is True
    used = {("age", row["age"]) for row in data} | {("region", row["region"]) for row in data}
    assert set(meaning) == used


@pytest.mark.clause("table-data")
def test_rows_are_sorted_by_what_is_published_and_so_tell_nothing_of_the_input(tmp_path):
    rows = people()
    folder(tmp_path, rows)
    anonymise(tmp_path)
    first = (tmp_path / "out" / "data.csv").read_bytes()
    lines = first.decode().splitlines()[1:]
    assert [line.split(",") for line in lines] == sorted(line.split(",") for line in lines)
    folder(tmp_path, rows[::-1])
    anonymise(tmp_path)
    assert (tmp_path / "out" / "data.csv").read_bytes() == first


@pytest.mark.clause("table-data")
def test_keep_order_keeps_it_and_marks_the_report(tmp_path):
    rows = people()
    data, meaning, report = anonymise(folder(tmp_path, rows), keep_order=True)
    assert [row["minutes"] for row in data] == [row[4] for row in rows]
    assert report["for_release"] is False
    for row, (_, age, region, diagnosis, _) in zip(data, rows, strict=True):
        assert age in meaning["age", row["age"]]
        assert region in meaning["region", row["region"]]
        assert row["diagnosis"] == diagnosis


@pytest.mark.clause("table-read")
@pytest.mark.parametrize("sep", [";", "\t"])
def test_separators_gzip_and_parquet_give_the_same(tmp_path, sep):
    rows = people()
    folder(tmp_path, rows)
    expected = anonymise(tmp_path)[0]
    folder(tmp_path, rows, sep=sep)
    assert anonymise(tmp_path)[0] == expected
    (tmp_path / "table.csv.gz").write_bytes(gzip.compress((tmp_path / "table.csv").read_bytes()))
    assert anonymise(tmp_path, table="table.csv.gz")[0] == expected
    typed = {name: [row[i] for row in rows] for i, name in enumerate(COLUMNS)}
    table = pa.table(typed | {"age": [int(age) for age in typed["age"]]})
    pq.write_table(table, tmp_path / "table.parquet")
    assert anonymise(tmp_path, table="table.parquet")[0] == expected


def test_k_of_the_command_stands_in_for_the_specs(tmp_path):
    assert anonymise(folder(tmp_path, people()), k=30)[2]["k"] >= 30


@pytest.mark.clause("table-rules")
def test_other_rules_and_full_domain(tmp_path):
    spec = SPEC.replace(
        "k = 4", 'k = 4\nl = 2\nt = 0.4\ndominance_p = 10\nmeasure = "minutes"\nrecoding = "full_domain"'
    )
    data, meaning, report = anonymise(folder(tmp_path, people(), spec=spec))
    assert report["l"] >= 2
    assert report["t"] <= 0.4
    assert {len(meaning["region", row["region"]]) for row in data} == {len(meaning["region", data[0]["region"]])}


@pytest.mark.clause("table-rules")
def test_suppression_is_counted(tmp_path):
    rows = [["n", "20", "r0", "a", "1"]] * 30 + [["n", "39", "r8", "b", "2"]]
    spec = SPEC.replace("k = 4", "k = 4\nsuppression_limit = 0.05")
    data, _, report = anonymise(folder(tmp_path, rows, spec=spec))
    assert report["suppressed"] == 1
    assert len(data) == 30
    assert report["gcp"] == pytest.approx(2 / 62)


def test_values_that_need_quotes_survive(tmp_path):
    rows = people()
    rows[0][3] = '"a, ""quoted"" value"'
    data, _, _ = anonymise(folder(tmp_path, rows))
    assert 'a, "quoted" value' in {row["diagnosis"] for row in data}


REFUSED = [
    (SPEC.replace("k = 4", "k = 1"), None, UsageError, "privacy.k"),
    (SPEC.replace("k = 4", "k = 121"), None, UsageError, "`k` = 121"),
    (SPEC.replace("k = 4", ""), None, UsageError, "privacy.k"),
    (SPEC.replace("k = 4", "k = 4\nspeed = 3"), None, UsageError, "privacy.speed"),
    (SPEC.replace("k = 4", "k = 4\nl = 3").replace("sensitive", "#"), None, UsageError, "sensitive"),
    (SPEC.replace("k = 4", "k = 4\ndominance_p = 10"), None, UsageError, "measure"),
    (SPEC.replace('drop = ["name"]', ""), None, UsageError, "'name'"),
    (SPEC.replace('drop = ["name"]', 'drop = ["name", "shoe"]'), None, UsageError, "'shoe'"),
    (SPEC.replace('drop = ["name"]', 'drop = ["name", "age"]'), None, UsageError, "'age' is named twice"),
    (SPEC.replace("age.csv", "missing.csv"), None, UsageError, "missing.csv"),
    (SPEC.replace("ordinal", "round"), None, UsageError, "quasi_identifier.0.kind"),
    ("k = ", None, UsageError, "TOML"),
    (SPEC.replace("k = 4", "k = 4\nl = 4"), None, InputRefused, "`l`"),
    (SPEC, ["n", "19", "r0", "a", "1"], InputRefused, "'age' has 1 distinct values outside"),
    (SPEC, ["n", "", "r0", "a", "1"], InputRefused, "'age' is empty in 1 rows"),
    (SPEC, ["n", "20", "r0", "", "1"], InputRefused, "'diagnosis' is empty"),
    (SPEC, ["n", "20", "r0", "a"], InputRefused, "number of fields"),
    (
        SPEC.replace("k = 4", 'k = 4\ndominance_p = 10\nmeasure = "minutes"'),
        ["n", "20", "r0", "a", "-5"],
        InputRefused,
        "negative",
    ),
    (
        SPEC.replace("k = 4", 'k = 4\ndominance_p = 10\nmeasure = "minutes"'),
        ["n", "20", "r0", "a", "secret"],
        InputRefused,
        "no number",
    ),
]


@pytest.mark.parametrize(("spec", "row", "kind", "said"), REFUSED)
def test_what_is_refused_names_the_setting_and_never_a_value(tmp_path, spec, row, kind, said):
    folder(tmp_path, people() + ([row] if row else []), spec=spec)
    with pytest.raises(Refusal) as refusal:
        anonymise_command(tmp_path / "table.csv", tmp_path / "spec.toml", tmp_path / "out", None, False)
    assert type(refusal.value) is kind
    assert said in str(refusal.value)
    assert "secret" not in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("content", "kind", "said"),
    [
        (b"", InputRefused, "is empty"),
        (b"name,age,region,diagnosis,minutes\n", InputRefused, "no rows"),
        (b"name,age,region,diagnosis,age\n1,2,3,4,5\n", InputRefused, "two columns named 'age'"),
        (b"name,age,region,diagnosis,minutes\nn,20,r0,\xe9,1\n", InputRefused, "UTF-8"),
        (b"name,age,region,diagnosis,minutes\nn,20,r0,\0,1\n", InputRefused, "NUL"),
        (b"<html><body>sign in</body></html>\n", UsageError, "no column 'age'"),
        (None, UsageError, "no such file"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path, content, kind, said):
    folder(tmp_path, [])
    (tmp_path / "table.csv").unlink()
    if content is not None:
        (tmp_path / "table.csv").write_bytes(content)
    with pytest.raises(kind, match=said):
        anonymise_command(tmp_path / "table.csv", tmp_path / "spec.toml", tmp_path / "out", None, False)


def test_a_truncated_parquet_or_gzip_file_is_refused(tmp_path):
    rows = people()
    folder(tmp_path, rows)
    pq.write_table(pa.table({name: [row[i] for row in rows] for i, name in enumerate(COLUMNS)}), tmp_path / "t.parquet")
    for name, content in (
        ("t.parquet", (tmp_path / "t.parquet").read_bytes()[:200]),
        ("t.csv.gz", gzip.compress((tmp_path / "table.csv").read_bytes())[:-20]),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputRefused, match=name):
            anonymise_command(tmp_path / name, tmp_path / "spec.toml", tmp_path / "out", None, False)


def test_an_empty_line_in_a_table_of_one_column_is_a_missing_value(tmp_path):
    one = SPEC.partition('[[quasi_identifier]]\nname = "region"')[0].replace('keep = ["minutes"]', "")
    one = one.replace('drop = ["name"]', "").replace('sensitive = "diagnosis"', "")
    folder(tmp_path, [["20"]] * 9, spec=one, columns=["age"])
    assert len(anonymise(tmp_path)[0]) == 9
    folder(tmp_path, [["20"]] * 5 + [[""]] + [["20"]] * 4, spec=one, columns=["age"])
    with pytest.raises(InputRefused, match="empty in 1 rows"):
        anonymise(tmp_path)
