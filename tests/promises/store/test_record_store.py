"""What is stored, and when it goes (contract sections 3 to 5): late deliveries, withdrawal, retention, links."""

from datetime import UTC, date
from pathlib import Path

import pytest

from home.register.register import Dropped, Register
from home.weeks.week_states import settled_weeks
from ingestion.app.batch import ingest_app
from ingestion.store.retention import apply_retention
from refusals.errors import InputRefused, UsageError
from tests.worlds.store_world import World

NOW = "2026-11-19T06:00:00Z"
MONDAY, SUNDAY = "2026-11-09", "2026-11-15"
A = ("s1", "anna", "2026-11-10T10:00:00Z", "2026-11-10T10:30:00Z")
B = ("s2", "bert", "2026-11-11T10:00:00Z", "2026-11-11T10:30:00Z")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "home")


def week(world: World, as_of: str = NOW) -> dict:
    return world.run(MONDAY, SUNDAY, as_of)


@pytest.mark.clause("stored-no-identity")
def test_a_record_holds_no_identity(world: World) -> None:
    world.sessions(A)
    assert week(world)["gate"] == {"app": {"passed": 1}}
    (row,) = world.stored()
    assert set(row) == {"person", "session", "started_at", "ended_at", "region_code", "age_band", "platform"}
    assert (row["region_code"], row["age_band"], row["platform"]) == ("NL-GE", "35-44", "ios")
    assert "anna" not in str(row) and "s1" not in str(row)


@pytest.mark.clause("stored-no-identity", "region-leaf")
def test_a_platform_that_is_no_word_is_not_kept(world: World) -> None:
    path = world.root / "landing/app/sessions/1.csv"
    path.write_text(f"session_id,user_id,started_at,ended_at,ip_address,platform\n{','.join(A)},,anna@example.org\n")
    week(world)
    assert [row["platform"] for row in world.stored()] == ["other"]
    assert world.stored()[0]["region_code"] == "BE-?", "no address: the profile's country"


@pytest.mark.clause("mart-usage-by-platform")
def test_a_platform_that_was_not_delivered_stays_unknown(world: World) -> None:
    path = world.root / "landing/app/sessions/1.csv"
    path.write_text(f"session_id,user_id,started_at,ended_at,ip_address,platform\n{','.join(A)},,\n")
    week(world)
    assert [row["platform"] for row in world.stored()] == [None]


def test_repeating_a_run_changes_nothing(world: World) -> None:
    world.sessions(A, B)
    first = week(world)
    before = world.stored()
    assert week(world)["gate"] == first["gate"]
    assert world.stored() == before


@pytest.mark.clause("batch-interval")
def test_only_the_intervals_days_are_stored(world: World) -> None:
    world.sessions(A, B)
    assert world.run("2026-11-11", "2026-11-11", NOW)["gate"] == {"app": {"passed": 1}}
    assert world.starts() == ["11-11T10:00"]
    world.run("2026-11-10", "2026-11-10", NOW)
    assert world.starts() == ["11-10T10:00", "11-11T10:00"]


@pytest.mark.clause("gate-again")
def test_a_withdrawal_empties_the_store_in_the_next_run_even_over_other_days(world: World) -> None:
    world.sessions(A, B)
    week(world)
    world.consents(
        ("anna", True, "2026-01-01T00:00:00Z"),
        ("anna", False, "2026-11-18T00:00:00Z"),
        ("bert", True, "2026-01-01T00:00:00Z"),
    )
    counts = world.run("2026-11-16", "2026-11-16", NOW)
    assert counts["removed"] == {"app": {"withdrawn_since": 1}}
    assert world.starts() == ["11-11T10:00"]


@pytest.mark.clause("gate-again")
def test_a_closed_account_and_an_account_that_is_gone_take_their_records_along(world: World) -> None:
    world.sessions(A, B, ("s3", "carl", "2026-11-12T10:00:00Z", "2026-11-12T10:30:00Z"))
    names = ["anna", "bert", "carl", *(f"user{number}" for number in range(60))]
    world.users(*names)
    world.consents(*((who, True, "2026-01-01T00:00:00Z") for who in ("anna", "bert", "carl")))
    week(world)
    world.users(*[name for name in names if name != "carl"], anna="2026-11-18T00:00:00Z")
    world.no_sessions()
    assert week(world)["removed"] == {"app": {"account_closed": 1, "unknown_user": 1}}
    assert world.starts() == ["11-11T10:00"]


