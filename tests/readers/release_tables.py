"""A release's tables as plain Python, and what readers make of its files, in one form so that they can be compared."""

import csv
import shutil
import subprocess
from contextlib import chdir
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from releases.ledger.release import Release, Resource
from tests.worlds.release_world import leaves_below

Rows = list[dict[str, Any]]

#: Text columns of which readers get text; the rest are whole numbers, a list, or a date.
_WHOLE = ("sessions_from", "sessions_to",
    "age_from", "age_to", "hour_from", "hour_to", "minutes_from", "minutes_to", "weeks", "cells", "users",
    "person_weeks", "sessions", "engaged_sessions", "views", "minutes",
)  # fmt: skip


def write(folder: Path, files: dict[str, bytes]) -> Path:
    """Writes a release's files into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def given(resource: Resource) -> Rows:
    """The table as it was handed over, members as a set of leaves."""
    return [_plain(row) for row in resource.table.to_pylist()]


def leaves_in(covers: str) -> frozenset[str]:
    """The leaves below codes that are separated by spaces, by the region table's own lines."""
    return frozenset(leaf for code in covers.split(" ") for leaf in leaves_below(code))


def read_in_duckdb(folder: Path, line: str) -> Rows:
    """What a line of SQL gives in DuckDB, run in the release's folder."""
    with duckdb.connect() as con, chdir(folder):
        found = con.execute(line.removesuffix(";"))
        names = [column[0] for column in found.description]
        return [_plain(dict(zip(names, row, strict=True))) for row in found.fetchall()]


def read_in_pandas(folder: Path, line: str) -> Rows:
    """What a line of Python leaves in `data`, run in the release's folder."""
    names: dict[str, Any] = {}
    with chdir(folder):
        exec(line, names)  # noqa: S102  # the line is what a reader would run
    data = names["data"].astype(object)
    return [_plain(row) for row in data.where(data.notna(), None).to_dict("records")]


def read_in_r(folder: Path, line: str) -> Rows:
    """What a line of R leaves in `data`, run in the release's folder in R's plainest locale; skips without R."""
    if shutil.which("Rscript") is None:
        pytest.skip("no R is installed (apt-get install r-base-core)")
    shown = (
        'write.table(data, "from-r.txt", sep = "\\t", na = "", row.names = FALSE, qmethod = "double",'
        ' fileEncoding = "UTF-8")'
    )
    program = f"{line}\nstopifnot(is.numeric(data[[ncol(data)]]))\n{shown}\n"
    ran = subprocess.run(
        ["Rscript", "--vanilla", "-"], cwd=folder, input=program, text=True, capture_output=True, check=False
    )
    if ran.returncode != 0 or ran.stderr:
        pytest.fail(f"R said: {ran.stderr}")
    with (folder / "from-r.txt").open(newline="", encoding="utf-8") as file:
        return [
            _plain({name: cell or None for name, cell in row.items()}) for row in csv.DictReader(file, delimiter="\t")
        ]


def texts_of(release: Release) -> set[str]:
    """Every text value of a release's tables."""
    return {
        value
        for resource in release.resources
        for column in resource.table.columns
        for value in column.to_pylist()
        if isinstance(value, str)
    }


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """One form for all readers: ints, ISO dates, text, and the leaves that are covered."""
    plain: dict[str, Any] = {}
    for name, value in row.items():
        if name in ("region_members", "region_covers"):
            plain["leaves"] = leaves_in(value) if isinstance(value, str) else frozenset(value)
        elif name == "week_start":
            plain[name] = value if isinstance(value, str) else date(value.year, value.month, value.day).isoformat()
        elif name in _WHOLE and value is not None:
            plain[name] = int(value)
        else:
            plain[name] = value
    return plain
