"""The counting models against a plain recount in Python, over ties, the end of summer time, midnights and nulls."""

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb
import pytest

from freezing.counting import count_leaf_cells
from home.run import Run
from tests.worlds.record_files import (
    AMSTERDAM,
    AUTUMN,
    NEXT,
    Event,
    Session,
    browsing,
    ingest,
    local,
    make_run,
    population,
    store_events,
    store_sessions,
)

WEEKS = [AUTUMN, NEXT]
MINUTE_BANDS = (0, 1, 5, 15, 30, 60)


def session(person: int, start: Any, minutes: float, region: str = "NL-NH", band: str = "18-24") -> Session:
    return Session(person, start, start + timedelta(minutes=minutes), region, band)


# Written by hand: what each row is there for is asserted by name below.
HOME_TIE = [session(90001, local(AUTUMN, 1, 9), 10, "NL-ZH"), session(90001, local(AUTUMN, 2, 9), 10, "BE-VAN")]
HOME_ALL_ZERO = [session(90002, local(AUTUMN, 1, 9), 0, "NL-ZH"), session(90002, local(AUTUMN, 2, 9), 0, "NL-GR")]
HOME_BY_TIME_NOT_NUMBER = [
    *(session(90003, local(AUTUMN, day, 9), 1, "NL-ZH") for day in range(4)),
    session(90003, local(AUTUMN, 5, 9), 30, "NL-GR"),
]
BIRTHDAY = [
    session(90004, local(AUTUMN, 3, 9), 5, band="25-34"),
    session(90004, local(AUTUMN, 2, 9), 1, band="18-24"),
]
MONDAY_MIDNIGHT = [
    session(90005, local(NEXT, 0, 0) - timedelta(microseconds=1), 10),
    session(90005, local(NEXT, 0, 0), 10),
]
TWICE_TWO = [
    session(90006, local(AUTUMN, 6, 2, 30), 120),
    session(90006, local(AUTUMN, 6, 2, 30, fold=1), 1),
]
LAST_MICROSECOND_OF_A_BAND = [
    Session(90007, local(AUTUMN, 0, 9), local(AUTUMN, 0, 9) + timedelta(minutes=5, microseconds=-1), "??", "65+")
]
SATURDAY = [
    session(90008, local(AUTUMN, 5, 0) - timedelta(microseconds=1), 1),
    session(90008, local(AUTUMN, 5, 0), 1),
]
BY_HAND = [
    *HOME_TIE, *HOME_ALL_ZERO, *HOME_BY_TIME_NOT_NUMBER, *BIRTHDAY, *MONDAY_MIDNIGHT, *TWICE_TWO,
    *LAST_MICROSECOND_OF_A_BAND, *SATURDAY,
]  # fmt: skip
#: A platform each, in turn; one of them none that the policy lists, one not delivered.
ON_PLATFORMS = ("ios", "android", "tv", None, "web", "ios")
SESSIONS = [
    replace(one, platform=ON_PLATFORMS[number % len(ON_PLATFORMS)])
    for number, one in enumerate([*population(1, WEEKS, 250), *BY_HAND])
]
PLATFORMS = ("android", "ios", "web", "other", "unknown")
VISITS = (1, 2, 4, 7, 14)

EVENTS = [
    *browsing(2, WEEKS, 150),
    Event(90001, None, local(AUTUMN, 1, 9), "NL-ZH", "mobile", None, True, None),  # no session id at all
    Event(90002, 7, local(AUTUMN, 1, 9), "NL-ZH", "mobile", True, False, 10),  # a tie of places
    Event(90002, 7, local(AUTUMN, 1, 10), "NL-ZH", "desktop", None, False, 10),
    Event(90003, 8, local(NEXT, 0, 0) - timedelta(seconds=1), "??", "unknown", True, True, 5),  # over Monday midnight
    Event(90003, 8, local(NEXT, 0, 0), "??", "unknown", False, True, 5),
]


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Run:
    run = make_run(tmp_path_factory.mktemp("counted"))
    store_sessions(run, SESSIONS)
    store_events(run, EVENTS)
    for source in run.settings.sources:
        ingest(run, source, WEEKS)
    count_leaf_cells(run)
    return run


def rows(run: Run, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(run.home.warehouse), read_only=True) as con:
        con.execute("set timezone = 'UTC'")
        return con.execute(query).fetchall()


def placed() -> dict[tuple[date, int], tuple[str, str, list[Session]]]:
    """Region, age band and sessions of each person-week, by the contract's words."""
    weeks: dict[tuple[date, int], list[Session]] = defaultdict(list)
    for one in SESSIONS:
        weeks[one.week, one.person].append(one)
    result = {}
    for key, sessions in weeks.items():
        time_by_region: Counter[str] = Counter()
        for one in sessions:
            time_by_region[one.region_code] += one.duration_us
        most = max(time_by_region.values())
        region = min(region for region, time in time_by_region.items() if time == most)
        first = min(one.started_at for one in sessions)
        band = min(one.age_band for one in sessions if one.started_at == first)
        result[key] = (region, band, sessions)
    return result


