"""State that is missing, damaged or another's is refused by name, and never taken for a first use."""

import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from command.main import main
from home.layout import Home
from home.register.register import Register
from home.register.register_file import register_open
from home.state import expected, replacing, settle
from home.weeks.week_states import settled_weeks
from ingestion.app.batch import ingest_app
from ingestion.store.retention import apply_retention
from refusals.errors import AnotherRunHoldsTheLock, Refusal, StateDamaged
from tests.worlds.store_world import World

NOW = "2026-11-19T06:00:00Z"
MONDAY, SUNDAY = "2026-11-09", "2026-11-15"
A = ("s1", "anna", "2026-11-10T10:00:00Z", "2026-11-10T10:30:00Z")
B = ("s2", "bert", "2026-11-11T10:00:00Z", "2026-11-11T10:30:00Z")
KEY = f"restricted/keys/{MONDAY}.key"
RECORDS = f"restricted/records/app/{MONDAY}.parquet"
REGISTER = "restricted/register.sqlite"


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path / "home")
    made.sessions(A, B)
    made.run(MONDAY, SUNDAY, NOW)
    return made


def bytes_below(root: Path) -> dict[str, bytes]:
    """Keys, records and quarantine: what a refused run must leave as it was."""
    folders = (root / "restricted" / name for name in ("keys", "records", "quarantine"))
    return {str(path): path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}


def again(world: World) -> None:
    world.run(MONDAY, SUNDAY, NOW)


def flip(path: Path, place: int = -1) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2 if place < 0 else place] ^= 1
    path.write_bytes(bytes(content))


