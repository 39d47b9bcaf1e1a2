"""Whether a home that was disturbed is, file by file, what undisturbed ones are: nothing lost, doubled or left over."""

import json
import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from command.main import main
from home.layout import Home
from refusals.errors import Refusal
from releases.ledger.states import State
from releases.publishing.listing import published_releases
from releases.publishing.verification import verify
from tests.end_to_end.runs import content

RUN_ID = re.compile(r"\d{8}T\d{6}(\.\d{6})?Z(\.\d{8}T\d{6}Z)?-[0-9a-f]{8}")
#: Every byte of these is to be the same; the rest of the home holds clocks, run ids or caches, and is judged otherwise.
SAME_BYTES = ("home/landing", "home/cells", "home/releases", "home/portal", "home/restricted/records",
              "home/restricted/keys", "site")  # fmt: skip
#: Tables that also tell of the runs that were cut short (a full disk may have left room for that line, or not), or seal
#: those that do; the product checks the seals itself, at every opening and in `cmn doctor`.
OF_RUNS = ("runs", "failed_steps", "seals")
COUNTS = ("gate", "still_open", "quarantine")


def differences(place: Path, undisturbed: Sequence[Path], *, ask_doctor: bool = True) -> list[str]:
    """What is not as in the undisturbed homes, a line each; empty: the home is whole.

    Of files that differ between undisturbed homes, since each has its own keys, only the name and mode are compared;
    their content is checked by the signatures.
    """
    first = undisturbed[0]
    found = _of_names(place, first) + _of_bytes(place, undisturbed)
    found += _of_marts(place, first) + _of_register(place, undisturbed) + _of_releases(place)
    return found + (_of_doctor(place) if ask_doctor else [])


def names(place: Path) -> dict[str, str]:
    """Every file and folder by its path, with its mode; ids of runs told alike, since each run has its own."""
    return {
        RUN_ID.sub("RUN", str(path.relative_to(place))): oct(path.lstat().st_mode)
        for path in sorted(place.rglob("*"))
        if path.name not in ("stdout.json", "__pycache__")
    }


def _of_names(place: Path, undisturbed: Path) -> list[str]:
    here, there = names(place), names(undisturbed)
    return (
        [f"left over: {name}" for name in here if name not in there]
        + [f"lost: {name}" for name in there if name not in here]
        + [
            f"mode {here[name]}, not {there[name]}: {name}"
            for name in here
            if there.get(name, here[name]) != here[name]
        ]
    )


def bytes_of(place: Path) -> dict[str, bytes]:
    """The files of which every byte counts."""
    files = (file for part in SAME_BYTES for file in sorted((place / part).rglob("*")) if file.is_file())
    return {str(file.relative_to(place)): file.read_bytes() for file in files}


def _of_bytes(place: Path, undisturbed: Sequence[Path]) -> list[str]:
    here, there = bytes_of(place), [bytes_of(each) for each in undisturbed]
    comparable = [name for name, held in there[0].items() if all(other.get(name) == held for other in there)]
    return [f"other bytes: {name}" for name in comparable if name in here and here[name] != there[0][name]]


def _of_marts(place: Path, undisturbed: Path) -> list[str]:
    here, there = (content(each / "home" / "marts" / "marts.duckdb") for each in (place, undisturbed))
    return [f"mart differs: {name}" for name in sorted({*here, *there}) if here.get(name) != there.get(name)]


def _of_register(place: Path, undisturbed: Sequence[Path]) -> list[str]:
    here, *there = (_register(each) for each in (place, *undisturbed))
    comparable = [name for name, rows in there[0].items() if all(other.get(name) == rows for other in there)]
    return [f"register differs: {name}" for name in comparable if here.get(name) != there[0][name]]


def _register(place: Path) -> dict[str, object]:
    """What a register holds, but for the runs that were cut short; of the last run, outcome and counts."""
    file = place / "home" / "restricted" / "register.sqlite"
    with closing(sqlite3.connect(file)) as db:
        held: dict[str, list[Any]] = {"integrity": db.execute("pragma integrity_check").fetchall()}
        tables = [name for (name,) in db.execute("select name from sqlite_master where type = 'table'")]
        for name in tables:
            if name not in OF_RUNS:
                held[name] = sorted(map(repr, db.execute(f'select * from "{name}"')))
        # A quarantine file a run, with the same content; the marts' bytes differ, their content is compared elsewhere.
        held["known_files"] = sorted(
            {RUN_ID.sub("RUN", row) for row in held["known_files"] if "marts.duckdb" not in row}
        )
        last, code, counts = db.execute(
            "select run_id, exit_code, counts from runs order by rowid desc limit 1"
        ).fetchone()
        held["last run's failed steps"] = db.execute(
            "select step from failed_steps where run_id = ?", (last,)
        ).fetchall()
    told = json.loads(counts)
    return held | {"last run's exit code": code} | {f"last run's {name}": told.get(name) for name in COUNTS}


def _of_releases(place: Path) -> list[str]:
    home = Home(place / "home")
    try:
        releases = published_releases(home)
        for release in releases:
            if release.state != State.WITHDRAWN:
                verify(home.releases / str(release.id), None, home.releases / "ledger.jsonl")
    except Refusal as refusal:
        return [f"releases: {refusal}"]
    return []


def _of_doctor(place: Path) -> list[str]:
    """`cmn doctor` looks at keys, ledger, lock and modes."""
    said, errors = StringIO(), StringIO()
    with redirect_stdout(said), redirect_stderr(errors):
        code = main(["doctor", "--config", str(place / "home" / "cmn.toml")])
    mends = [line for line in said.getvalue().splitlines() if line.startswith("mend")]
    return [] if code == 0 else [f"doctor: {line}" for line in mends or [errors.getvalue().strip()]]