def test_each_person_week_is_placed_once(counted: Run) -> None:
    expected = {
        (week, UUID(int=person), region, band, len(sessions), sum(one.duration_us for one in sessions))
        for (week, person), (region, band, sessions) in placed().items()
    }
    found = rows(counted, "select * from int_app__person_weeks_placed")
    assert set(found) == expected
    assert len(found) == len(expected)


@pytest.mark.parametrize(
    ("person", "week", "expected"),
    [
        (90001, AUTUMN, ("BE-VAN", "18-24", 2)),  # as much time in two regions: the first code
        (90002, AUTUMN, ("NL-GR", "18-24", 2)),  # no time at all
        (90003, AUTUMN, ("NL-GR", "18-24", 5)),  # most time, not most sessions
        (90004, AUTUMN, ("NL-NH", "18-24", 2)),  # age at the first session, whatever the order of rows
        (90005, AUTUMN, ("NL-NH", "18-24", 1)),  # the last microsecond of Sunday
        (90005, NEXT, ("NL-NH", "18-24", 1)),  # Monday's first instant
    ],
)
def test_placing_by_hand(counted: Run, person: int, week: date, expected: tuple[str, str, int]) -> None:
    found = rows(
        counted,
        f"select region_code, age_band, sessions from int_app__person_weeks_placed"
        f" where person = '{UUID(int=person)}' and week_start = '{week}'",
    )
    assert found == [expected]


def test_the_hour_that_is_there_twice_and_the_weekend(counted: Run) -> None:
    query = (
        "select position, sessions from int_app__axis_positions"
        " where axis = 'hour_by_day_type' and person = '{}' order by position"
    )
    assert rows(counted, query.format(UUID(int=90006))) == [(26, 2)]
    assert rows(counted, query.format(UUID(int=90008))) == [(23, 1), (24, 1)]


def test_a_length_just_below_a_bound_is_in_the_band_below(counted: Run) -> None:
    query = f"select position from int_app__axis_positions where axis = 'length' and person = '{UUID(int=90007)}'"
    assert rows(counted, query) == [(1,)]


def test_leaf_cells(counted: Run) -> None:
    cells: dict[tuple[Any, ...], list[list[Session]]] = defaultdict(list)
    for (week, _), (region, band, sessions) in placed().items():
        cells[week, region, band].append(sessions)
    expected = set()
    for key, persons in cells.items():
        times = sorted((sum(one.duration_us for one in sessions) for sessions in persons), reverse=True)
        second = times[1] if len(times) > 1 else 0
        counts = sorted(map(len, persons), reverse=True)
        top = (counts[0], counts[1] if len(counts) > 1 else 0)
        expected.add((*key, len(persons), sum(counts), sum(times), times[0], second, *top))
    assert set(rows(counted, "select * from int_app__leaf_cells_counted")) == expected


def positions() -> dict[tuple[date, str, str], dict[int, dict[int, tuple[int, int]]]]:
    """(week, axis, unit) → person → position → (sessions, microseconds)."""
    found: dict[Any, dict[int, dict[int, tuple[int, int]]]] = defaultdict(lambda: defaultdict(dict))
    for (week, person), (region, band, sessions) in placed().items():
        for one in sessions:
            start = one.started_at.astimezone(AMSTERDAM)
            length = max(index for index, bound in enumerate(MINUTE_BANDS) if one.duration_us >= bound * 60_000_000)
            for axis, unit, position in (
                ("frequency", region, max(index for index, bound in enumerate(VISITS) if len(sessions) >= bound)),
                ("platform", band, PLATFORMS.index(platform_of(sessions))),
                ("hour", region, start.hour),
                ("hour_by_day_type", region, start.hour + (24 if start.weekday() >= 5 else 0)),
                ("length", band, length),
            ):
                slots = found[week, axis, unit][person]
                before = slots.get(position, (0, 0))
                slots[position] = (before[0] + 1, before[1] + one.duration_us)
    return found


def platform_of(sessions: list[Session]) -> str:
    """Where most of the time was; of equals the first of the alphabet, one that was not delivered last."""
    time: Counter[str | None] = Counter()
    for one in sessions:
        time[one.platform] += one.duration_us
    most = min(time, key=lambda platform: (-time[platform], platform is None, platform or ""))
    return "unknown" if most is None else most if most in PLATFORMS else "other"


def test_axis_slots(counted: Run) -> None:
    expected: Counter[Any] = Counter()
    for key, persons in positions().items():
        for slots in persons.values():
            for position, (sessions, time) in slots.items():
                expected[(*key, position, "sessions")] += sessions
                expected[(*key, position, "time")] += time
    found = rows(counted, "select * from int_app__axis_slots_summed")
    assert {(*row[:4], "sessions"): row[4] for row in found} | {(*row[:4], "time"): row[5] for row in found} == expected


