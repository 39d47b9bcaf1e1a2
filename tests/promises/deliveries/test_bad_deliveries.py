"""A delivery that is bad as a whole is refused by name and costs no week; days that never came are not read."""

import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from command.main import main
from home.register.register import Register
from home.weeks.week_states import settled_weeks
from refusals.errors import InputRefused
from tests.services.postgres import postgres_database, run_sql  # noqa: F401
from tests.worlds.app_deliveries import SESSION_COLUMNS, Row, content
from tests.worlds.store_world import World

NOW = "2026-11-19T06:00:00Z"
MONDAY, SUNDAY = "2026-11-09", "2026-11-15"
WEEK = [f"2026-11-{day:02}" for day in range(9, 16)]
USERS = [f"user-{number:02}" for number in range(20)]

Change = Callable[[dict[str, str | None]], object]


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path / "home")
    made.users(*USERS)
    made.consents(*((who, True, "2026-01-01T00:00:00Z") for who in USERS))
    return made


def sessions(number: int, day: str = "2026-11-10", name: str = "s", user: str = "user-{:02}") -> list[Row]:
    return [
        {
            "session_id": f"{name}{day}-{at}",
            "user_id": user.format(at % len(USERS)),
            "started_at": f"{day}T10:{at % 60:02}:00Z",
            "ended_at": f"{day}T11:{at % 60:02}:00Z",
            "ip_address": "10.1.2.3",
            "platform": "ios",
        }
        for at in range(number)
    ]


def spoilt(rows: Sequence[Row], column: str, value: Callable[[str], str | None]) -> list[Row]:
    return [{**row, column: value(row[column] or "")} for row in rows]


def put(world: World, rows: Sequence[Row], name: str = "day.csv") -> Path:
    path = world.root / "landing/app/sessions" / name
    path.write_bytes(content(name.split(".", 1)[1], rows, SESSION_COLUMNS))
    return path


def run(world: World, first: str = MONDAY, last: str = SUNDAY, ingest: Sequence[str] = ("app",)) -> dict:
    return world.run(first, last, NOW, ingest)


def ingested(world: World, source: str = "app") -> list[str]:
    with Register(world.last.home) as register:
        return [str(day) for day in register.ingested_days(source)]


def is_open(world: World, source: str = "app") -> bool:
    with Register(world.last.home) as register:
        return [str(week) for week in register.open_weeks(source)] == [MONDAY]


def accept(world: World, name: str, *more: str) -> int:
    config = str(world.root / "cmn.toml")
    return main(["deliveries", "accept", name, "--why", "Known, and as it is.", "--config", config, *more])


# What is wrong with every record, and the reason it is told by
SPOILT: list[tuple[str, str, Callable[[str], str | None], str]] = [
    ("another form of time", "started_at", lambda text: text.replace("Z", " UTC"), "bad_timestamp"),
    ("no offset", "ended_at", lambda text: text.replace("Z", ""), "bad_timestamp"),
    ("seconds since 1970", "started_at", lambda _: "1792483200", "bad_timestamp"),
    ("a port after the address", "ip_address", lambda text: f"{text}:51234", "bad_ip"),
    ("a port after an IPv6 address", "ip_address", lambda _: "[2001:db8::1]:443", "bad_ip"),
    ("a list of addresses", "ip_address", lambda text: f"{text}, {text}", "bad_ip"),
    ("no user", "user_id", lambda _: None, "missing_field"),
    ("ends in another time zone", "ended_at", lambda text: text.replace("Z", "+14:00"), "ends_before_start"),
    ("an end in another year", "ended_at", lambda text: text.replace("2026", "2027"), "too_long"),
]


