"""The pipeline against a second opinion: every count, every published row, and the demonstration's own promises."""

import hashlib
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from demonstration import AS_OF, LAST_DAY, WeekSpan, make_sources
from home.layout import Home
from home.weeks.report_weeks import read_report_weeks
from tests.end_to_end.runs import Ran, as_installed, rows, told
from tests.second_opinion import mart_rows
from tests.second_opinion import reported as reported_rows
from tests.second_opinion.gate import REASONS
from tests.second_opinion.instants import local
from tests.second_opinion.opinion import Opinion

Rows = list[dict[str, Any]]


def marts(ran: Ran) -> Path:
    return ran.home / "marts" / "marts.duckdb"


def faults(table: str, found: Rows, core: Rows, opinion: Opinion) -> list[str]:
    if table == "usage_by_region_age_week":
        return mart_rows.usage_faults(found, opinion.app, opinion.regions)
    if table == "ga4_engagement_week":
        return mart_rows.engagement_faults(found, opinion.ga4_export, opinion.regions)
    if table == "ga4_engaged_sessions_week":
        return mart_rows.engaged_faults(found, core, opinion.ga4_export, opinion.regions)
    if table == "usage_by_hour_week":
        return mart_rows.hour_faults(found, core, opinion.app, opinion.regions)
    if table == "session_length_by_age_week":
        return mart_rows.length_faults(found, core, opinion.app)
    if table == "usage_by_frequency_week":
        return mart_rows.frequency_faults(found, core, opinion.app, opinion.regions)
    if table == "usage_by_platform_week":
        return mart_rows.platform_faults(found, core, opinion.app)
    return mart_rows.coverage_faults(found, {"app": opinion.app, "ga4_export": opinion.ga4_export})


TABLES = (
    "usage_by_region_age_week", "ga4_engagement_week", "usage_by_hour_week", "session_length_by_age_week",
    "ga4_engaged_sessions_week", "coverage_week", "usage_by_frequency_week", "usage_by_platform_week",
)  # fmt: skip


def core_of(table: str) -> str:
    """The mart whose cells a table's rows are made of."""
    return "ga4_engagement_week" if table.startswith("ga4") else "usage_by_region_age_week"


@pytest.mark.clause("command-run", "ga4-gate", "gate-first-reason")
def test_gate_counts_agree(ran: Ran, opinion: Opinion) -> None:
    assert ran.summary["gate"] == opinion.gate


@pytest.mark.clause("judge-reasons", "judge-once")
def test_quarantine_counts_agree(ran: Ran, opinion: Opinion) -> None:
    assert ran.summary["quarantine"] == opinion.quarantine


@pytest.mark.clause("session-open")
def test_open_sessions_agree(ran: Ran, opinion: Opinion) -> None:
    assert ran.summary["still_open"]["app"] == opinion.app.still_open > 0


@pytest.mark.clause("week-withheld")
def test_weeks_agree(ran: Ran, opinion: Opinion) -> None:
    for source, seen in (("app", opinion.app), ("ga4_export", opinion.ga4_export)):
        publish, withhold = mart_rows.expected_weeks(seen)
        assert ran.summary["weeks"][source]["frozen"] == [str(week) for week in publish]
        assert ran.summary["weeks"][source]["withheld"] == [str(week) for week in withhold]


@pytest.mark.clause("mart-audience", "audience-told", "audience-apart", "reports-week")
def test_what_google_reports_agrees_with_what_was_stored(ran: Ran, opinion: Opinion) -> None:
    found = rows(marts(ran), "ga4_audience_week")
    stored = {week.week: week.rows.to_pylist() for week in read_report_weeks(Home(ran.home))}
    assert sorted({row["week_start"] for row in found}) == sorted(stored) != []
    for monday, reported in stored.items():
        of_week = [row for row in found if row["week_start"] == monday]
        assert reported_rows.audience_faults(of_week, reported, opinion.regions) == []
    assert {row["report"] for row in found} >= {"age", "country_age"}  # few people: no province of an age has ten


@pytest.mark.clause("mart-reconciliation")
def test_the_app_beside_google_agrees_with_the_published_rows(ran: Ran) -> None:
    found = rows(marts(ran), "ga4_reconciliation_week")
    sides = [rows(marts(ran), one) for one in ("usage_by_region_age_week", "ga4_engagement_week", "ga4_audience_week")]
    assert {row["compared"] for row in found} == {"age", "region"}
    for monday in {row["week_start"] for side in sides for row in side}:
        told = ([row for row in table if row["week_start"] == monday] for table in (found, *sides))
        assert reported_rows.reconciliation_faults(*told) == []


