"""Running `cmn` as a user does, and reading what it left."""

import atexit
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from demonstration import WeekSpan

REPOSITORY = Path(__file__).parents[2]
CMN = Path(sys.executable).with_name("cmn")


@dataclass(frozen=True)
class Ran:
    """A home after a run, with what the run printed."""

    home: Path
    span: WeekSpan
    summary: dict[str, Any]


def run_arguments(config: Path, first: date, last: date, span: WeekSpan) -> list[str]:
    as_of = span.as_of.isoformat()
    return ["run", "--config", str(config), "--from", f"{first}", "--to", f"{last}", "--as-of", as_of, "--json"]


def as_installed(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """The command as a user calls it, in a process of its own."""
    return subprocess.run([str(CMN), *arguments], capture_output=True, text=True, check=False, env=environment())


def told(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """What a command printed, which must have succeeded and printed one JSON object and nothing else."""
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def called(arguments: list[str], *, keep_marts: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The command in a process that has run others before: half of a run's time is its imports, and dbt's parsing.

    It keeps Airflow's database of the home open. `keep_marts`: where a copy of the marts goes then.
    """
    process = _process_of_several()
    step = {"arguments": arguments, "keep_marts": keep_marts and str(keep_marts)}
    process.stdin.write(json.dumps(step) + "\n")
    process.stdin.flush()
    answer = json.loads(process.stdout.readline() or '{"code": null, "output": "", "errors": "it ended"}')
    return subprocess.CompletedProcess(arguments, answer["code"], answer["output"], answer["errors"])


@cache
def _process_of_several() -> Any:
    """Started at the first call, and ended with this process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.end_to_end.several_runs"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment(), cwd=REPOSITORY,
    )  # fmt: skip
    atexit.register(process.communicate)
    return process


def environment() -> dict[str, str]:
    """Ours, without what would point Airflow or dbt elsewhere."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "DBT_"))}


def rows(marts: Path, table: str) -> list[dict[str, Any]]:
    with duckdb.connect(str(marts), read_only=True) as con:
        return con.execute(f'from "{table}"').to_arrow_table().to_pylist()


def content(marts: Path) -> dict[str, list[str]]:
    """Everything an analyst can see: each table's columns, comments and rows, in a fixed order."""
    with duckdb.connect(str(marts), read_only=True) as con:
        tables = con.execute(
            "select table_name, comment from duckdb_tables() union all "
            "select view_name, comment from duckdb_views() where not internal order by all"
        ).fetchall()
        columns = con.execute(
            "select table_name, column_index, column_name, data_type, comment from duckdb_columns() where not internal "
            "order by all"
        ).fetchall()
        found = {"tables": [repr(row) for row in tables], "columns": [repr(row) for row in columns]}
        for table, _ in tables:
            found[table] = sorted(repr(row) for row in con.execute(f'from "{table}"').fetchall())
    return found


def cells(home: Path) -> dict[str, bytes]:
    """Frozen cells, byte for byte; the commits beside them by what they commit."""
    return {str(file.relative_to(home)): file.read_bytes() for file in sorted((home / "cells").rglob("*.parquet"))}