def as_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGES: dict[str, Callable[[Path], None]] = {
    "emptied": lambda path: path.write_bytes(b""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "one bit": flip,
    "a folder": as_folder,
    "deleted": Path.unlink,
    "another": lambda path: path.write_bytes(random.Random(1).randbytes(path.stat().st_size)),  # noqa: S311
}


@pytest.mark.clause("home-state-is-known", "home-damage-is-named")
@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", [KEY, RECORDS, "restricted/keys/quarantine.key"])
def test_a_run_refuses_by_name_and_touches_nothing(world: World, name: str, damage: str) -> None:
    world.sessions(A, ("s3", "anna", "2026-11-12T10:00:00", ""))  # one bad record, for the quarantine's key
    again(world)
    DAMAGES[damage](world.root / name)
    before = bytes_below(world.root)
    with pytest.raises(StateDamaged, match=rf"{Path(name).name} .*: put it back from a backup") as refused:
        again(world)
    assert refused.value.exit_code == 1
    assert bytes_below(world.root) == before


def test_the_mend_is_a_backup(world: World, tmp_path: Path) -> None:
    for name in (KEY, RECORDS, REGISTER):
        shutil.copy(world.root / name, tmp_path / "backup")
        (world.root / name).unlink()
        with pytest.raises(StateDamaged):
            again(world)
        shutil.copy(tmp_path / "backup", world.root / name)
        again(world)
    assert world.starts() == ["11-10T10:00", "11-11T10:00"]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_register_is_no_first_run(world: World, damage: str) -> None:
    DAMAGES[damage](world.root / REGISTER)
    world.users("anna")  # a snapshot that shrank by half: the guard must not be off
    before = bytes_below(world.root)
    with pytest.raises(StateDamaged, match=r"register\.sqlite .*cmn register rebuild"):
        again(world)
    assert bytes_below(world.root) == before


@pytest.mark.clause("home-state-is-known")
def test_a_lost_register_is_known_by_any_trace(world: World) -> None:
    """The mark alone, and each kind of file alone, says that the home was in use."""
    for kept in ("home.json", f"keys/{MONDAY}.key", "keys/quarantine.key", f"records/app/{MONDAY}.parquet"):
        root = world.root.parent / kept.replace("/", "-")
        home = Home(root)
        home.make()
        (home.restricted / kept).parent.mkdir(exist_ok=True)
        (home.restricted / kept).write_bytes(b"")
        with pytest.raises(StateDamaged, match="is missing, but this home was in use"), Register(home):
            pass


def test_every_bit_of_the_register_counts_or_is_unused(world: World) -> None:
    """One bit flipped anywhere: refused, or everything that is remembered reads as before."""
    register, home = world.root / REGISTER, world.last.home
    whole = register.read_bytes()
    remembered = told(register)
    rng = random.Random(20261130)  # noqa: S311
    refused = 0
    for _ in range(150):
        place = rng.randrange(len(whole) * 8)
        damaged = bytearray(whole)
        damaged[place // 8] ^= 1 << place % 8
        register.write_bytes(bytes(damaged))
        try:
            with register_open(home, writing=False):
                pass
        except (StateDamaged, OSError):
            refused += 1
        else:
            assert told(register) == remembered, f"bit {place}"
    register.write_bytes(whole)
    assert refused > 8
    again(world)


@pytest.mark.parametrize(
    "value", [b"users", b"consents", MONDAY.encode(), b"app_users", b"2026-11-1", b"sha", b"quarantine"]
)
def test_a_changed_value_in_the_register_is_found(world: World, value: bytes) -> None:
    """What SQLite's own check calls whole: a stored value, or a word of the schema, that differs in one bit."""
    register = world.root / REGISTER
    whole = register.read_bytes()
    places = [place for place in range(len(whole)) if whole.startswith(value, place)]
    for place in places:
        register.write_bytes(whole)
        flip(register, place)
        with pytest.raises(StateDamaged, match=r"register\.sqlite"):
            again(world)
    assert places or value in (b"app_users", b"sha")


def test_a_row_that_is_changed_past_the_seals_is_found(world: World) -> None:
    for change in (
        "update snapshots set delivered_rows = 1 where name = 'users'",
        "delete from snapshots",
        "delete from known_files",
        "update covered_days set is_ingested = 0",
        "insert into accepted_empty_days values ('app', '2026-11-16')",
    ):
        copy = world.root / REGISTER
        whole = copy.read_bytes()
        with closing(sqlite3.connect(copy)) as db:
            db.create_function("row_digest", -1, lambda *_: 0)
            db.create_function("combined", -1, lambda digest, *_: digest)  # so the seals stay as they were
            db.execute(change)
            db.commit()
        with pytest.raises(StateDamaged):
            again(world)
        copy.write_bytes(whole)


def test_a_register_of_another_home_is_refused(world: World, tmp_path: Path) -> None:
    other = World(tmp_path / "other")
    other.sessions(A, B)
    other.run(MONDAY, SUNDAY, NOW)
    shutil.copy(other.root / REGISTER, world.root / REGISTER)
    with pytest.raises(StateDamaged, match="is another home's"):
        again(world)


@pytest.mark.clause("home-state-is-known")
def test_files_of_another_home_are_refused(world: World, tmp_path: Path) -> None:
    """Another week's records, and another home's, have their form but are not what was written here."""
    other = World(tmp_path / "other")
    other.sessions(A, B)
    other.run(MONDAY, SUNDAY, NOW)
    shutil.copy(other.root / RECORDS, world.root / RECORDS)
    with pytest.raises(StateDamaged, match=r"2026-11-09\.parquet is not as this home wrote it"):
        again(world)
    (world.root / RECORDS).rename(world.root / RECORDS.replace("11-09", "11-02"))
    with pytest.raises(StateDamaged):
        again(world)


def test_the_mark_is_written_anew(world: World) -> None:
    marker = world.root / "restricted/home.json"
    whole = marker.read_bytes()
    for damage in ("emptied", "cut", "one bit", "deleted"):
        DAMAGES[damage](marker)
        with closing(sqlite3.connect(world.root / REGISTER)) as db:
            db.execute("pragma user_version = 1")  # so that this process looks at the whole again
            db.execute(f"pragma user_version = {random.randrange(2, 2**30)}")  # noqa: S311
        again(world)
        assert marker.read_bytes() == whole


def test_records_say_which_key_made_them(world: World) -> None:
    told_there = pq.read_metadata(world.root / RECORDS).metadata[b"week_key_fingerprint"].decode()
    assert told_there == expected(world.last.home)[world.root / KEY].digest
    assert (world.root / KEY).read_bytes().hex() not in told_there


@pytest.mark.clause("home-rebuilt", "stored-thirteen-weeks")
def test_a_destroyed_key_is_no_lost_key(world: World) -> None:
    late = world.last.__class__(**{**fields_of(world.last), "as_of": world.last.as_of.replace(year=2027, month=3)})
    apply_retention(late)
    assert not (world.root / KEY).exists()
    assert not (world.root / RECORDS).exists()
    world.no_sessions()
    world.run("2027-03-01", "2027-03-07", "2027-03-19T06:00:00Z")
    assert settled_weeks(world.last.home, "app")[date.fromisoformat(MONDAY)].state == "withheld"


@pytest.mark.parametrize("name", [KEY, RECORDS])
def test_retention_waits_for_no_mend(world: World, name: str) -> None:
    (world.root / name).unlink()
    late = world.last.__class__(**{**fields_of(world.last), "as_of": world.last.as_of.replace(year=2027, month=3)})
    apply_retention(late)
    assert list((world.root / "restricted/records").rglob("*.parquet")) == []
    assert list((world.root / "restricted/keys").glob("????-??-??.key")) == []


def fields_of(run: object) -> dict[str, object]:
    return {name: getattr(run, name) for name in ("run_id", "settings", "first_day", "last_day", "as_of")}


class Killed(BaseException):
    pass


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_change_that_is_killed_leaves_what_was_or_what_is_to_be(world: World, moment: str) -> None:
    home, path = world.last.home, world.root / RECORDS
    content = path.read_bytes()
    with (
        pytest.raises(Killed),
        replacing(home, {path: expected(home)[world.root / KEY].digest, world.root / "x": None}),
    ):
        if moment == "after":
            path.write_bytes(content)  # stands for the rename that came too late: still what it was
        raise Killed
    again(world)
    assert world.starts() == ["11-10T10:00", "11-11T10:00"]


def test_a_removal_that_is_killed_is_finished(world: World) -> None:
    home = world.last.home
    with pytest.raises(Killed), replacing(home, {world.root / RECORDS: None}):
        raise Killed
    settle(home)
    assert not (world.root / RECORDS).exists()
    assert world.root / RECORDS not in expected(home)


def make_older(root: Path) -> None:
    """The home as a version without digests, seals and mark left it."""
    (root / "restricted/home.json").unlink()
    with closing(sqlite3.connect(root / REGISTER)) as db:
        for (trigger,) in db.execute("select name from sqlite_schema where type = 'trigger'").fetchall():
            db.execute(f"drop trigger {trigger}")
        for table in ("seals", "known_files", "home_facts"):
            db.execute(f"drop table {table}")
        db.commit()


def test_an_older_home_is_taken_over_once(world: World) -> None:
    make_older(world.root)
    stored = world.stored()
    again(world)
    assert world.stored() == stored
    assert (world.root / "restricted/home.json").exists()
    flip(world.root / KEY)
    with pytest.raises(StateDamaged, match=KEY):
        again(world)


@pytest.mark.parametrize("damage", ["emptied", "cut", "deleted"])
def test_an_older_homes_lost_key_is_refused_too(world: World, damage: str) -> None:
    make_older(world.root)
    DAMAGES[damage](world.root / KEY)
    before = bytes_below(world.root)
    with pytest.raises(StateDamaged, match=KEY):
        again(world)
    assert bytes_below(world.root) == before


@pytest.mark.clause("command-weeks-give-up")
def test_a_week_is_given_up_by_name(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    (world.root / KEY).unlink()
    config = str(world.root / "cmn.toml")
    assert main(["weeks", "give-up", MONDAY, "--why", "the key was lost", "--config", config]) == 0
    assert "destroyed; the week is withheld" in capsys.readouterr().out
    commit = settled_weeks(world.last.home, "app")[date.fromisoformat(MONDAY)]
    assert (commit.state, commit.why) == ("withheld", "its records were lost: the key was lost")
    assert bytes_below(world.root).keys() <= {str(world.root / "restricted/keys/quarantine.key")}
    world.sessions(A, ("s9", "anna", "2026-11-17T10:00:00Z", "2026-11-17T10:30:00Z"))
    world.run("2026-11-16", "2026-11-18", NOW)
    assert world.starts() == ["11-17T10:00"]


def test_a_whole_week_is_not_given_up_by_accident(world: World) -> None:
    config = str(world.root / "cmn.toml")
    assert main(["weeks", "give-up", "2026-11-02", "--why", "a wrong date", "--config", config]) == 2


@pytest.mark.clause("command-register-rebuild")
def test_a_register_is_rebuilt(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    config = str(world.root / "cmn.toml")
    assert main(["register", "rebuild", "--why", "no need", "--config", config]) == 2
    (world.root / REGISTER).write_bytes(b"not a database")
    capsys.readouterr()
    assert main(["status", "--config", config]) == 1
    assert "cmn register rebuild" in capsys.readouterr().err
    assert main(["register", "rebuild", "--why", "the disk broke", "--config", config]) == 0
    assert [path.read_bytes() for path in (world.root / "restricted").glob("register.sqlite.damaged-*")] == [
        b"not a database"
    ]
    again(world)
    assert world.starts() == ["11-10T10:00", "11-11T10:00"]


def test_a_rebuilt_register_knows_a_key_that_is_not_the_records_own(world: World) -> None:
    (world.root / REGISTER).unlink()
    (world.root / KEY).write_bytes(b"k" * 32)
    config = str(world.root / "cmn.toml")
    assert main(["register", "rebuild", "--why", "the disk broke", "--config", config]) == 0
    with pytest.raises(StateDamaged, match=KEY):
        again(world)


def test_a_lock_that_is_a_folder_is_named(world: World) -> None:
    as_folder(world.root / "restricted/run.lock")
    with pytest.raises(StateDamaged, match=r"run\.lock is a folder.*remove the folder"):
        ingest_app(world.last)


def test_a_register_that_is_busy_for_long_is_no_damage(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("home.register.register_file.BUSY_SECONDS", 0)
    with closing(sqlite3.connect(world.root / REGISTER, isolation_level=None)) as db:
        db.execute("begin immediate")
        with pytest.raises(AnotherRunHoldsTheLock), Register(world.last.home):
            pass


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff\xfe", b"{", b'{"week": 1}'])
def test_a_commit_that_is_none_is_refused(world: World, content: bytes) -> None:
    late = world.last.__class__(**{**fields_of(world.last), "as_of": world.last.as_of.replace(year=2027, month=3)})
    apply_retention(late)
    commit = world.root / f"cells/weeks/app/{MONDAY}.json"
    commit.write_bytes(content)
    with pytest.raises(Refusal, match=rf"{MONDAY}\.json .*cmn weeks retract {MONDAY} --source app"):
        again(world)


def told(register: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(register)) as db:
        tables = ("runs", "covered_days", "accepted_empty_days", "snapshots", "dropped_by_week", "known_files")
        return {table: sorted(db.execute(f"select * from {table}").fetchall(), key=repr) for table in tables}