@pytest.mark.clause("refuse-bad-as-a-whole")
@pytest.mark.parametrize("form", ["csv", "jsonl.gz", "parquet"])
@pytest.mark.parametrize(("column", "value", "reason"), [case[1:] for case in SPOILT], ids=[case[0] for case in SPOILT])
def test_a_wholly_bad_file_is_refused_and_the_right_one_mends_it(
    world: World, form: str, column: str, value: Callable[[str], str | None], reason: str
) -> None:
    rows = sessions(12)
    bad = put(world, spoilt(rows, column, value), f"day.{form}")
    put(world, sessions(8, "2026-11-12"), "other.csv")
    with pytest.raises(InputRefused) as refused:
        run(world)
    told = str(refused.value)
    assert told.startswith(f"sessions/day.{form}: 12 of its 12 records are bad ({reason} 12), over 20 %: ")
    assert f"cmn deliveries accept sessions/day.{form} --why" in told
    assert "\n" not in told
    assert (world.stored(), ingested(world), is_open(world)) == ([], [], True)
    bad.unlink()
    put(world, rows, f"mended.{form}")
    assert run(world)["gate"] == {"app": {"passed": 20}}
    assert ingested(world) == WEEK


@pytest.mark.clause("refuse-bad-as-a-whole")
@pytest.mark.parametrize(
    ("bad", "good", "is_refused"),
    [(4, 0, False), (5, 0, True), (5, 20, False), (5, 19, True), (6, 24, False), (6, 23, True), (100, 400, False)],
)
def test_the_share_is_over_a_fifth_and_five_at_least(world: World, bad: int, good: int, is_refused: bool) -> None:
    put(world, [*spoilt(sessions(bad, name="bad"), "ended_at", lambda _: "soon"), *sessions(good)])
    if is_refused:
        with pytest.raises(InputRefused, match=f"{bad} of its {bad + good} records"):
            run(world)
    else:
        assert run(world)["quarantine"]["app"] == {"bad_timestamp": bad}


@pytest.mark.clause("refuse-bad-as-a-whole")
def test_future_records_do_not_count(world: World) -> None:
    put(world, [*sessions(50, "2026-12-01"), *sessions(3)])
    assert run(world)["quarantine"]["app"] == {"in_future": 50}


@pytest.mark.clause("refuse-bad-as-a-whole")
def test_one_bad_week_in_a_file_of_many_good_ones_is_refused(world: World) -> None:
    old = [row for day in range(1, 29) for row in sessions(40, f"2026-09-{day:02}")]
    put(world, [*old, *spoilt(sessions(12), "ip_address", lambda _: "gateway")])
    with pytest.raises(InputRefused, match="12 of its 12 records of week 2026-11-09 are bad"):
        run(world)
    assert run(world, "2026-09-07", "2026-09-13")["gate"]["app"] == {"passed": 280}, "another week is not concerned"
    for day in WEEK[1:3]:
        with pytest.raises(InputRefused, match="of week 2026-11-09"):
            run(world, day, day)


# Of the snapshots: the file, its columns, a good row, and what is wrong with the bad ones
SNAPSHOTS: list[tuple[str, str, str, str]] = [
    ("users.csv", "{0},NL,1990-05-17,2020-01-01T00:00:00Z,", "{0},NL,1990-05-17,01-02-2020,", "bad_timestamp"),
    ("users.csv", "{0},NL,1990-05-17,,", "{0},NL,17-05-1990,,", "bad_birth_date"),
    ("users.csv", "{0},NL,1990-05-17,,", "{0},NL", "unreadable"),
    ("consents.csv", "{0},analytics,true,2024-02-19,2026-01-01T00:00:00Z", "{0},analytics,true,2024-02-19,1767225600",
     "bad_timestamp"),
    ("consents.csv", "{0},analytics,true,2024-02-19,2026-01-01T00:00:00Z",
     "{0},Analytics,true,2024-02-19,2026-01-01T00:00:00Z", "bad_value"),
    ("consents.csv", "{0},analytics,true,2024-02-19,2026-01-01T00:00:00Z",
     "{0},analytics,granted,2024-02-19,2026-01-01T00:00:00Z", "bad_value"),
]  # fmt: skip
HEADERS = {
    "users.csv": "user_id,country,birth_date,registered_at,closed_at",
    "consents.csv": "user_id,purpose,granted,policy_version,recorded_at",
}


