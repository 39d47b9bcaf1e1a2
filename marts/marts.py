"""The marts: built out of sight from frozen cells, checked at the door out, swapped in by one rename."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from catalogue.catalogue import FROZEN_SOURCES, MART, SOURCES
from dbt_project.dbt_command import DbtPlace, build
from expectations.validation.outcome_pages import MARTS_DOOR, door_files
from freezing.bringing_over import bring_over_weeks
from freezing.cell_files import committed_files
from freezing.reference_cells import reference_rows
from home.atomic_file import PUBLIC_FILE, put_in_place, sha256_of, write_private
from home.built_from import digest_of_inputs, is_built_from, keep_built_from
from home.duck import open_marts
from home.layout import Home
from home.lock import held
from home.register.register import recorded_step
from home.run import Run
from home.state import replacing
from home.weeks.week_states import RULES_EDITION, settled_weeks
from policy.region_table import REGIONS_FILE
from refusals.errors import MartsRefused

#: What the marts are called among what was built.
OUTPUT = "marts"


def marts_aside(home: Home) -> Path:
    """Where the marts are built; named like the file that analysts open, since DuckDB names the database by it."""
    return home.work / home.marts.name


def build_marts(run: Run) -> None:
    """Brings weeks of older rules to today's, then builds and tests the marts from all committed cells, aside.

    Where the marts that are there were built from the same cells, policy and code, passed the door out and were not
    touched since, nothing is built, and nothing is left to check or to swap in. Safe to repeat.

    Raises:
        StateDamaged: a cell file or a commit is missing, or was changed since it froze.
        MartsRefused: a model or test failed.
        AnotherRunHoldsTheLock: see home.lock.
    """
    with held(run.home), recorded_step(run, "build_marts"):
        aside = marts_aside(run.home)
        for path in (aside, _log_of(aside), _seal_of(aside), _note_of(aside)):
            path.unlink(missing_ok=True)
        bring_over_weeks(run)
        committed_files(run.home)  # looked at, byte by byte, whether anything is built of them or not
        inputs = digest_of_inputs(run.home, run.policy)
        if is_built_from(run.home, OUTPUT, inputs, _outputs(run.home)):
            write_private(_seal_of(aside), sha256_of(run.home.marts).encode())  # it passed when it was built
            return
        build(DbtPlace(run.home, run.home.warehouse, aside), "marts", mart_variables(run))
        if _log_of(aside).exists():
            raise MartsRefused(f"marts: {aside} was not closed whole; run again")
        write_private(_note_of(aside), f"{inputs} {sha256_of(aside)}".encode())


def are_marts_built(run: Run) -> bool:
    """Whether `build_marts` would find nothing to build.

    Raises:
        StateDamaged: a commit is missing, or was changed since its week froze.
    """
    return is_built_from(run.home, OUTPUT, digest_of_inputs(run.home, run.policy), _outputs(run.home))


def _outputs(home: Home) -> list[Path]:
    return [home.marts, *door_files(home.reports, MARTS_DOOR)]


def are_marts_behind(home: Home) -> bool:
    """Whether a table of today's is missing, or a week of the marts is told by an older edition of the rules.

    Raises:
        StateDamaged: they are not what was published.
    """
    if not home.marts.exists():
        return False
    with open_marts(home) as con:
        there = {name for (name,) in con.execute("select table_name from duckdb_columns()").fetchall()}
        if not there >= set(MART) or not con.execute(_EDITIONS_ARE_TOLD).fetchall():
            return True
        return bool(con.execute(_WEEKS_OF_OLDER_RULES).fetchall())


#: Marts that were built before editions were told have no such column.
_EDITIONS_ARE_TOLD = "select 1 from duckdb_columns() where column_name = 'told_edition'"
_WEEKS_OF_OLDER_RULES = f"select 1 from anonymisation_quality_week where told_edition < {RULES_EDITION}"


def mart_variables(run: Run) -> dict[str, object]:
    """What the marts' models read: the committed files by cube, the rules of weeks, the region table, the age bands."""
    bands = run.policy.ages.bands
    last_years = [following - 1 for following in bands[1:]] + [None]
    return {
        "timezone": run.policy.consent.timezone,
        "files": {
            "frozen_cells": {cube: [str(path) for path in paths] for cube, paths in committed_files(run.home).items()},
            "policy": {"reference_cells": [str(path) for path in _reference_files(run)]},
        },
        "widest_step": max(
            [
                run.policy.anonymity.count_step,
                *(width for source in FROZEN_SOURCES for width in _steps(run, source).values()),
            ]
        ),
        "rules_editions": _editions(run),
        "regions_file": str(REGIONS_FILE),
        "age_bands": [
            {"label": label, "first_year": first, "last_year": last}
            for label, first, last in zip(run.policy.ages.labels(), bands, last_years, strict=True)
        ],
    }


def _steps(run: Run, source: str) -> dict[date, int]:
    """The width of the steps in which each frozen week is told."""
    weeks = settled_weeks(run.home, source)
    return {week: commit.told_step for week, commit in weeks.items() if commit.state == "frozen"}


def _editions(run: Run) -> list[dict[str, object]]:
    """Each frozen week's edition of the rules: by which it froze, and by which it is told."""
    return [
        {"source": source, "week_start": week.isoformat(), "frozen": commit.rules_edition, "told": commit.told_edition}
        for source in SOURCES
        for week, commit in settled_weeks(run.home, source).items()
        if commit.state == "frozen"
    ]


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
    from expectations.doors.door_out import check_marts_leaving

    with held(run.home), recorded_step(run, "check_marts"):
        aside = marts_aside(run.home)
        if _is_swapped_in(aside, run.home.marts):
            return
        _check_is_built(aside)
        before = sha256_of(aside)
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
        if _is_swapped_in(aside, marts):
            return
        _check_is_built(aside)
        if not _is_sealed(aside, seal) or _log_of(aside).exists():
            raise MartsRefused(f"marts: {aside} is not the file that was checked; begin again at build_marts")
        aside.chmod(PUBLIC_FILE)
        _log_of(marts).unlink(missing_ok=True)  # of a reader who opened the old file for writing; not the new file's
        inputs = _inputs_noted(aside)
        with replacing(run.home, {marts: sha256_of(aside)}):
            put_in_place(aside, marts)
        if inputs is not None:
            keep_built_from(run.home, OUTPUT, inputs, _outputs(run.home))
        _note_of(aside).unlink(missing_ok=True)


def _is_swapped_in(aside: Path, marts: Path) -> bool:
    """Whether the marts that are there passed the door out: swapped in already, or not built anew."""
    return not aside.exists() and marts.is_file() and _is_sealed(marts, _seal_of(aside))


def _inputs_noted(aside: Path) -> str | None:
    """From what this very file was built; None: nobody noted it."""
    note = _note_of(aside)
    inputs, _, digest = note.read_text().partition(" ") if note.is_file() else ("", "", "")
    return inputs if digest == sha256_of(aside) else None


def _is_sealed(path: Path, seal: Path) -> bool:
    """Whether this is the very file that passed the door out."""
    return seal.is_file() and seal.read_bytes() == sha256_of(path).encode()


def _check_is_built(aside: Path) -> None:
    if not aside.is_file():
        raise MartsRefused(f"marts: {aside} is not there; begin again at build_marts")


def _log_of(database: Path) -> Path:
    return database.with_name(database.name + ".wal")


def _seal_of(aside: Path) -> Path:
    return aside.with_name(aside.name + ".checked")


def _note_of(aside: Path) -> Path:
    return aside.with_name(aside.name + ".built_from")