def test_the_last_record_of_a_week_leaves_no_file(world: World) -> None:
    world.sessions(A)
    week(world)
    world.users("anna", "bert", anna="2026-11-18T00:00:00Z")
    week(world)
    assert list((world.root / "restricted/records").rglob("*.parquet")) == []


def test_a_corrected_birth_date_moves_the_age_band(world: World) -> None:
    world.sessions(A)
    week(world)
    world.births(anna="2004-01-01", bert="1990-05-17")
    world.no_sessions()
    week(world)
    assert [row["age_band"] for row in world.stored()] == ["18-24"]


@pytest.mark.clause("session-once")
def test_a_later_end_replaces_the_stored_row(world: World) -> None:
    world.sessions(A)
    week(world)
    world.no_sessions()
    world.sessions((*A[:3], "2026-11-10T11:00:00Z"))
    week(world)
    assert [str(row["ended_at"].hour) for row in world.stored()] == ["11"]


def test_an_earlier_end_or_an_open_one_does_not(world: World) -> None:
    world.sessions(A)
    week(world)
    for end in ("2026-11-10T10:10:00Z", ""):
        world.no_sessions()
        world.sessions((*A[:3], end))
        counts = week(world)
        assert [row["ended_at"].minute for row in world.stored()] == [30]
        assert counts["gate"]["app"] == {"passed": 1}, "the stored row is the one that counts"
        assert counts["still_open"]["app"] == 0


@pytest.mark.clause("session-once")
def test_a_row_that_replaces_a_stored_one_and_fails_the_gate_removes_it(world: World) -> None:
    world.sessions(A)
    week(world)
    world.no_sessions()
    world.sessions(("s1", "nobody", A[2], "2026-11-10T11:00:00Z"))
    assert week(world)["gate"] == {"app": {"unknown_user": 1}}
    assert world.stored() == []


@pytest.mark.clause("batch-interval", "gate-local-days")
def test_a_session_that_moves_over_monday_midnight_counts_once(world: World) -> None:
    """Stored as of Sunday 23:59 in Amsterdam, delivered again with a start on Monday 00:00 and a later end."""
    world.sessions(("s1", "anna", "2026-11-15T22:59:00Z", "2026-11-15T23:10:00Z"))
    world.run(MONDAY, "2026-11-22", "2026-11-26T06:00:00Z")
    assert [file.stem for file in sorted((world.root / "restricted/records/app").iterdir())] == ["2026-11-09"]
    world.sessions(("s1", "anna", "2026-11-15T23:00:00Z", "2026-11-15T23:20:00Z"))
    world.run(MONDAY, "2026-11-22", "2026-11-26T06:00:00Z")
    assert [file.stem for file in sorted((world.root / "restricted/records/app").iterdir())] == ["2026-11-16"]
    assert len(world.stored()) == 1


@pytest.mark.clause("session-open")
def test_an_open_session_is_counted_and_stored_when_closed(world: World) -> None:
    world.sessions((*A[:3], ""))
    assert week(world)["still_open"] == {"app": 1}
    assert world.stored() == []
    world.sessions(A, file="sessions/2.csv")
    counts = week(world)
    assert (counts["still_open"], counts["gate"]) == ({"app": 0}, {"app": {"passed": 1}})


@pytest.mark.clause("refuse-shrunken-snapshot")
def test_a_truncated_ledger_is_refused_and_nothing_changes(world: World) -> None:
    world.consents(
        *((f"user{number}", True, "2026-01-01T00:00:00Z") for number in range(39)),
        ("anna", True, "2026-01-01T00:00:00Z"),
    )
    world.sessions(A)
    week(world)
    before = world.stored()
    world.consents(("anna", True, "2026-01-01T00:00:00Z"))
    with pytest.raises(InputRefused, match="consents"):
        week(world)
    assert world.stored() == before


