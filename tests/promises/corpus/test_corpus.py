"""The published cases of consent-cases/ (its README.md says how to read them), run through the real ingest steps.

All cases of a series are in one home; after each of its moments what is held, record by record, and what the gate says
in numbers are what the tables say, and at the end so are person-weeks, counted by the real models.
"""

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from consent.reasons import REASONS
from freezing.counting import count_leaf_cells
from home.run import Run
from tests.worlds.corpus_world import Series, held_twice, instant, table
from tests.worlds.record_files import ingest
from tests.worlds.store_world import World

SOURCES = ("app", "ga4_export")
EVERY_SERIES = sorted({row["series"] for row in table("cases")})


class Played:
    """A series that was played to its end, with what was held and counted after each moment."""

    def __init__(self, folder: Path, name: str) -> None:
        self.series = Series(name)
        self.world = World(folder)
        self.counts: list[dict[str, Any]] = []
        self.held: list[dict[str, list[dict[str, Any]]]] = []
        for moment in self.series.moments:
            self.series.deliver(self.world, int(moment["moment"]))
            counts: dict[str, Any] = {}
            for source in SOURCES:
                counts[source] = self.world.run(moment["first_day"], moment["last_day"], moment["at"], ingest=[source])
            self.counts.append(counts)
            self.held.append({source: self.world.stored(source) for source in SOURCES})

    def persons(self, source: str) -> dict[Any, str]:
        """Pseudonym → who it is, by the instants of the records held at the end."""
        if source == "app":
            who = {instant(row["started_at"]): row["user"] for row in self.series.sessions}
            return {row["person"]: who[row["started_at"]] for row in self.held[-1]["app"]}
        named = {row["browser"]: row["user"] for row in self.series.events if row["user"]}
        by_time = {instant(row["event_at"]): row["browser"] for row in self.series.events}
        return {
            row["person"]: named.get(browser, browser)
            for row in self.held[-1]["ga4_export"]
            for browser in [by_time[row["event_at"]]]
        }


@pytest.fixture(scope="module", params=EVERY_SERIES)
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Played:
    return Played(tmp_path_factory.mktemp("corpus") / request.param, request.param)


@pytest.mark.clause(
    "gate-again", "gate-local-days", "delivery-timestamps", "session-once", "session-open", "week-same-content"
)
def test_of_the_app_exactly_the_sessions_of_the_table_are_held(played: Played) -> None:
    for moment, held in enumerate(played.held, start=1):
        found = sorted((row["started_at"], row["ended_at"], row["age_band"]) for row in held["app"])
        assert found == played.series.held_sessions(moment), f"after moment {moment}"


@pytest.mark.clause("ga4-gate", "ga4-days", "ga4-persons", "gate-again")
def test_of_the_export_exactly_the_hits_of_the_table_are_held(played: Played) -> None:
    for moment, held in enumerate(played.held, start=1):
        found = sorted(row["event_at"] for row in held["ga4_export"])
        assert found == played.series.held_events(moment), f"after moment {moment}"


def test_the_gate_gives_the_reasons_of_the_table(played: Played) -> None:
    for moment, counts in enumerate(played.counts, start=1):
        for source in SOURCES:
            told = counts[source]
            assert told["gate"][source] == played.series.gate_counts(source, moment), (source, moment)
            assert told["removed"].get(source, {}) == played.series.removed(source, moment), (source, moment)
        assert counts["app"]["quarantine"].get("app", {}) == played.series.bad(moment), moment


@pytest.mark.clause("person-week", "ga4-persons", "gate-local-days")
def test_person_weeks_are_those_of_the_table(played: Played) -> None:
    run: Run = played.world.last
    weeks = sorted({date.fromisoformat(row["week"]) for row in played.series.person_weeks})
    for source in SOURCES:
        ingest(run, source, weeks)
    count_leaf_cells(run)
    found: dict[str, list[tuple[Any, ...]]] = {}
    with duckdb.connect(str(run.home.warehouse), read_only=True) as con:
        for source, model, group in (("app", "app", "age_band"), ("ga4_export", "ga4", "''")):
            measure = "duration_us" if source == "app" else "null::bigint"
            found[source] = con.execute(
                f"select week_start, person, {group}, sessions, {measure} from int_{model}__person_weeks_placed"
            ).fetchall()
    for source in SOURCES:
        who = played.persons(source)
        rows = [row for row in played.series.person_weeks if row["source"] == source]
        told = Counter(
            (f"{week}", who[person], band, sessions, us and us / 60e6)
            for week, person, band, sessions, us in found[source]
            if who[person] in {row["who"] for row in rows}
        )
        assert told == Counter(
            (row["week"], row["who"], row["age_group"], int(row["sessions"]), float(row["minutes"] or 0) or None)
            for row in rows
        )


def test_no_two_records_are_alike() -> None:
    """Else a record that is held could be another's."""
    assert held_twice(row for row in table("sessions") if row["after_1"] != "same") == []
    events = [row for row in table("ga4_events") if "intraday" not in row["file"]]
    assert held_twice(events) == []


def test_every_reason_but_four_has_a_case() -> None:
    """An account that nobody knows and an old edition of the statement need no story: tests/promises/gate has them.
    Who objected or was erased asked for it: tests/promises/rights has these."""
    outcomes = {row[f"after_{n}"] for name in ("sessions", "ga4_events") for row in table(name) for n in (1, 2, 3)}
    assert set(REASONS) - outcomes == {"unknown_user", "outdated_policy", "objected", "erased"}


@pytest.mark.parametrize("series", EVERY_SERIES)
def test_a_planted_mistake_in_a_table_is_found(series: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tables say is made of every row: one outcome changed changes what is expected."""
    right = Series(series)
    wrong = Series(series)
    planted = next(row for row in wrong.sessions if row["after_1"] == "no_consent")
    planted["after_1"] = "counted"
    planted["ended_at"] = planted["ended_at"] or planted["started_at"]
    assert wrong.held_sessions(1) != right.held_sessions(1)
    assert wrong.gate_counts("app", 1) != right.gate_counts("app", 1)