KEYS = {"gate", "quarantine", "still_open", "removed", "weeks", "older_rules", "awaited", "overdue", "releases"}


@pytest.mark.clause("summary-keys", "output-json", "command-status")
def test_run_and_status_print_the_same_object_with_every_key(ran: Ran) -> None:
    """Status shows the last run's, and of a run there are its seconds and its id besides."""
    status = told(as_installed(["status", "--config", str(ran.home / "cmn.toml"), "--json"]))
    for summary in (ran.summary, status):
        assert KEYS | {"seconds", "run_id"} <= set(summary)
        for source in ("app", "ga4_export"):
            assert set(summary["weeks"][source]) == {"frozen", "withheld", "open", "retracted"}
            assert summary["gate"][source]["passed"] > 0
    assert {key: status[key] for key in KEYS - {"overdue"}} == {key: ran.summary[key] for key in KEYS - {"overdue"}}
    assert {"app", "app_users", "app_consents", "ga4_export"} >= set(ran.summary["quarantine"])
    assert ran.summary["seconds"]["total"] >= ran.summary["seconds"]["freeze_weeks"] > 0
    assert status["divided"] == {
        mart: divided_by_hand(rows(marts(ran), mart), unit) for mart, unit in SIDE_UNITS.items()
    }


SIDE_UNITS = {
    "usage_by_hour_week": "region_code", "session_length_by_age_week": "age_group",
    "usage_by_frequency_week": "region_code", "usage_by_platform_week": "age_group",
}  # fmt: skip


def divided_by_hand(told: Rows, unit: str) -> list[int]:
    """How many units of the last four weeks have several rows, and how many there are."""
    last = sorted({row["week_start"] for row in told})[-4:]
    parts = Counter((row["week_start"], row[unit]) for row in told if row["week_start"] in last)
    return [sum(number > 1 for number in parts.values()), len(parts)]


@pytest.mark.clause(
    "mart-usage-by-region-age",
    "mart-ga4-engagement",
    "mart-usage-by-hour",
    "mart-session-length",
    "mart-usage-by-frequency",
    "mart-usage-by-platform",
    "mart-coverage",
    "mart-engaged-sessions",
    "person-week",
    "ga4-placed",
    "promise-3",
    "steps",
)
@pytest.mark.parametrize("table", TABLES)
def test_every_published_row_agrees(ran: Ran, opinion: Opinion, table: str) -> None:
    found = rows(marts(ran), table)
    assert found
    assert faults(table, found, rows(marts(ran), core_of(table)), opinion) == []


def one_more(column: str) -> Callable[[Rows], None]:
    def plant(found: Rows) -> None:
        found[-1][column] = (found[-1][column] or 0) + 1

    return plant


def drop_last(found: Rows) -> None:
    found.pop()


def repeat_last(found: Rows) -> None:
    found.append(dict(found[-1]))


def hide_a_member(found: Rows) -> None:
    """The region of whom most is seen, left out wherever it stands."""
    week, hidden = found[-1]["week_start"], "NL-ZH"
    for row in found:
        if row["week_start"] == week:
            row["region_members"] = [member for member in row["region_members"] if member != hidden]


@pytest.mark.parametrize(
    ("table", "plant"),
    [
        *((table, one_more(column)) for table in TABLES[:4] for column in ("users", "sessions", "minutes")),
        *((table, drop_last) for table in TABLES),
        *((table, repeat_last) for table in TABLES[:5]),
        *((table, hide_a_member) for table in (*TABLES[:3], TABLES[4])),
        *((TABLES[4], one_more(column)) for column in ("cells", "users", "sessions", "engaged_sessions")),
        ("ga4_engagement_week", one_more("views")),
        ("coverage_week", one_more("passed_percent")),
    ],
)
def test_a_planted_fault_is_found(ran: Ran, opinion: Opinion, table: str, plant: Callable[[Rows], None]) -> None:
    found = rows(marts(ran), table)
    plant(found)
    assert faults(table, found, rows(marts(ran), core_of(table)), opinion)