@pytest.mark.clause("stored-thirteen-weeks")
def test_records_and_the_key_of_their_time_go_after_thirteen_weeks(world: World) -> None:
    world.sessions(A)
    week(world)
    key = world.root / "restricted/keys/2026-11-09.key"
    assert key.exists()
    world.run(MONDAY, MONDAY, "2027-02-14T22:59:59Z")
    apply_retention(world.last)
    assert len(world.stored()) == 1, (
        "the week ended on 15 November; thirteen weeks later is 15 February, 00:00 in Amsterdam"
    )
    world.no_sessions()
    world.run("2027-02-14", "2027-02-14", "2027-02-14T23:00:00Z")
    apply_retention(world.last)
    assert world.stored() == [] and not key.exists()
    commit = settled_weeks(world.last.home, "app")[date(2026, 11, 9)]
    assert commit.state == "withheld", "records were destroyed before it froze"


@pytest.mark.clause("day-ingested")
def test_days_count_as_ingested_three_days_after_their_week(world: World) -> None:
    world.sessions(A)
    for as_of, expected in (("2026-11-18T22:59:59Z", 0), ("2026-11-18T23:00:00Z", 7)):
        week(world, as_of)
        with Register(world.last.home) as register:
            assert len(register.ingested_days("app")) == expected
    with Register(world.last.home) as register:
        assert register.weeks_to_freeze("app") == [date(2026, 11, 9)]


def ga4(world: World, first: str = MONDAY, last: str = SUNDAY) -> dict:
    return world.run(first, last, NOW, ingest=["ga4_export"])


@pytest.mark.clause("ga4-persons", "ga4-gate")
def test_a_browser_seen_with_an_account_is_that_person_on_all_days_and_passes_its_gate(world: World) -> None:
    world.events("2026-11-09", ("b1", None, "2026-11-09T10:00:00Z"), ("b3", None, "2026-11-09T10:00:00Z"))
    world.events("2026-11-12", ("b1", "anna", "2026-11-12T10:00:00Z"), ("b2", "anna", "2026-11-12T11:00:00Z"))
    assert ga4(world)["gate"] == {"ga4_export": {"passed": 4}}
    assert sorted(len(row["gate_persons"]) for row in world.stored("ga4_export")) == [0, 1, 1, 1]
    assert len({row["person"] for row in world.stored("ga4_export")}) == 2
    world.consents(("anna", False, "2026-11-18T00:00:00Z"), ("bert", True, "2026-01-01T00:00:00Z"))
    assert ga4(world, "2026-11-16", "2026-11-16")["removed"] == {"ga4_export": {"no_consent": 3}}
    assert len(world.stored("ga4_export")) == 1


def test_a_link_seen_later_reaches_the_rows_that_are_stored(world: World) -> None:
    world.events("2026-11-09", ("b1", None, "2026-11-09T10:00:00Z"), ("b2", None, "2026-11-09T10:00:00Z"))
    ga4(world)
    assert len({row["person"] for row in world.stored("ga4_export")}) == 2
    for day in ("2026-11-10", "2026-11-11"):
        world.events(day, ("b1", "anna", f"{day}T10:00:00Z"), ("b2", "anna", f"{day}T10:00:00Z"))
    ga4(world, "2026-11-11", "2026-11-11")
    assert len({row["person"] for row in world.stored("ga4_export")}) == 1
    assert all(len(row["gate_persons"]) == 1 for row in world.stored("ga4_export"))


def test_a_day_file_replaces_what_was_stored_of_it(world: World) -> None:
    world.events("2026-11-09", ("b1", None, "2026-11-09T10:00:00Z"), ("b2", None, "2026-11-09T10:00:00Z"))
    ga4(world)
    world.events("2026-11-09", ("b2", None, "2026-11-09T10:00:00Z"))
    ga4(world)
    assert len(world.stored("ga4_export")) == 1


def test_a_day_file_that_is_gone_loses_nothing(world: World) -> None:
    world.events("2026-11-09", ("b1", None, "2026-11-09T10:00:00Z"))
    ga4(world)
    (world.root / "landing/ga4/events_20261109.json.gz").unlink()
    ga4(world)
    assert len(world.stored("ga4_export")) == 1


