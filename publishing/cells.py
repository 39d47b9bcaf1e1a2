"""Cell files: written whole or not at all, named by a commit or removed."""

import hashlib
import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from home.layout import Home
from home.weeks import WeekCommit, commit_week, settled_weeks, sync_folder
from policy.errors import MartsRefused

PUBLIC_FILE = 0o644
PUBLIC_FOLDER = 0o755
SOURCES = ("app", "ga4_export")
CUBES = (
    "usage_by_region_age_week", "usage_by_hour_week", "session_length_by_age_week", "ga4_engagement_week",
    "coverage_week",
)  # fmt: skip


def cell_file(home: Home, cube: str, source: str, week: date) -> Path:
    """The one file of a cube and week; coverage has one a source."""
    name = f"{week.isoformat()}.{source}" if cube == "coverage_week" else week.isoformat()
    return home.cells / cube / f"{name}.parquet"


def freeze_cells(home: Home, commit: WeekCommit, cubes: Mapping[str, pa.Table]) -> None:
    """Freezes all cubes of a week in one commit: until it stands, none of their files exists for anyone."""
    files = {}
    for cube in sorted(cubes):
        path = cell_file(home, cube, commit.source, commit.week)
        files[cube] = _write(path, cubes[cube])
    commit_week(
        home,
        WeekCommit(commit.week, commit.source, commit.state, commit.why, commit.k, commit.dominance_p, files),
    )


def committed_files(home: Home) -> dict[str, list[Path]]:
    """Every cube's files that a commit names, in order, each with the content that was committed.

    Raises:
        MartsRefused: a committed file is missing or was changed.
    """
    found: dict[str, list[Path]] = {cube: [] for cube in CUBES}
    for path, cube, digest in _committed(home):
        if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            raise MartsRefused(f"cells: {path} is missing or was changed since its week froze: put the backup back")
        found[cube].append(path)
    return found


def remove_uncommitted(home: Home) -> None:
    """Removes what a killed run left: files that no commit names. Safe to repeat."""
    kept = {path for path, _, _ in _committed(home)}
    for path in sorted(home.cells.glob("*/*.parquet")) + sorted(home.cells.glob("*/*.parquet.new")):
        if path not in kept:
            path.unlink()
    for path in sorted(home.cells.glob("weeks/*/*.new")):
        path.unlink()


def _committed(home: Home) -> list[tuple[Path, str, str]]:
    return [
        (cell_file(home, cube, source, week), cube, digest)
        for source in SOURCES
        for week, commit in settled_weeks(home, source).items()
        if commit.state == "frozen"
        for cube, digest in commit.files.items()
    ]


def _write(path: Path, rows: pa.Table) -> str:
    """Writes a cube's rows so that they survive a power cut; their file's SHA-256."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.parent.chmod(PUBLIC_FOLDER)  # whatever the process's umask
    sink = pa.BufferOutputStream()
    pq.write_table(rows, sink, compression="zstd")
    content = sink.getvalue().to_pybytes()
    aside = path.with_name(path.name + ".new")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PUBLIC_FILE)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, PUBLIC_FILE)
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    aside.replace(path)
    sync_folder(path.parent)
    return hashlib.sha256(content).hexdigest()
