"""A small finished home, ways to damage each of its files, and commands to try on the damaged copy."""

import argparse
import contextlib
import csv
import io
import json
import shutil
import sqlite3
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from command.main import _in_words, main
from freezing.counting import count_leaf_cells
from freezing.freezing import freeze_weeks
from home.layout import Home
from home.run import Run
from ingestion.app.batch import ingest_app
from ingestion.store.retention import apply_retention
from marts.marts import build_marts, check_marts, publish_marts
from marts.reports import write_reports
from portal.readers import build_portal
from releases.due.release_step import publish_quarters, publish_weeks
from tests.end_to_end.small_drop import AS_OF, MONDAY, write_small_drop

LAST_DAY = "2026-03-11"
RELEASE = "usage_by_region_age/2026-W10-v1"
STEPS: tuple[Callable[[Run], None], ...] = (
    ingest_app, count_leaf_cells, freeze_weeks, apply_retention, build_marts, check_marts, publish_marts, write_reports,
    publish_weeks, publish_quarters, build_portal,
)  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What a command left: exit code, what it printed, what it said on stderr, and what the home holds then."""

    code: int
    output: str
    errors: str
    content: dict[str, object]


def make_finished_home(folder: Path) -> Path:
    """One frozen week with a release of it, one open week with records, one bad record; the config's path."""
    folder.mkdir(parents=True, exist_ok=True)
    config = write_small_drop(folder)
    # The open week stays open however late the test runs: not what is tried here.
    (folder / "policy" / "anonymity.toml").write_text("overdue_after_days = 100000\n")
    with (folder / "landing/sessions/more.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(("session_id", "user_id", "started_at", "ended_at", "ip_address", "platform"))
        for number in range(5):
            moment = f"2026-03-10T1{number}"
            rows.writerow((f"late-{number}", f"user-0{number}", f"{moment}:00:00Z", f"{moment}:20:00Z", "", "ios"))
        rows.writerow(("bad", "user-01", "2026-03-10T10:00:00", "", "", ""))
    outcome = whole_run(config)
    if outcome[0] != 0:
        raise RuntimeError(outcome[2])
    return config


def whole_run(config: Path) -> tuple[int, str, str]:
    """The steps of a run, as its tasks take them, without Airflow around them."""
    conf = {"config": str(config), "from": str(MONDAY), "to": LAST_DAY, "as_of": AS_OF}
    try:
        run = Run.from_conf(conf)
        run.home.make()
        for step in STEPS:
            step(run)
    except Exception as error:  # noqa: BLE001  # told as the command tells it
        message, code = _in_words(error, argparse.Namespace(config=config))
        detail = "".join(traceback.format_exception(error)) if "unexpected" in message else ""
        return code, "", f"cmn: {message}\n{detail}"
    return 0, "", ""


def called(config: Path, *arguments: str) -> tuple[int, str, str]:
    """One subcommand in this process."""
    output, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        code = main([*arguments, "--config", str(config)])
    return code, output.getvalue(), errors.getvalue()


def verified(config: Path) -> tuple[int, str, str]:
    """`cmn releases verify`, which takes no config."""
    output, errors = io.StringIO(), io.StringIO()
    releases = config.parent / "home/releases"
    given = ["--ledger", str(releases / "ledger.jsonl"), "--public-key", str(releases / "public-key.pem")]
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        code = main(["releases", "verify", str(releases / RELEASE), *given])
    return code, output.getvalue(), errors.getvalue()


COMMANDS: dict[str, Callable[[Path], tuple[int, str, str]]] = {
    "status": lambda config: called(config, "status"),
    "weeks list": lambda config: called(config, "weeks", "list"),
    "deliveries list": lambda config: called(config, "deliveries", "list"),
    "releases list": lambda config: called(config, "releases", "list"),
    "releases verify": verified,
    "partition propose": lambda config: called(config, "partition", "propose"),
    "doctor": lambda config: called(config, "doctor"),
    "doctor --deep": lambda config: called(config, "doctor", "--deep"),
    "accept-empty": lambda config: called(config, "weeks", "accept-empty", "2026-03-11"),
    "releases publish": lambda config: called(config, "releases", "publish"),
    "releases withdraw": lambda config: called(config, "releases", "withdraw", RELEASE, "--why", "counted twice"),
    "retract": lambda config: called(config, "weeks", "retract", str(MONDAY), "--why", "counted twice"),
    "run": whole_run,
}
#: What takes seconds, since dbt or the portal is in it.
HEAVY = ("run", "retract", "releases withdraw", "releases publish")


#: The source's own, and what dbt compiles anew.
_NO_STATE = ("landing/", "restricted/work/dbt/")


def state_files(home: Path) -> list[str]:
    """Every file that a run leaves in the home, by its path; of folders full of one kind (pages, logs), one each."""
    files = sorted(path for path in home.rglob("*") if path.is_file())
    names = [str(path.relative_to(home)) for path in files]
    of_one_kind = ("portal/", "reports/runs/", "restricted/airflow/")
    kept = [name for name in names if not name.startswith((*of_one_kind, *_NO_STATE))]
    for folder in of_one_kind:
        kept += [name for name in names if name.startswith(folder)][:1]
    return kept


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def halved(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def flipped(path: Path) -> None:
    """One bit in the middle of what the file holds; of SQLite, in the middle of a stored value."""
    content = bytearray(path.read_bytes())
    place = content.find(b"consents") + 2 if path.name == "register.sqlite" else len(content) // 2
    content[place : place + 1] = bytes([content[place] ^ 0b100]) if content else b"\x04"
    path.write_bytes(bytes(content))


def replaced(path: Path) -> None:
    path.unlink()
    path.mkdir()


def deleted(path: Path) -> None:
    path.unlink()


DAMAGES: dict[str, Callable[[Path], None]] = {
    "emptied": emptied, "cut by half": halved, "one bit flipped": flipped, "replaced by a folder": replaced,
    "deleted": deleted,
}  # fmt: skip


def tried(config: Path, command: str) -> Outcome:
    """Does one command over the home of `config`."""
    code, output, errors = COMMANDS[command](config)
    return Outcome(code, output, errors, content_of(config.parent / "home"))


def _without_dbts_own(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name == "dbt" and Path(folder).name == "work"]


def copy_of(config: Path, folder: Path) -> Path:
    """The home, its sources and its config, somewhere else."""
    shutil.copytree(config.parent, folder, symlinks=True, ignore=_without_dbts_own)
    return folder / config.name


def content_of(home: Path) -> dict[str, object]:
    """All that must not be lost: keys, records, cells, commits, releases, marts, and what the register remembers.

    Moments and ids of runs are left out; a file that cannot be read is told as its bytes, a folder as None.
    """
    found: dict[str, object] = {}
    for path in _kept(home):
        name = str(path.relative_to(home))
        if path.is_dir():
            found[name] = None
            continue
        status = path.stat()
        found[name] = _told_once(name, status.st_size, status.st_mtime_ns, path)
    return found


_TOLD: dict[tuple[str, int, int], object] = {}


def _told_once(name: str, size: int, changed_ns: int, path: Path) -> object:
    """What a file holds; of copies that nobody has touched, which keep the moment of their change, read once."""
    key = name, size, changed_ns
    if key not in _TOLD:
        try:
            _TOLD[key] = _told(path)
        except Exception:  # noqa: BLE001  # of a damaged file, its bytes
            _TOLD[key] = path.read_bytes()
    return _TOLD[key]


def _kept(home: Path) -> Iterator[Path]:
    restricted = home / "restricted"
    for pattern in ("keys/*", "records/*/*", "quarantine/*", "register.sqlite"):
        yield from sorted(restricted.glob(pattern))
    for pattern in ("cells/*/*.parquet", "cells/weeks/*/*", "marts/*", "releases/*/*/*", "releases/ledger.jsonl"):
        yield from sorted(home.glob(pattern))


def _told(path: Path) -> object:
    if path.name == "register.sqlite":
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            tables = ("covered_days", "accepted_empty_days", "snapshots", "dropped_by_week")
            return {table: sorted(db.execute(f"select * from {table}").fetchall()) for table in tables}
    if path.name == "marts.duckdb":
        with duckdb.connect(str(path), read_only=True) as con:
            names = [name for (name,) in con.execute("select table_name from duckdb_tables() order by 1").fetchall()]
            return {name: sorted(map(repr, con.execute(f'from "{name}"').fetchall())) for name in names}
    if path.parent.parent.name == "records":
        return sorted(map(repr, pq.read_table(path).to_pylist()))
    if path.name in ("ledger.jsonl", "ledger-entry.json", "WITHDRAWN.md", "README.md") or "quarantine" in path.parts:
        return _without_moments(path)
    return path.read_bytes()


def _without_moments(path: Path) -> object:
    if path.name == "ledger.jsonl":
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        return [(line.get("action"), line.get("release"), line.get("why")) for line in lines]
    if path.suffix == ".parquet":
        rows = pq.read_table(path).to_pylist()
        return sorted(repr({name: value for name, value in row.items() if name != "recorded_at"}) for row in rows)
    return path.name


def home_of(config: Path) -> Home:
    return Home(config.parent / "home")