@pytest.mark.clause("refuse-bad-as-a-whole")
@pytest.mark.parametrize(("file", "good", "bad", "reason"), SNAPSHOTS)
def test_snapshots_are_held_to_the_same(world: World, file: str, good: str, bad: str, reason: str) -> None:
    put(world, sessions(20))
    run(world)
    before = world.stored()
    path = world.root / "landing/app" / file
    for bad_rows, is_refused in ((4, False), (20, True)):
        lines = [(bad if at < bad_rows else good).format(who) for at, who in enumerate(USERS)]
        path.write_text("\n".join([HEADERS[file], *lines]) + "\n")
        if is_refused:
            with pytest.raises(InputRefused, match=rf"{file}: 20 of its \d+ records are bad \({reason} 20\)"):
                run(world)
        else:
            run(world)
            path.write_text("\n".join([HEADERS[file], *(good.format(who) for who in USERS)]) + "\n")
            run(world)
            before = world.stored()
    assert world.stored() == before, "nobody was taken out of the store by a damaged snapshot"


@pytest.mark.clause("refuse-bad-as-a-whole", "refuse-accepted")
@pytest.mark.parametrize("form", ["{:04}", "id-{}", "{}.0"])
def test_sessions_whose_ids_have_another_form_are_refused(world: World, form: str) -> None:
    put(world, sessions(12, user=form), "new.csv")
    put(world, sessions(20, "2026-11-12"), "old.csv")
    with pytest.raises(InputRefused, match=r"sessions/new.csv: 12 of the 12 users of its sessions of week 2026-11-09"):
        run(world)
    assert ingested(world) == []
    assert accept(world, "sessions/new.csv") == 0
    assert run(world)["gate"] == {"app": {"passed": 20, "unknown_user": 12}}


def test_a_few_unknown_users_are_the_gates_affair(world: World) -> None:
    put(world, [*sessions(4, user="gone-{}"), *sessions(12, "2026-11-11", user="away-{}"), *sessions(20, "2026-11-12")])
    assert run(world)["gate"] == {"app": {"passed": 20, "unknown_user": 16}}