@pytest.mark.clause("day-ingested")
def test_a_day_needs_its_own_daily_file_unless_it_is_accepted_as_empty(world: World) -> None:
    for number in range(9, 15):
        world.events(f"2026-11-{number:02}", ("b1", None, f"2026-11-{number:02}T10:00:00Z"))
    world.events("2026-11-15", ("b1", None, "2026-11-15T10:00:00Z"), name="events_intraday_{}.json.gz")
    ga4(world)
    with Register(world.last.home) as register:
        assert register.weeks_to_freeze("ga4_export") == []
        register.accept_empty("ga4_export", [date(2026, 11, 15)])
    ga4(world)
    with Register(world.last.home) as register:
        assert register.weeks_to_freeze("ga4_export") == [date(2026, 11, 9)]


def test_what_a_killed_run_spilled_is_gone_when_the_next_one_begins(world: World) -> None:
    world.sessions(A)
    week(world)
    spilled = world.last.home.spill / "duckdb_temp_block-1.block"
    spilled.parent.mkdir(exist_ok=True)
    spilled.write_bytes(b"anna@example.org")
    week(world)
    assert not spilled.exists()


def test_of_two_rows_alike_the_smaller_user_id_counts_whatever_came_first(world: World) -> None:
    other = (A[0], "bert", *A[2:])
    for first, second in ((A, other), (other, A)):
        world.no_sessions()
        world.sessions(first)
        week(world)
        world.no_sessions()
        world.sessions(second)
        week(world)
        stored = world.stored()
        world.no_sessions()
        world.sessions(A)
        week(world)
        assert world.stored() == stored, "anna's row stood already"


def test_a_refused_batch_leaves_no_size_of_its_snapshots(world: World) -> None:
    world.users(*(f"user{number}" for number in range(55)))
    world.sessions()
    week(world)
    world.users(*(f"user{number}" for number in range(75)))
    world.refused_sessions()
    with pytest.raises(InputRefused, match=r"page\.csv"):
        week(world)
    world.no_sessions()
    world.users(*(f"user{number}" for number in range(55)))
    assert week(world)["gate"] == {"app": {}}


def test_what_regating_took_out_is_told_even_where_the_batch_is_refused(world: World) -> None:
    world.sessions(A)
    week(world)
    world.users("anna", "bert", anna="2026-11-18T00:00:00Z")
    world.refused_sessions()
    with pytest.raises(InputRefused):
        week(world)
    with Register(world.last.home) as register:
        assert register.last_runs(1)[0]["counts"]["removed"] == {"app": {"account_closed": 1}}


def test_what_was_dropped_is_whole_only_where_everything_stored_is_delivered_again(world: World) -> None:
    stranger = ("s9", "nobody", "2026-11-12T10:00:00Z", "2026-11-12T10:30:00Z")
    world.sessions(A, stranger)
    week(world)
    with Register(world.last.home) as register:
        assert register.dropped("app", date(2026, 11, 9)) == Dropped(records=1, persons=1, delivered=2, is_whole=True)
    world.no_sessions()
    world.sessions(B, stranger)
    week(world)
    with Register(world.last.home) as register:
        assert not register.dropped("app", date(2026, 11, 9)).is_whole, "anna's session was not delivered again"


def test_users_as_json_lines_must_say_who_closed_their_account(world: World) -> None:
    """A renamed column would keep every closed account; CSV and Parquet are refused for a missing one anyway."""
    (world.root / "landing/app/users.csv").unlink()
    users = world.root / "landing/app/users.jsonl"
    users.write_text('{"user_id": "anna", "birth_date": "1990-05-17", "closedAt": "2026-11-01T00:00:00Z"}\n')
    world.sessions(A)
    with pytest.raises(InputRefused, match="closed_at"):
        week(world)
    users.write_text('{"user_id": "anna", "birth_date": "1990-05-17", "closed_at": "2026-11-01T00:00:00Z"}\n')
    assert week(world)["gate"] == {"app": {"account_closed": 1}}


