"""A full disk is told as a full disk, in one line with its place, whichever library meets it: on a real small disk."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
import sqlalchemy

from command.main import main
from dags.tasks.attempt import StepFailed, StepRefused, attempt
from home.atomic_file import write_private
from home.disk import full_disk_told, is_of_full_disk, place_of
from home.layout import Home
from home.register.register import Register, recorded_step
from home.run import Run
from home.settings.settings import load_settings
from home.weeks.week_states import WeekCommit, commit_week
from refusals.errors import DiskFull, InputRefused
from tests.services.small_disk import fill, make_room, small_disk

AS_OF = datetime(2026, 3, 12, tzinfo=UTC)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", 12, names=1000) as mounted:
        yield mounted


@pytest.fixture
def run(disk: Path) -> Run:
    (disk / "landing").mkdir()
    config = disk / "cmn.toml"
    config.write_text('home = "home"\n[ga4.export]\nfiles = "landing"\nconsent_basis = "basic"\n')
    made = Run("r1", load_settings(config), date(2026, 3, 2), date(2026, 3, 8), AS_OF)
    made.home.make()
    with Register(made.home):
        pass
    return made


def sqlite_row(disk: Path) -> None:
    with sqlite3.connect(disk / "some.sqlite") as db:
        db.execute("create table t (x)")
        db.execute("insert into t values (zeroblob(3000000))")


def sqlalchemy_row(disk: Path) -> None:
    engine = sqlalchemy.create_engine(f"sqlite:///{disk / 'orm.sqlite'}")
    with engine.begin() as con:
        con.execute(sqlalchemy.text("create table t (x)"))
        con.execute(sqlalchemy.text("insert into t values (zeroblob(3000000))"))


def duckdb_database(disk: Path) -> None:
    with duckdb.connect(str(disk / "some.duckdb")) as con:
        con.execute("create table t as select random() as x from range(2000000)")
        con.execute("checkpoint")


def duckdb_copy(disk: Path) -> None:
    duckdb.execute(f"copy (select random() as x from range(2000000)) to '{disk / 'some.parquet'}' (format parquet)")


def duckdb_spill(disk: Path) -> None:
    with duckdb.connect(config={"memory_limit": "20MB", "threads": 1, "temp_directory": str(disk / "spill")}) as con:
        con.execute("create temp table t as select range as x, md5(range::varchar) as y from range(2000000)")
        con.execute("select count(*) from (from t order by y, x limit 1900000)")


def arrow_parquet(disk: Path) -> None:
    pa.parquet.write_table(pa.table({"x": pa.array(range(2_000_000))}), disk / "arrow.parquet", compression="none")


def arrow_csv(disk: Path) -> None:
    pa.csv.write_csv(pa.table({"x": pa.array(range(2_000_000))}), str(disk / "arrow.csv"))


def private_file(disk: Path) -> None:
    write_private(disk / "file", b"x" * 3_000_000)


def text_file(disk: Path) -> None:
    (disk / "text").write_text("x" * 3_000_000)


def folder(disk: Path) -> None:
    """A disk can have room and no place for another name."""
    for number in range(2_000):
        (disk / f"{number:0200}").mkdir()


WRITERS: list[Callable[[Path], None]] = [
    sqlite_row, sqlalchemy_row, duckdb_database, duckdb_copy, duckdb_spill, arrow_parquet, arrow_csv, private_file,
    text_file, folder,
]  # fmt: skip


@pytest.mark.parametrize("write", WRITERS)
def test_every_library_s_error_is_known(disk: Path, write: Callable[[Path], None]) -> None:
    fill(disk)
    with pytest.raises(Exception) as raised:
        write(disk)
    assert is_of_full_disk(raised.value), f"{type(raised.value)}"


@pytest.mark.parametrize(
    "error",
    [
        OSError(5, "Input/output error"),
        PermissionError(13, "Permission denied"),
        sqlite3.OperationalError("database is locked"),
        duckdb.IOException("IO Error: Cannot open file"),
        ValueError("disk"),
    ],
)
def test_no_other_error_is_taken_for_one(error: Exception) -> None:
    assert not is_of_full_disk(error)


def test_the_first_error_is_the_one_that_is_told_though_the_register_cannot_take_it(run: Run, disk: Path) -> None:
    """On a full disk the register's own note of the failure fails too."""
    with pytest.raises(InputRefused, match="mend users"), recorded_step(run, "ingest_ga4_export"):
        fill(disk)
        raise InputRefused("mend users.csv")
    make_room(disk)
    with Register(run.home) as register:
        assert register.run("r1")["exit_code"] is None


