"""Releases made on the demonstration sources: real tools read and check them, and any change to them is found."""

import random
import re
import shutil
import subprocess
from pathlib import Path

import duckdb
import frictionless
import pandas
import pytest

from refusals.errors import VerificationFailed
from releases.publishing.verification import verify
from tests.end_to_end.runs import CMN, Ran, environment
from tests.readers.release_tables import read_in_duckdb, read_in_pandas, read_in_r

DATASETS = (
    "usage_by_region_age", "usage_by_hour", "session_length_by_age", "ga4_engagement", "ga4_engaged_sessions",
    "usage_by_frequency", "usage_by_platform",
)  # fmt: skip
MARTS = {
    "usage_by_region_age": "usage_by_region_age_week",
    "usage_by_hour": "usage_by_hour_week",
    "session_length_by_age": "session_length_by_age_week",
    "ga4_engagement": "ga4_engagement_week",
    "ga4_engaged_sessions": "ga4_engaged_sessions_week",
    "usage_by_frequency": "usage_by_frequency_week",
    "usage_by_platform": "usage_by_platform_week",
}
LABELS = {"2026-W42": "2026-10-12", "2026-W43": "2026-10-19", "2026-W44": "2026-10-26"}
#: Of one week engaged sessions cannot be told at all: the second opinion says so too (test_demonstration.py).
RELEASED = [
    (dataset, label)
    for dataset in DATASETS
    for label in LABELS
    if (dataset, label) != ("ga4_engaged_sessions", "2026-W44")
]
SUMS = {
    "usage_by_region_age": ("users", "sessions", "minutes"),
    "usage_by_hour": ("users", "sessions", "minutes"),
    "session_length_by_age": ("users", "sessions", "minutes"),
    "ga4_engagement": ("users", "sessions", "views", "minutes"),
    "ga4_engaged_sessions": ("users", "sessions", "engaged_sessions"),
    "usage_by_frequency": ("users", "minutes"),
    "usage_by_platform": ("users", "minutes"),
}
FLIPS = 200


def folder(ran: Ran, dataset: str, label: str) -> Path:
    return ran.home / "releases" / dataset / f"{label}-v1"


def test_each_approved_dataset_of_each_week_is_released(ran: Ran) -> None:
    expected = {f"{dataset}/{label}-v1" for dataset, label in RELEASED}
    assert set(ran.summary["releases"]) == expected
    assert {str(path.relative_to(ran.home / "releases")) for path in ran.home.glob("releases/*/*-v1")} == expected


@pytest.mark.parametrize("dataset", DATASETS)
def test_frictionless_finds_nothing_wrong(ran: Ran, dataset: str) -> None:
    report = frictionless.validate(str(folder(ran, dataset, "2026-W43") / "datapackage.json"))
    assert report.valid, report.flatten(["type", "note"])
    assert {Path(task.place).suffix for task in report.tasks} == {".csv", ".parquet"}


@pytest.mark.parametrize(("dataset", "label"), RELEASED)
def test_pandas_duckdb_and_the_marts_tell_the_same_figures(ran: Ran, dataset: str, label: str) -> None:
    place, columns = folder(ran, dataset, label), SUMS[dataset]
    total = ", ".join(f"sum({column})::bigint" for column in columns)
    with duckdb.connect(str(ran.home / "marts" / "marts.duckdb"), read_only=True) as con:
        query = f"select count(*), {total} from {MARTS[dataset]} where week_start = ?"
        mart = con.execute(query, [LABELS[label]]).fetchone()
        files = [
            con.execute(f"select count(*), {total} from '{place}/data.{kind}'").fetchone()
            for kind in ("parquet", "csv")
        ]
    frames = [pandas.read_parquet(place / "data.parquet"), pandas.read_csv(place / "data.csv")]
    assert mart is not None and mart[0] >= 1
    assert files == [mart, mart]
    assert [(len(frame), *(int(frame[column].sum()) for column in columns)) for frame in frames] == [mart, mart]


