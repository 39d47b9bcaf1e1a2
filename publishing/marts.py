"""The marts: built out of sight from frozen cells, checked at the door out, swapped in by one rename."""

import hashlib
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from home.layout import Home, write_private
from home.lock import held
from home.register import recorded_step
from home.run import Run
from home.weeks import sync_folder
from policy.errors import MartsRefused
from policy.region_table import REGIONS_FILE
from publishing.cells import PUBLIC_FILE, committed_files
from publishing.dbt_command import DbtPlace, build
from publishing.reference import reference_rows


def marts_aside(home: Home) -> Path:
    """Where the marts are built; named like the file that analysts open, since DuckDB names the database by it."""
    return home.work / home.marts.name


def build_marts(run: Run) -> None:
    """Builds and tests the marts from all committed cells, aside. Safe to repeat.

    Raises:
        MartsRefused: a cell file was changed since it froze, or a model or test failed.
        AnotherRunHoldsTheLock: see home.lock.
    """
    with held(run.home), recorded_step(run, "build_marts"):
        aside = marts_aside(run.home)
        for path in (aside, _log_of(aside), _seal_of(aside)):
            path.unlink(missing_ok=True)
        build(DbtPlace(run.home, run.home.warehouse, aside), "marts", mart_variables(run))
        if _log_of(aside).exists():
            raise MartsRefused(f"marts: {aside} was not closed whole; run again")


def mart_variables(run: Run) -> dict[str, object]:
    """What the marts' models read: the committed files by cube, the region table, the age bands."""
    bands = run.policy.ages.bands
    last_years = [following - 1 for following in bands[1:]] + [None]
    return {
        "timezone": run.policy.consent.timezone,
        "cells": {cube: [str(path) for path in paths] for cube, paths in committed_files(run.home).items()},
        "regions_file": str(REGIONS_FILE),
        "reference_files": [str(path) for path in _reference_files(run)],
        "age_bands": [
            {"label": label, "first_year": first, "last_year": last}
            for label, first, last in zip(run.policy.ages.labels(), bands, last_years, strict=True)
        ],
    }


def _reference_files(run: Run) -> list[Path]:
    """The policy's reference partition as a file: too long for a variable; none where the policy has none."""
    path = run.home.work / "reference_cells.parquet"
    path.unlink(missing_ok=True)
    cells = reference_rows(run.policy)
    if not len(cells):
        return []
    sink = pa.BufferOutputStream()
    pq.write_table(cells, sink)
    write_private(path, sink.getvalue().to_pybytes())
    return [path]


def check_marts(run: Run) -> None:
    """The door out: only a file that passed, and has not changed since, can be published.

    Raises:
        MartsRefused: an expectation is broken.
        AnotherRunHoldsTheLock: see home.lock.
    """
    from expectations.door_out import check_marts_leaving

    with held(run.home), recorded_step(run, "check_marts"):
        aside = marts_aside(run.home)
        _check_is_built(aside)
        before = _digest(aside)
        check_marts_leaving(aside, run.home.reports, run.policy, run.run_id)
        write_private(_seal_of(aside), before.encode())


def publish_marts(run: Run) -> None:
    """Swaps the checked marts in. Whoever has the old file open keeps it whole; whoever opens it next sees the new.
    Safe to repeat.

    Raises:
        MartsRefused: the file has not been checked, or was changed after it.
        AnotherRunHoldsTheLock: see home.lock.
    """
    with held(run.home), recorded_step(run, "publish_marts"):
        aside, marts = marts_aside(run.home), run.home.marts
        seal = _seal_of(aside)
        if (
            not aside.exists()
            and seal.exists()
            and marts.exists()
            and seal.read_text(encoding="ascii") == _digest(marts)
        ):
            return  # swapped in already, and tried again
        _check_is_built(aside)
        if not seal.exists() or seal.read_text(encoding="ascii") != _digest(aside) or _log_of(aside).exists():
            raise MartsRefused(f"marts: {aside} is not the file that was checked; begin again at build_marts")
        aside.chmod(PUBLIC_FILE)
        _sync(aside)
        _log_of(marts).unlink(missing_ok=True)  # of a reader who opened the old file for writing; not the new file's
        aside.replace(marts)
        sync_folder(marts.parent)


def _check_is_built(aside: Path) -> None:
    if not aside.exists():
        raise MartsRefused(f"marts: {aside} is not there; begin again at build_marts")


def _log_of(database: Path) -> Path:
    return database.with_name(database.name + ".wal")


def _seal_of(aside: Path) -> Path:
    return aside.with_name(aside.name + ".checked")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
