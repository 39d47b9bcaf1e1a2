"""Who was erased or objected does not come back: by no late delivery, no browser, no register made anew."""

from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from consent.tombstones import BROWSER, PERSON, expire_tombstones, lay_tombstones, read_tombstones
from home.layout import Home
from home.lock import held
from home.register.register_file import rebuild_register
from refusals.errors import StateDamaged
from tests.worlds.store_world import World

WEEK = ("2026-02-02", "2026-02-08", "2026-02-10T12:00:00Z")
NOON = "2026-02-03T12:00:00Z"


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.sessions(
        ("s1", "anna", NOON, "2026-02-03T12:30:00Z"),
        ("s2", "anna", "2026-02-04T12:00:00Z", "2026-02-04T12:30:00Z"),
        ("s3", "bert", NOON, "2026-02-03T12:10:00Z"),
    )
    Home(world.root).make()
    return world


def stop(
    world: World, reason: str = "erased", *, persons: tuple[str, ...] = (), browsers: tuple[str, ...] = ()
) -> None:
    home = Home(world.root)
    with held(home):
        lay_tombstones(home, PERSON, persons, reason, date(2026, 2, 9))
        lay_tombstones(home, BROWSER, browsers, reason, date(2026, 2, 9))


@pytest.mark.clause("rights-tombstones", "gate-objected", "gate-erased")
@pytest.mark.parametrize("reason", ["objected", "erased"])
def test_what_is_delivered_of_a_stopped_person_is_dropped_for_that_reason(world: World, reason: str) -> None:
    stop(world, reason, persons=("anna",))
    assert world.run(*WEEK)["gate"]["app"] == {reason: 2, "passed": 1}
    assert world.starts() == ["02-03T12:00"]


@pytest.mark.clause("rights-tombstones", "gate-again")
def test_what_is_stored_of_a_stopped_person_goes_with_the_next_run(world: World) -> None:
    assert world.run(*WEEK)["gate"]["app"] == {"passed": 3}
    stop(world, persons=("anna",))
    world.no_sessions()
    world.sessions(file="sessions/later.csv")
    assert world.run(*WEEK)["removed"]["app"] == {"erased": 2}
    assert len(world.stored()) == 1


@pytest.mark.clause("rights-tombstones")
def test_coverage_does_not_count_whom_nobody_may_count(world: World) -> None:
    from home.register.register import Register

    stop(world, persons=("anna",))
    world.run(*WEEK)
    with Register(Home(world.root)) as register:
        dropped = register.dropped("app", date(2026, 2, 2))
    assert (dropped.records, dropped.persons, dropped.delivered) == (0, 0, 3)


@pytest.mark.clause("rights-tombstones", "gate-erased")
def test_a_browser_of_an_erased_person_stays_out_without_an_account(world: World) -> None:
    """Google clears the user id of rows that it exports again: the browser is all that is left to know them by."""
    stop(world, persons=("anna",), browsers=("browser-of-anna",))
    world.events("2026-02-03", ("browser-of-anna", None, NOON), ("another", None, NOON))
    counts = world.run(*WEEK, ingest=("ga4_export",))
    assert counts["gate"]["ga4_export"] == {"erased": 1, "passed": 1}
    assert len(world.stored("ga4_export")) == 1


@pytest.mark.clause("rights-tombstones")
def test_a_browser_that_is_seen_with_an_erased_person_later_is_stopped_too(world: World) -> None:
    stop(world, persons=("anna",))
    world.events("2026-02-03", ("new-phone", None, NOON), ("berts", "bert", NOON))
    assert world.run(*WEEK, ingest=("ga4_export",))["gate"]["ga4_export"] == {"passed": 2}
    world.events("2026-02-04", ("new-phone", "anna", "2026-02-04T12:00:00Z"))
    counts = world.run(*WEEK, ingest=("ga4_export",))
    assert (counts["removed"]["ga4_export"], counts["gate"]["ga4_export"]) == (
        {"erased": 1},
        {"erased": 2, "passed": 1},
    )
    (world.root / "landing/ga4/events_20260204.json.gz").unlink()
    world.events("2026-02-03", ("new-phone", None, NOON), ("berts", "bert", NOON))
    assert world.run(*WEEK, ingest=("ga4_export",))["gate"]["ga4_export"] == {"erased": 1, "passed": 1}
    assert {one.kind for one in read_tombstones(Home(world.root))} == {"person", "browser"}


@pytest.mark.clause("rights-tombstones")
def test_an_erased_person_is_no_label_of_others(world: World) -> None:
    """Anna's and Bert's shared browser made them one person, named by the smaller id: hers. Hers may stand nowhere."""
    delivered = (("shared", "anna", NOON), ("shared", "bert", NOON), ("berts", "bert", NOON))
    world.events("2026-02-03", *delivered)
    world.run(*WEEK, ingest=("ga4_export",))
    (before,) = {row["person"] for row in world.stored("ga4_export")}
    stop(world, persons=("anna",))
    world.run(*WEEK, ingest=("ga4_export",))
    (left,) = world.stored("ga4_export")
    assert before not in (left["person"], left["browser"], *left["gate_persons"])


@pytest.mark.clause("rights-tombstones", "home-state-is-known")
def test_tombstones_hold_no_id_are_known_and_cannot_be_lost_in_silence(world: World) -> None:
    stop(world, persons=("anna",), browsers=("browser-of-anna",))
    home = Home(world.root)
    assert b"anna" not in home.tombstones.read_bytes()
    whole = home.tombstones.read_bytes()
    for damaged in (b"", whole[:-40], whole.replace(b"erased", b"absurd")):
        home.tombstones.write_bytes(damaged)
        with pytest.raises(StateDamaged, match=r"tombstones\.jsonl"):
            world.run(*WEEK)
    home.tombstones.unlink()
    with pytest.raises(StateDamaged, match=r"tombstones\.jsonl is missing"):
        world.run(*WEEK)
    home.tombstones.write_bytes(whole)
    (home.keys / "tombstones.key").unlink()
    with pytest.raises(StateDamaged, match=r"tombstones\.key is missing"):
        world.run(*WEEK)


@pytest.mark.clause("rights-tombstones")
def test_tombstones_outlast_a_register_that_is_made_anew(world: World) -> None:
    stop(world, persons=("anna",))
    home = Home(world.root)
    home.register.unlink()
    rebuild_register(home, "lost")
    assert world.run(*WEEK)["gate"]["app"] == {"erased": 2, "passed": 1}


def test_laying_twice_lays_once_and_the_time_of_old_ones_ends(world: World) -> None:
    stop(world, persons=("anna",))
    stop(world, persons=("anna", "bert"))
    home = Home(world.root)
    assert len(read_tombstones(home)) == 2
    with held(home):
        assert expire_tombstones(home, date(2026, 2, 9)) == 0
        assert expire_tombstones(home, date(2026, 2, 10)) == 2
    assert read_tombstones(home) == []


@pytest.mark.parametrize("user_id", ["1", "00123", "Zoë", "2697787.2422183099", "a'b\"c", "x" * 500])
def test_the_hash_in_sql_is_the_hash_in_python(world: World, user_id: str) -> None:
    world.births(**{user_id: "1990-05-17"})
    world.consents((user_id, True, "2026-01-01T00:00:00Z"))
    world.sessions(("s1", user_id, NOON, "2026-02-03T12:30:00Z"))
    stop(world, persons=(user_id,))
    assert world.run(*WEEK)["gate"]["app"] == {"erased": 1}
    assert not list(Home(world.root).records.rglob("*.parquet")) or not pq.read_table(
        next(Home(world.root).records.rglob("*.parquet"))
    )