@pytest.mark.parametrize("name", ["a*b", "a?b", "h[1]"])
def test_a_home_whose_path_is_a_pattern_is_refused(tmp_path: Path, name: str) -> None:
    world = World(tmp_path / name)
    with pytest.raises(UsageError, match="home"):
        week(world)


def test_a_link_that_leads_to_itself_is_refused_by_name(world: World) -> None:
    (world.root / "landing/app/sessions/loop.csv").symlink_to("loop.csv")
    with pytest.raises(InputRefused, match=r"loop\.csv"):
        week(world)


def test_a_home_that_cannot_be_made_is_refused_by_name(world: World) -> None:
    (world.root / "restricted").write_text("a file")
    with pytest.raises(UsageError, match="home"):
        week(world)


def test_what_was_dropped_is_not_whole_once_a_dropped_session_has_left_the_folder(world: World) -> None:
    stranger = ("s9", "nobody", "2026-11-12T10:00:00Z", "2026-11-12T10:30:00Z")
    world.sessions(A, stranger)
    week(world)
    world.sessions(A)
    week(world)
    with Register(world.last.home) as register:
        assert not register.dropped("app", date(2026, 11, 9)).is_whole


def test_a_refusal_stays_the_runs_outcome_whatever_goes_well_afterwards(world: World) -> None:
    world.refused_sessions()
    with pytest.raises(InputRefused):
        week(world)
    with Register(world.last.home) as register:
        register.finish_run(world.last.run_id, 0, "")
        run = register.run(world.last.run_id)
    assert run["exit_code"] == 3
    assert run["message"].startswith("ingest_app_usage: sessions/page.csv")


def test_a_step_that_went_well_at_its_second_try_is_no_failure(world: World) -> None:
    world.refused_sessions()
    with pytest.raises(InputRefused):
        week(world)
    world.no_sessions()
    ingest_app(world.last)
    with Register(world.last.home) as register:
        register.finish_run(world.last.run_id, 0, "")
        assert register.run(world.last.run_id)["exit_code"] == 0


@pytest.mark.clause("ga4-once", "ga4-days")
def test_days_are_read_again_while_their_week_is_open_and_each_event_counts_once(world: World) -> None:
    """Monday's file grows twice within three days; a stale shard of it comes beside the day after's."""
    first, late, later = (("b1", None, f"2026-11-09T{hour}:00:00Z") for hour in (10, 12, 14))
    for as_of, monday, tuesday, stored, counts in [
        ("2026-11-10T06:00:00Z", [first], [], 1, (0, 1)),
        ("2026-11-11T06:00:00Z", [first, late], [], 2, (0, 2)),
        ("2026-11-12T06:00:00Z", [first, late, later], [late], 3, (1, 3)),
        ("2026-11-13T06:00:00Z", [late, later], [late], 2, (1, 2)),
        ("2026-11-14T06:00:00Z", [late, later], [late], 2, (1, 2)),
    ]:
        world.events("2026-11-09", *monday)
        if tuesday:
            world.events("2026-11-10", *tuesday)
        found = world.run(MONDAY, "2026-11-09", as_of, ingest=["ga4_export"])
        assert len(world.stored("ga4_export")) == stored
        assert (found["export"]["ga4_export"]["duplicates"], found["gate"]["ga4_export"]["passed"]) == counts


@pytest.mark.clause("ga4-days", "ga4-once")
def test_the_daily_file_replaces_what_was_stored_of_the_intraday_one(world: World) -> None:
    shared, taken_back, late = (("b1", None, f"2026-11-09T{hour}:00:00Z") for hour in (10, 12, 14))
    world.events("2026-11-09", shared, taken_back, name="events_intraday_{}.json.gz")
    ga4(world)
    assert sorted(row["event_at"].astimezone(UTC).hour for row in world.stored("ga4_export")) == [10, 12]
    world.events("2026-11-09", shared, late)
    assert ga4(world)["export"] == {"ga4_export": {"duplicates": 0, "flag_flips": 0}}
    assert sorted(row["event_at"].astimezone(UTC).hour for row in world.stored("ga4_export")) == [10, 14]