def test_axis_transitions_and_extents(counted: Run) -> None:
    transitions: Counter[Any] = Counter()
    extents: Counter[Any] = Counter()
    for key, persons in positions().items():
        for slots in persons.values():
            ordered = sorted(slots)
            extents[(*key, ordered[0], ordered[-1])] += 1
            for previous, position in zip([-1, *ordered], ordered, strict=False):
                transitions[(*key, previous, position)] += 1
    assert {row[:5]: row[5] for row in rows(counted, "select * from int_app__axis_transitions_counted")} == transitions
    assert {row[:5]: row[5] for row in rows(counted, "select * from int_app__axis_extents_counted")} == extents


def test_axis_heaviest(counted: Run) -> None:
    found: dict[Any, dict[int, dict[int, int]]] = defaultdict(lambda: defaultdict(dict))
    for week, axis, unit, rank, position, time in rows(counted, "select * from int_app__axis_heaviest"):
        found[week, axis, unit][rank][position] = time
    expected = positions()
    assert found.keys() == expected.keys()
    some_are_unlisted = False
    for key, persons in expected.items():
        vectors = [{position: time for position, (_, time) in slots.items()} for slots in persons.values()]
        vectors.sort(key=lambda vector: (-sum(vector.values()), vector_text(vector)))
        listed = {rank: vector for rank, vector in found[key].items() if rank > 0}
        assert [listed[rank] for rank in sorted(listed)] == vectors[:20]
        unlisted = [sum(vector.values()) for vector in vectors[20:]]
        assert found[key][0] == {-1: max(unlisted, default=0)}
        some_are_unlisted |= bool(unlisted) and max(unlisted) > 0
    assert some_are_unlisted


def vector_text(vector: dict[int, int]) -> str:
    return ",".join(f"{position}:{time}" for position, time in sorted(vector.items()))


def ga4_placed() -> dict[tuple[date, int], tuple[str, str, list[Event]]]:
    weeks: dict[tuple[date, int], list[Event]] = defaultdict(list)
    for event in EVENTS:
        weeks[event.week, event.person].append(event)
    result = {}
    for key, events in weeks.items():
        places = Counter((event.region_code, event.device_category) for event in events)
        most = max(places.values())
        result[key] = (*min(place for place, number in places.items() if number == most), events)
    return result


def ga4_measures(events: list[Event]) -> tuple[int, int, int, int]:
    sessions = {event.session for event in events} - {None}
    engaged = {event.session for event in events if event.is_engaged} - {None}
    return (
        len(sessions), len(engaged), sum(event.is_view for event in events), sum(e.engagement_us or 0 for e in events)
    )  # fmt: skip


def test_ga4_person_weeks_and_leaf_cells(counted: Run) -> None:
    expected = {
        (week, UUID(int=person), region, device, *ga4_measures(events))
        for (week, person), (region, device, events) in ga4_placed().items()
    }
    assert set(rows(counted, "select * from int_ga4__person_weeks_placed")) == expected
    by_hand = rows(
        counted,
        "select region_code, device_category, sessions, engaged_sessions from int_ga4__person_weeks_placed"
        f" where person = '{UUID(int=90002)}'",
    )
    assert by_hand == [("NL-ZH", "desktop", 1, 1)]
    cells: dict[Any, list[tuple[int, ...]]] = defaultdict(list)
    for (week, _), (region, device, events) in ga4_placed().items():
        cells[week, region, device].append(ga4_measures(events))
    leaves = set()
    for key, persons in cells.items():
        sessions, engaged, views, times = (sorted(column, reverse=True) for column in zip(*persons, strict=True))
        sums = map(sum, (sessions, engaged, views, times))
        tops = [top for column in (times, sessions, views) for top in (*column[:2], 0)[:2]]
        bounced = sorted((person[0] - person[1] for person in persons), reverse=True)
        kinds = [(sum(count > 0 for count in kind), *(*kind, 0)[:2]) for kind in (engaged, bounced)]
        leaves.add((*key, len(persons), *sums, *tops, *kinds[0], *kinds[1]))
    assert set(rows(counted, "select * from int_ga4__leaf_cells_counted")) == leaves


def test_no_weeks_no_dbt_no_warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run(tmp_path)
    run.home.warehouse.write_bytes(b"left by a killed run")
    monkeypatch.setattr("freezing.counting.build", lambda *_: pytest.fail("dbt was started"))
    count_leaf_cells(run)
    assert not run.home.warehouse.exists()


def test_a_source_without_records_costs_no_special_case(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    ingest(run, "app", [AUTUMN])
    count_leaf_cells(run)
    assert rows(run, "select * from int_app__leaf_cells_counted") == []
    assert rows(run, "select * from int_ga4__leaf_cells_counted") == []