def test_engaged_sessions_that_are_told_too_finely_are_found(ran: Ran, opinion: Opinion) -> None:
    """A row cut in two: the Netherlands, and the few elsewhere. And a week that could be told, and is not."""
    found, core = rows(marts(ran), TABLES[4]), rows(marts(ran), TABLES[1])
    whole = found[0]
    dutch = [member for member in whole["region_members"] if member.startswith("NL-")]
    others = [member for member in whole["region_members"] if not member.startswith("NL-")]
    split = [{**whole, "region_members": members} for members in (dutch, others)]
    told = mart_rows.engaged_faults([*found[1:], *split], core, opinion.ga4_export, opinion.regions)
    assert any("too few" in fault for fault in told)
    assert mart_rows.engaged_faults(found[1:], core, opinion.ga4_export, opinion.regions) == [
        f"{whole['week_start']}: has no row, and could be told as a whole"
    ]


def test_a_planted_split_is_found_unsafe(ran: Ran, opinion: Opinion) -> None:
    """A core cell cut in two by one person: exact and complete, but too small."""
    found = rows(marts(ran), "usage_by_region_age_week")
    region, age = next(
        (person.region, person.age_band)
        for person in opinion.app.person_weeks.values()
        if any(len(row["region_members"]) > 1 and person.region in row["region_members"] for row in found)
    )
    cell = next(
        row
        for row in found
        if region in row["region_members"] and len(row["region_members"]) > 1 and age in mart_rows.ages_of(row)
    )
    cell["region_members"] = [member for member in cell["region_members"] if member != region]
    found.append({**cell, "region_members": [region]})
    assert any("unsafe" in fault for fault in mart_rows.usage_faults(found, opinion.app, opinion.regions))


def test_the_demonstration_tells_every_story(opinion: Opinion) -> None:
    """Each reason of the gate (a tombstone needs a request), each kind of bad record, each edge of the calendar."""
    assert {*REASONS, "passed"} - set(opinion.gate["app"]) == {"objected", "erased"}
    assert {"consent_flag", "no_id", "passed", "denied", "outdated_policy"} <= set(opinion.gate["ga4_export"])
    assert set(opinion.quarantine["app"]) == {
        "unreadable", "missing_field", "bad_timestamp", "ends_before_start", "too_long", "in_future", "bad_ip",
    }  # fmt: skip
    assert set(opinion.quarantine["app_consents"]) == {"missing_field", "bad_value", "bad_timestamp"}
    sessions = [session for person in opinion.app.person_weeks.values() for session in person.sessions]
    clocks = [local(session.start) for session in sessions]
    assert any(clock.date() == date(2026, 10, 25) and clock.hour == 2 and clock.fold for clock in clocks)
    over_monday = [s for s in sessions if local(s.start).weekday() == 6 and local(s.start + s.length).weekday() == 0]
    assert over_monday
    assert {"??", "NL-?", "SR-PM"} <= {session.region for session in sessions}


def test_sources_are_the_same_bytes_each_time(tmp_path: Path) -> None:
    digests = []
    for name in ("once", "again"):
        folder = tmp_path / name
        make_sources(folder, persons=150, weeks=1)
        files = sorted(file for file in folder.rglob("*") if file.is_file())
        digests.append([(str(f.relative_to(folder)), hashlib.sha256(f.read_bytes()).hexdigest()) for f in files])
    assert digests[0] == digests[1]
    assert len(digests[0]) > 15


def test_the_full_span_is_twenty_weeks_that_all_freeze_and_hold_a_quarter() -> None:
    span = WeekSpan()
    assert (span.last_day, span.as_of) == (LAST_DAY, AS_OF)
    assert span.days == 140
    thursdays = [span.first_day + timedelta(days=3 + 7 * week) for week in range(span.weeks)]
    assert sum((day.year, day.month in (7, 8, 9)) == (2026, True) for day in thursdays) == 13
    assert AS_OF.date() >= LAST_DAY + timedelta(days=4)


@pytest.mark.parametrize(("persons", "first_day"), [(99, date(2026, 9, 21)), (200, date(2026, 9, 22))])
def test_sources_refuse_what_they_cannot_make(tmp_path: Path, persons: int, first_day: date) -> None:
    with pytest.raises(ValueError, match=r"person|Monday"):
        make_sources(tmp_path, persons=persons, weeks=1, first_day=first_day)