@pytest.mark.clause("command-status", "refuse-accepted")
def test_an_accepted_delivery_is_taken_and_no_other_under_its_name(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = spoilt(sessions(12), "ip_address", lambda _: "gateway")
    put(world, [*rows, *sessions(2, "2026-11-11")])
    with pytest.raises(InputRefused):
        run(world)
    assert accept(world, "sessions/day.csv") == 0
    counts = run(world)
    assert counts["gate"] == {"app": {"passed": 2}}
    assert counts["quarantine"]["app"] == {"bad_ip": 12}
    assert "accepted, though 12 of its 14 records are bad (bad_ip 12)" in counts["notes"]["app"][0]
    capsys.readouterr()
    config = str(world.root / "cmn.toml")
    main(["deliveries", "list", "--config", config])
    assert "sessions/day.csv" in (told := capsys.readouterr().out) and "Known, and as it is." in told
    main(["status", "--config", config, "--json"])
    (one,) = json.loads(capsys.readouterr().out)["accepted_deliveries"]
    assert (one["source"], one["name"], one["why"]) == ("app", "sessions/day.csv", "Known, and as it is.")
    put(world, rows)
    with pytest.raises(InputRefused, match="12 of its 12 records"):
        run(world)


@pytest.mark.parametrize(
    ("name", "more", "code"),
    [("sessions/other.csv", (), 2), ("day.csv", (), 2), ("sessions/day.csv", ("--source", "ga4_export"), 2),
     ("sessions/day.csv", ("--why", " "), 2), ("sessions/day.csv", (), 0), ("users.csv", (), 0)],
)  # fmt: skip
def test_what_can_be_accepted(world: World, name: str, more: Sequence[str], code: int) -> None:
    put(world, sessions(1))
    assert accept(world, name, *more) == code


# Empty days

BUSY = [f"2026-11-{day:02}" for day in range(2, 19)]


def daily(world: World, days: Sequence[str], each: int = 12) -> None:
    for day in days:
        put(world, sessions(each, day), f"{day}.csv")


@pytest.mark.clause("command-weeks-accept-empty", "day-awaited")
@pytest.mark.parametrize("missing", [["2026-11-10"], ["2026-11-14", "2026-11-15"], WEEK])
def test_a_busy_source_awaits_the_days_that_did_not_come(world: World, missing: list[str]) -> None:
    daily(world, [day for day in BUSY if day not in missing])
    assert run(world)["awaited"]["app"] == missing
    assert ingested(world) == [day for day in WEEK if day not in missing]
    assert is_open(world)
    assert (
        main(["weeks", "accept-empty", *missing[:1], "--source", "app", "--config", str(world.root / "cmn.toml")]) == 0
    )
    daily(world, missing[1:])
    assert run(world)["awaited"]["app"] == []
    assert ingested(world) == WEEK


@pytest.mark.clause("day-awaited")
@pytest.mark.parametrize("each", [1, 9])
def test_a_small_app_has_quiet_days(world: World, each: int) -> None:
    daily(world, [day for day in BUSY if day not in WEEK[1:5]], each)
    assert run(world)["awaited"]["app"] == []
    assert ingested(world) == WEEK


def test_a_week_of_one_busy_day_is_read(world: World) -> None:
    """Nothing tells a habit."""
    daily(world, WEEK[2:3], 50)
    assert run(world)["awaited"]["app"] == []


@pytest.mark.clause("day-awaited")
def test_a_delivery_over_a_quiet_day_tells_that_it_was_quiet(world: World) -> None:
    put(world, [row for day in BUSY if day != WEEK[3] for row in sessions(12, day)], "all.csv")
    assert run(world)["awaited"]["app"] == []
    assert ingested(world) == WEEK


@pytest.mark.parametrize("form", ["csv", "parquet", "csv.gz"])
def test_a_header_alone_is_an_empty_delivery(world: World, form: str) -> None:
    put(world, [], f"day.{form}")
    assert run(world)["awaited"]["app"] == WEEK
    assert (ingested(world), is_open(world)) == ([], True)
    main(["weeks", "accept-empty", *WEEK, "--source", "app", "--config", str(world.root / "cmn.toml")])
    assert run(world)["awaited"]["app"] == []
    assert ingested(world) == WEEK


def test_what_has_left_the_drop_folder_was_delivered(world: World) -> None:
    for day in BUSY:
        world.no_sessions()
        daily(world, [day])
        run(world, day, day)
    assert run(world)["awaited"]["app"] == []
    assert settled_weeks(world.last.home, "app") == {}


# GA4

GA4 = ("ga4_export",)


def events(number: int, day: str = "2026-11-10") -> list[tuple[str, None, str]]:
    return [(f"{at}.1", None, f"{day}T12:{at % 60:02}:00+00:00") for at in range(number)]


def whole_week(world: World, number: int = 30) -> None:
    for day in WEEK:
        world.events(day, *events(number, day))


def test_a_whole_week_is_read(world: World) -> None:
    whole_week(world)
    run(world, ingest=GA4)
    assert ingested(world, "ga4_export") == WEEK


@pytest.mark.clause("refuse-ga4-shrunk")
@pytest.mark.parametrize(("left", "is_refused"), [(2, True), (23, True), (24, False), (30, False), (60, False)])
@pytest.mark.parametrize("kind", ["intraday", "fresh"])
def test_a_shrunken_daily_file_does_not_win_in_silence(world: World, left: int, is_refused: bool, kind: str) -> None:
    whole_week(world)
    world.events("2026-11-10", *events(left))
    world.events("2026-11-10", *events(30), name=f"events_{kind}_{{}}.json.gz")
    if not is_refused:
        run(world, ingest=GA4)
        return
    with pytest.raises(InputRefused, match=f"events_20261110.json.gz: {left} events of 2026-11-10, over 20 % fewer"):
        run(world, ingest=GA4)
    assert (world.stored("ga4_export"), ingested(world, "ga4_export")) == ([], [])
    assert accept(world, "events_20261110.json.gz") == 0
    assert run(world, ingest=GA4)["gate"]["ga4_export"] == {"passed": 180 + left}
    world.events("2026-11-10", *events(left)[:-1])
    with pytest.raises(InputRefused, match="beside it"):
        run(world, ingest=GA4)


@pytest.mark.clause("refuse-ga4-shrunk")
def test_a_daily_file_that_shrank_since_it_was_read_is_refused(world: World) -> None:
    whole_week(world)
    run(world, ingest=GA4)
    before = world.stored("ga4_export")
    world.events("2026-11-10", *events(10))
    with pytest.raises(
        InputRefused, match=r"10 events of 2026-11-10, .* than the 30 that were read of that date before"
    ):
        run(world, ingest=GA4)
    assert world.stored("ga4_export") == before
    assert accept(world, "events_20261110.json.gz") == 0
    run(world, ingest=GA4)
    run(world, ingest=GA4)
    assert len(world.stored("ga4_export")) == 190


@pytest.mark.clause("refuse-accepted")
@pytest.mark.parametrize(
    ("name", "data", "says"),
    [("events_20261110.json", b"", "empty"), ("events_20261110.json.gz", gzip.compress(b"", mtime=0), "empty"),
     ("events_20261110.parquet", b"", "empty"), ("events_20261110.json", b"[", "JSON array"),
     ("events_20261110.json", b'[{"event_timestamp": "1"}]', "JSON array"),
     ("events_20261110.jsonl", b"nothing\n" * 5, r"5 of its 5 records are bad \(unreadable 5\)"),
     ("events_20260101.json", b"", "empty")],
)  # fmt: skip
def test_a_day_file_of_nothing_is_refused(world: World, name: str, data: bytes, says: str) -> None:
    whole_week(world)
    (world.root / "landing/ga4/events_20261110.json.gz").rename(
        world.root / "landing/ga4/events_intraday_20261110.json.gz"
    )
    (world.root / "landing/ga4" / name).write_bytes(data)
    with pytest.raises(InputRefused, match=f"{name}: .*{says}"):
        run(world, ingest=GA4)
    assert ingested(world, "ga4_export") == []


@pytest.mark.clause("command-weeks-accept-empty", "day-ingested")
def test_a_day_file_without_a_record_is_an_empty_day(world: World) -> None:
    whole_week(world)
    (world.root / "landing/ga4/events_20261110.json.gz").write_bytes(gzip.compress(b"\n"))
    assert run(world, ingest=GA4)["awaited"]["ga4_export"] == ["2026-11-10"]
    assert ingested(world, "ga4_export") == [day for day in WEEK if day != "2026-11-10"]
    main(["weeks", "accept-empty", "2026-11-10", "--source", "ga4_export", "--config", str(world.root / "cmn.toml")])
    assert run(world, ingest=GA4)["awaited"]["ga4_export"] == []
    assert ingested(world, "ga4_export") == WEEK


# A database

TABLES = """
create table users (user_id text, country text, birth_date date, registered_at timestamptz, closed_at timestamptz);
create table consents (user_id text, purpose text, granted boolean, policy_version text, recorded_at timestamptz);
create table sessions (session_id text, user_id text, started_at timestamptz, ended_at timestamptz, ip_address text,
                       platform text);
insert into users select 'user-' || lpad(n::text, 2, '0'), 'NL', '1990-05-17', null, null from generate_series(0, 19) n;
insert into consents select user_id, 'analytics', true, '2024-02-19', '2026-01-01T00:00:00Z' from users;
"""
MORE = """
insert into sessions select '{name}' || n, 'user-' || lpad(n::text, 2, '0'), '2026-11-10T10:00:00Z',
    '2026-11-10T10:30:00Z', '{address}', 'ios' from generate_series(0, {number} - 1) n;
"""


@pytest.mark.clause("refuse-accepted")
def test_a_table_is_known_by_what_is_bad_in_it(world: World, postgres_database: str) -> None:  # noqa: F811
    config = world.root / "cmn.toml"
    config.write_text(config.read_text().replace('files = "landing/app"', f'database = "{postgres_database}"'))
    run_sql(postgres_database, TABLES + MORE.format(name="bad", address="gateway", number=12))
    run_sql(postgres_database, MORE.format(name="good", address="10.1.2.3", number=9))
    with pytest.raises(InputRefused, match=r"^sessions: 12 of its 21 records are bad \(bad_ip 12\), over 20 %"):
        run(world)
    assert (world.stored(), ingested(world)) == ([], [])
    assert accept(world, "sessions") == 0
    assert run(world)["gate"] == {"app": {"passed": 9}}
    run_sql(postgres_database, MORE.format(name="further", address="10.1.2.3", number=3))
    assert run(world)["gate"] == {"app": {"passed": 12}}, "a further good record is no other delivery"
    run_sql(postgres_database, MORE.format(name="another", address="gateway", number=1))
    with pytest.raises(InputRefused, match="13 of its 25 records"):
        run(world)