@pytest.mark.clause("errors-full-disk")
def test_a_step_on_a_full_disk_says_so_and_goes_well_once_there_is_room(run: Run, disk: Path) -> None:
    def step(run: Run) -> None:
        with recorded_step(run, "freeze_weeks"):
            commit_week(run.home, WeekCommit(date(2026, 3, 2), "app", "withheld", "too few", 10, 10))

    fill(disk)
    with pytest.raises(DiskFull) as raised:
        step(run)
    assert str(raised.value) == (
        f"{run.home.root}: the disk is full, or its quota used up (during freeze_weeks): make room, and run the same"
        " again; nothing is half done"
    )
    make_room(disk)
    step(run)
    with Register(run.home) as register:
        assert register.run("r1")["exit_code"] is None
    assert sorted(path.name for path in (run.home.cells / "weeks" / "app").iterdir()) == ["2026-03-02.json"]


def test_a_refusal_that_a_full_disk_led_to_is_not_told_as_the_deliverers_fault(run: Run, disk: Path) -> None:
    with pytest.raises(DiskFull), recorded_step(run, "ingest_ga4_export"):
        fill(disk)
        try:
            private_file(disk)
        except OSError:
            raise InputRefused("events_20260302.json is damaged: deliver it again") from None


def test_under_airflow_it_is_tried_again(run: Run, disk: Path) -> None:
    """A refusal is not; a full disk may have room after a while."""
    conf = run.conf()

    def step(run: Run) -> None:
        with recorded_step(run, "build_marts"):
            private_file(disk)

    fill(disk)
    with pytest.raises(StepFailed, match="the disk is full") as raised:
        attempt(step, conf)
    assert not isinstance(raised.value, StepRefused)


def test_an_error_that_nothing_explains_is_the_disks_where_nothing_is_free(disk: Path) -> None:
    home = Home(disk)
    fill(disk)
    with pytest.raises(DiskFull), full_disk_told(home, "the run"):
        raise RuntimeError("DAG build_marts ended as failed")
    make_room(disk)
    with pytest.raises(RuntimeError), full_disk_told(home, "the run"):
        raise RuntimeError("DAG build_marts ended as failed")


def test_the_place_is_the_file_that_had_no_room(disk: Path) -> None:
    with pytest.raises(OSError) as raised:
        folder(disk)
    assert str(place_of(raised.value)).startswith(str(disk))


@pytest.mark.clause("errors-full-disk")
def test_the_command_ends_in_one_line(disk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`cmn anonymise` writes wherever it is told to; no run, no register."""
    (tmp_path / "t.csv").write_text("age\n" + "30\n40\n" * 20)
    (tmp_path / "age.csv").write_text("30;*\n40;*\n")
    (tmp_path / "spec.toml").write_text(
        '[privacy]\nk = 2\n[[quasi_identifier]]\nname = "age"\nkind = "ordinal"\nhierarchy = "age.csv"\n'
    )
    arguments = ["anonymise", "--table", str(tmp_path / "t.csv"), "--spec", str(tmp_path / "spec.toml")]
    (disk / "out").mkdir()
    fill(disk)
    assert main([*arguments, "--out", str(disk / "out")]) == 1
    told = capsys.readouterr()
    assert told.err.count("\n") == 1 and "the disk is full" in told.err and str(disk / "out") in told.err
    make_room(disk)
    assert main([*arguments, "--out", str(disk / "out")]) == 0
    assert json.loads((disk / "out" / "report.json").read_text())["k"] == 20


@pytest.mark.parametrize("unwritable", [("stdout",), ("stderr",), ("stdout", "stderr")])
@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("doctor",), 1), (("status", "--json"), 1), (("status", "--config", "elsewhere", "--json"), 2)],
)
def test_output_that_cannot_be_written_ends_in_one_line_or_none(
    run: Run, tmp_path: Path, arguments: tuple[str, ...], code: int, unwritable: tuple[str, ...]
) -> None:
    """Real processes whose output goes to a device that is always full."""
    config = () if "--config" in arguments else ("--config", str(run.settings.file))
    said = {"stdout": tmp_path / "stdout", "stderr": tmp_path / "stderr"}
    files = {name: Path("/dev/full") if name in unwritable else path for name, path in said.items()}
    with files["stdout"].open("w") as stdout, files["stderr"].open("w") as stderr:
        found = subprocess.run(
            [sys.executable, "-m", "command.main", *arguments, *config], stdout=stdout, stderr=stderr, check=False
        )
    if "stdout" in unwritable:
        assert found.returncode == code
    if "stderr" not in unwritable:
        errors = said["stderr"].read_text()
        assert errors.count("\n") == (1 if found.returncode else 0)
        assert "Traceback" not in errors and "Exception ignored" not in errors
