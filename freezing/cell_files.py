"""Cell files: written whole or not at all, named by a commit or removed."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from catalogue.catalogue import CUBES, FROZEN_SOURCES
from home.atomic_file import PRIVATE_FILE, sha256_of, write_public
from home.layout import Home
from home.state import mend_of
from home.weeks.week_states import BroughtOver, WeekCommit, commit_brought_over, commit_week, settled_weeks
from refusals.errors import StateDamaged

PUBLIC_FOLDER = 0o755


def cell_file(home: Home, cube: str, source: str, week: date) -> Path:
    """The one file of a cube and week, as it froze; coverage has one a source."""
    name = f"{week.isoformat()}.{source}" if cube == "coverage_week" else week.isoformat()
    return home.cells / cube / f"{name}.parquet"


def brought_over_file(home: Home, cube: str, source: str, week: date, edition: int) -> Path:
    """The file of a cube and week as it is told under a later edition of the rules."""
    frozen = cell_file(home, cube, source, week)
    return frozen.with_name(f"{frozen.stem}.edition-{edition}.parquet")


def freeze_cells(home: Home, commit: WeekCommit, cubes: Mapping[str, pa.Table]) -> None:
    """Freezes all cubes of a week in one commit: until it stands, none of their files exists for anyone."""
    files = {}
    for cube in sorted(cubes):
        path = cell_file(home, cube, commit.source, commit.week)
        files[cube] = _write(path, cubes[cube])
    commit_week(home, replace(commit, files=files))


def write_brought_over_again(home: Home, commit: WeekCommit, cubes: Mapping[str, pa.Table]) -> None:
    """Writes the files that a week was brought over to, from their rows; what stands in the commit stays."""
    for cube, digest in commit.told_files.items():
        if digest != commit.files.get(cube):
            path = brought_over_file(home, cube, commit.source, commit.week, commit.told_edition)
            _write(path, cubes[cube])


def bring_over_cells(home: Home, commit: WeekCommit, brought_over: BroughtOver, cubes: Mapping[str, pa.Table]) -> None:
    """Tells a frozen week by other cells from now on, all its cubes in one commit; the frozen files stay as they are.

    A cube of `cubes` that is as it froze is told by its frozen file.
    """
    files = {}
    for cube in sorted(cubes):
        frozen = cell_file(home, cube, commit.source, commit.week)
        if cube in commit.files and pq.read_table(frozen).equals(cubes[cube]):
            files[cube] = commit.files[cube]
        else:
            path = brought_over_file(home, cube, commit.source, commit.week, brought_over.rules_edition)
            files[cube] = _write(path, cubes[cube])
    commit_brought_over(home, commit, replace(brought_over, files=files))


def told_cells(home: Home, commit: WeekCommit) -> dict[str, pa.Table]:
    """The cubes of a frozen week as they are told now, each with the content that was committed.

    Raises:
        StateDamaged: a committed file is missing or was changed.
    """
    files = _of_week(home, commit)
    return {cube: pq.read_table(path) for path, cube, digest, told in files if _checked(home, path, digest) and told}


def are_brought_over_files_whole(home: Home, commit: WeekCommit) -> bool:
    """Whether the files that a week was brought over to are as they were written."""
    frozen = set(commit.files.values())
    return all(
        path.is_file() and sha256_of(path) == digest
        for path, _, digest, is_told in _of_week(home, commit)
        if is_told and digest not in frozen
    )


def hide_what_is_told_no_more(home: Home, commit: WeekCommit) -> None:
    """Leaves files that a week is not told by any more to their owner: they told more than today's rules allow."""
    for path, _, _, is_told in _of_week(home, commit):
        if not is_told and path.is_file():
            path.chmod(PRIVATE_FILE)


def committed_files(home: Home) -> dict[str, list[Path]]:
    """Every cube's files that are told, in order, each with the content that was committed.

    Looked at too are the files as they froze of weeks that are told by others since.

    Raises:
        StateDamaged: a committed file is missing or was changed.
    """
    found: dict[str, list[Path]] = {cube.name: [] for cube in CUBES}
    for path, cube, digest, is_told in _committed(home):
        if _checked(home, path, digest) and is_told:
            found[cube].append(path)
    return found


def look_for_committed_files(home: Home) -> None:
    """The same files are there; what is in them is not read.

    Raises:
        StateDamaged: one is missing, or a folder.
    """
    for path, *_ in _committed(home):
        _check_is_there(home, path)


def remove_uncommitted(home: Home) -> None:
    """Removes what a killed run left: files that no commit names. Safe to repeat.

    Raises:
        StateDamaged: a commit is missing or was changed, so that what it names is not known; nothing is removed.
    """
    kept = {path for path, *_ in _committed(home)}
    for path in sorted(home.cells.glob("*/*.parquet")) + sorted(home.cells.glob("*/*.parquet.new")):
        if path not in kept:
            if path.is_dir():
                raise StateDamaged(f"{path} is a folder, and no week's file: move it away")
            path.unlink()
    for path in sorted(home.cells.glob("weeks/*/*.new")):
        path.unlink()


def _check_is_there(home: Home, path: Path) -> None:
    if not path.is_file():
        what = "is a folder, where a file belongs" if path.is_dir() else "is missing"
        raise StateDamaged(f"{path} {what}: {mend_of(home, path)}")


def _checked(home: Home, path: Path, digest: str) -> bool:
    _check_is_there(home, path)
    if sha256_of(path) != digest:
        raise StateDamaged(f"{path} was cut or changed since its week froze: {mend_of(home, path)}")
    return True


def _committed(home: Home) -> list[tuple[Path, str, str, bool]]:
    """Each file that a commit names, with its cube, its digest, and whether it is one that is told."""
    return [
        file
        for source in FROZEN_SOURCES
        for commit in settled_weeks(home, source).values()
        if commit.state == "frozen"
        for file in _of_week(home, commit)
    ]


def _of_week(home: Home, commit: WeekCommit) -> list[tuple[Path, str, str, bool]]:
    told = commit.told_files
    files = [
        (cell_file(home, cube, commit.source, commit.week), cube, digest, told.get(cube) == digest)
        for cube, digest in commit.files.items()
    ]
    return files + [
        (brought_over_file(home, cube, commit.source, commit.week, commit.told_edition), cube, digest, True)
        for cube, digest in told.items()
        if digest != commit.files.get(cube)
    ]


def _write(path: Path, rows: pa.Table) -> str:
    """Writes a cube's rows so that they survive a power cut; their file's SHA-256."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.parent.chmod(PUBLIC_FOLDER)  # whatever the process's umask
    sink = pa.BufferOutputStream()
    pq.write_table(rows, sink, compression="zstd")
    content = sink.getvalue().to_pybytes()
    write_public(path, content)
    return hashlib.sha256(content).hexdigest()
