"""Killed, stopped, or out of room in the middle of a whole run: the same command again comes to the same content.

The short mode of `make crash-test`, whose parts these are.
"""

import json
import random
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from home.register.register_tables import add_functions
from tests.crash.full_disk import MEBIBYTES, fill_and_compare
from tests.crash.kills import Tally, kill_and_compare
from tests.crash.watched_run import Aim, WatchedRun
from tests.crash.whole_home import differences
from tests.crash.worlds import FIRST_RUN, begin
from tests.services.small_disk import small_disk

#: Writing of the store, of the frozen cells, of the releases and of the portal.
KILLED_IN = ("ingest_app_usage", "freeze_weeks", "publish_weeks", "build_portal")
#: What a process has started learns of its end by a closed pipe, and needs a moment to end too.
SECONDS_TO_FOLLOW = 20
FULL_IN = ("count_leaf_cells", "publish_weeks")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("crash")
    FIRST_RUN.make(made)
    FIRST_RUN.undisturbed(made)
    return made


def test_killed_in_four_steps_nothing_is_lost_doubled_or_left_over(folder: Path) -> None:
    seed = time.time_ns()
    chance = random.Random(seed)  # noqa: S311 - when to pull the plug
    print(f"seed {seed}")
    tally = Tally(folder / "tally.json")
    aims = [Aim(chance.uniform(0, 0.8), step) for step in KILLED_IN]
    assert kill_and_compare(FIRST_RUN, folder, "killed", aims, tally) == []
    assert tally.kills.total() == len(KILLED_IN)


def test_out_of_room_in_two_steps_it_says_so_and_is_finished_with_room(folder: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", MEBIBYTES) as disk:
        assert fill_and_compare(FIRST_RUN, folder, disk, FULL_IN) == []


@pytest.mark.clause("exit-stopped", "output-json")
@pytest.mark.parametrize(("number", "step"), [(signal.SIGTERM, "build_marts"), (signal.SIGINT, "count_leaf_cells")])
def test_a_signal_ends_a_run_with_one_line_and_its_children(folder: Path, number: signal.Signals, step: str) -> None:
    """The signal reaches the process alone; what it has started ends with it."""
    place = begin(folder, folder / f"stopped-{number.name}")
    with WatchedRun(FIRST_RUN.arguments(place), place / "home", place / "tmp") as run:
        assert run.wait_for(Aim(0.3, step))
        run.signal(number, group=False)
        assert run.ended() == 128 + number
        words = f"stopped by {number.name}; run it again, nothing is half done"
        assert run.errors == f"cmn: {words}"
        assert json.loads(run.stdout.read_text()) == {"error": words, "exit_code": 128 + number}
        end = time.monotonic() + SECONDS_TO_FOLLOW
        while members_of_group(run.process.pid) and time.monotonic() < end:
            time.sleep(0.05)
        assert members_of_group(run.process.pid) == []
    with sqlite3.connect(place / "home" / "restricted" / "register.sqlite") as register:
        [(code, message)] = register.execute("select exit_code, message from runs").fetchall()
    assert (code, message) == (128 + number, f"{step}: stopped by {number.name}")


def members_of_group(group: int) -> list[str]:
    """Living processes of a group."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, its_group = stat.read_text().rsplit(")", 1)[1].split()[:3]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(its_group) == group and state != "Z":
            found.append(stat.parent.name)
    return found


def one(place: Path, pattern: str) -> Path:
    return next(path for path in sorted(place.glob(pattern)) if path.is_file())


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def forget_the_comment(place: Path) -> None:
    with duckdb.connect(str(place / "home" / "marts" / "marts.duckdb")) as con:
        con.execute("comment on column usage_by_region_age_week.users is null")


def double_the_marts_rows(place: Path) -> None:
    with duckdb.connect(str(place / "home" / "marts" / "marts.duckdb")) as con:
        con.execute("insert into coverage_week from coverage_week")


def forget_a_day(place: Path) -> None:
    with sqlite3.connect(place / "home" / "restricted" / "register.sqlite") as register:
        add_functions(register)
        register.execute("delete from covered_days where day = (select max(day) from covered_days)")


PLANTED: dict[str, tuple[Callable[[Path], object], str]] = {
    "a stray file": (lambda at: (at / "home/restricted/records/app/x.parquet.pending").touch(), "left over"),
    "a lock left": (lambda at: (at / "home/restricted/work/spill").mkdir(), "left over"),
    "a file lost": (lambda at: one(at, "home/cells/usage_by_region_age_week/*").unlink(), "lost"),
    "a mode too wide": (lambda at: one(at, "home/restricted/keys/*").chmod(0o644), "mode"),
    "a bit of a cell": (lambda at: flip(one(at, "home/cells/usage_by_hour_week/*")), "other bytes"),
    "a bit of a page": (lambda at: flip(one(at, "home/portal/index.html")), "other bytes"),
    "a bit of a release": (lambda at: flip(one(at, "home/releases/*/*/data.parquet")), "releases"),
    "a bit of the ledger": (lambda at: flip(at / "home/releases/ledger.jsonl"), "releases"),
    "a comment": (forget_the_comment, "mart differs"),
    "rows twice": (double_the_marts_rows, "mart differs: coverage_week"),
    "a day": (forget_a_day, "register differs: covered_days"),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_the_comparison_finds_what_is_planted(folder: Path, tmp_path: Path, planted: str) -> None:
    undisturbed = FIRST_RUN.undisturbed(folder)
    place = tmp_path / "planted"
    shutil.copytree(undisturbed[1], place)
    plant, word = PLANTED[planted]
    plant(place)
    found = differences(place, undisturbed, ask_doctor=False)
    assert any(line.startswith(word) for line in found), found


def test_undisturbed_homes_are_alike(folder: Path) -> None:
    first, second = FIRST_RUN.undisturbed(folder)
    assert differences(first, [second]) != [], "each has keys of its own, so one alone is no measure"
    assert differences(first, [first, second]) == []