@pytest.mark.parametrize("dataset", DATASETS)
def test_r_pandas_and_duckdb_read_the_same_rows_by_the_lines_of_the_readme(
    ran: Ran, tmp_path: Path, dataset: str
) -> None:
    place = tmp_path / "copy"
    shutil.copytree(folder(ran, dataset, "2026-W43"), place)
    readme = (place / "README.md").read_text(encoding="utf-8")
    lines = re.findall(r"^```(?:sql|python|r)\n(.+?)\n```$", readme, re.MULTILINE | re.DOTALL)
    parquet_duckdb, parquet_pandas, in_r, csv_duckdb, csv_pandas = lines[:5]
    told = {
        "duckdb": read_in_duckdb(place, parquet_duckdb),
        "pandas": read_in_pandas(place, parquet_pandas),
        "R": read_in_r(place, in_r),
        "duckdb, csv": read_in_duckdb(place, csv_duckdb),
        "pandas, csv": read_in_pandas(place, csv_pandas),
    }
    figures = {
        reader: sorted(tuple(row[name] for name in SUMS[dataset]) for row in rows) for reader, rows in told.items()
    }
    with duckdb.connect(str(ran.home / "marts" / "marts.duckdb"), read_only=True) as con:
        query = f"select {', '.join(SUMS[dataset])} from {MARTS[dataset]} where week_start = '2026-10-19' order by all"
        mart = con.execute(query).fetchall()
    assert figures == dict.fromkeys(told, mart)


def test_every_release_verifies_against_the_ledger(ran: Ran) -> None:
    ledger = ran.home / "releases" / "ledger.jsonl"
    verified = [verify(path, ledger=ledger) for path in sorted(ran.home.glob("releases/*/*-v1"))]
    assert {(one.ledger_entries, one.key_from) for one in verified} == {(len(RELEASED), "beside")}


def test_one_flipped_bit_anywhere_is_found_and_its_file_named(ran: Ran, tmp_path: Path) -> None:
    """Every file of a copy, at random places; what the file was is put back after each."""
    place = tmp_path / "usage_by_hour" / "2026-W43-v1"
    shutil.copytree(folder(ran, "usage_by_hour", "2026-W43"), place)
    key = ran.home / "releases" / "public-key.pem"
    assert verify(place, key).key_from == "given"
    draw = random.Random(11)  # noqa: S311  # repeatable on purpose
    files = sorted(place.iterdir())
    assert len(files) >= 11
    for number in range(FLIPS):
        file = files[number % len(files)]
        before = file.read_bytes()
        changed = bytearray(before)
        changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
        file.write_bytes(changed)
        with pytest.raises(VerificationFailed, match=file.name.replace(".", r"\.")):
            verify(place, key)
        file.write_bytes(before)
    verify(place, key)


def run_verify(*arguments: Path | str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(CMN), "releases", "verify", *map(str, arguments)],
        capture_output=True, text=True, check=False, env=environment(),
    )  # fmt: skip


def test_the_command_says_what_holds_and_what_does_not(ran: Ran, tmp_path: Path) -> None:
    releases = tmp_path / "releases"
    shutil.copytree(ran.home / "releases", releases)
    place, ledger = releases / "ga4_engagement" / "2026-W44-v1", releases / "ledger.jsonl"
    well = run_verify(place, "--ledger", ledger)
    assert (well.returncode, well.stderr) == (0, "")
    assert "ga4_engagement/2026-W44-v1: whole, unchanged and signed" in well.stdout
    lines = ledger.read_bytes().splitlines(keepends=True)
    for broken in (
        [*lines[:3], *lines[4:]],
        [*lines[:3], lines[4], lines[3], *lines[5:]],
        lines[:-1],
        [*lines[:-3], lines[-1]],
    ):
        ledger.write_bytes(b"".join(broken))
        told = run_verify(place, "--ledger", ledger)
        assert (told.returncode, told.stdout) == (1, "")
        assert told.stderr.startswith("cmn: ") and "ledger.jsonl" in told.stderr and "Traceback" not in told.stderr
    with (place / "data.csv").open("r+b") as file:
        file.seek(60)
        file.write(b"~")
    told = run_verify(place)
    assert told.returncode == 1 and "data.csv" in told.stderr
