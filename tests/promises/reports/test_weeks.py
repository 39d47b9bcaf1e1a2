"""A settled week is asked for once, as a whole, and stored as Google told it, with the project's codes."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from home.lock import held
from home.register.register import Register
from home.weeks.report_weeks import read_report_week, read_report_weeks, report_week_file
from home.weeks.week_states import WeekCommit, commit_week
from ingestion.ga4_reports.report_batch import ingest_ga4_reports
from tests.worlds.reports_world import MONDAY, WEEK, counts, ingested, ingested_days, property_of, run_over

# By hand, of `PEOPLE`. Report, region, age, users, sessions, engaged, views, microseconds.
STORED = {
    ("region_age", "NL-NH", "18-24", 61, 90, 70, 300, 5_400_000_000),
    ("region_age", "NL-NH", "unknown", 40, 44, 20, 99, 1_200_000_000),
    ("region_age", "NL-UT", "25-34", 17, 20, 11, 60, 700_000_000),
    ("region_age", "NL-?", "unknown", 7, 8, 2, 12, 60_000_000),  # (not set)
    ("region_age", "NL-?", "unknown", 3, 3, 1, 5, 20_000_000),  # a name without a code: a row of its own
    ("region_age", "BE-VLG", "65+", 12, 12, 12, 24, 333_000_000),
    ("region_age", "??", "unknown", 5, 5, 0, 5, 0),  # (not set), of age (other)
    ("region_age", "??", "35-44", 2, 2, 2, 2, 2_000_000),  # a country that ISO does not list
    ("country_age", "NL", "18-24", 61, 90, 70, 300, 5_400_000_000),
    ("country_age", "NL", "unknown", 50, 55, 23, 116, 1_280_000_000),
    ("country_age", "NL", "25-34", 17, 20, 11, 60, 700_000_000),
    ("country_age", "BE", "65+", 12, 12, 12, 24, 333_000_000),
    ("country_age", "??", "unknown", 5, 5, 0, 5, 0),
    ("country_age", "??", "35-44", 2, 2, 2, 2, 2_000_000),
    ("region", "NL-NH", "all", 101, 134, 90, 399, 6_600_000_000),
    ("region", "NL-UT", "all", 17, 20, 11, 60, 700_000_000),
    ("region", "NL-?", "all", 7, 8, 2, 12, 60_000_000),
    ("region", "NL-?", "all", 3, 3, 1, 5, 20_000_000),
    ("region", "BE-VLG", "all", 12, 12, 12, 24, 333_000_000),
    ("region", "??", "all", 5, 5, 0, 5, 0),
    ("region", "??", "all", 2, 2, 2, 2, 2_000_000),
    ("country", "NL", "all", 128, 165, 104, 476, 7_380_000_000),
    ("country", "BE", "all", 12, 12, 12, 24, 333_000_000),
    ("country", "??", "all", 5, 5, 0, 5, 0),
    ("country", "??", "all", 2, 2, 2, 2, 2_000_000),
    ("age", "001", "18-24", 61, 90, 70, 300, 5_400_000_000),
    ("age", "001", "25-34", 17, 20, 11, 60, 700_000_000),
    ("age", "001", "35-44", 2, 2, 2, 2, 2_000_000),
    ("age", "001", "65+", 12, 12, 12, 24, 333_000_000),
    ("age", "001", "unknown", 50, 55, 23, 116, 1_280_000_000),
    ("age", "001", "unknown", 5, 5, 0, 5, 0),
    ("all", "001", "all", 147, 184, 118, 507, 7_715_000_000),
}


@pytest.mark.clause("reports-week", "reports-unknown", "reports-pages")
@pytest.mark.parametrize("page_rows", [1, 3, 100_000])
def test_a_week_is_stored_as_it_was_told(tmp_path: Path, page_rows: int) -> None:
    with property_of(tmp_path, policy=f"page_rows = {page_rows}\n") as told:
        run = ingested(told.home())
    week = read_report_week(run.home, MONDAY)
    assert week is not None
    rows = [tuple(row.values()) for row in week.rows.to_pylist()]
    assert len(rows) == len(STORED) and set(rows) == STORED
    assert {name: facts.rows for name, facts in week.reports.items()} == {
        "region_age": 8, "country_age": 6, "region": 7, "country": 4, "age": 6, "all": 1,
    }  # fmt: skip
    assert (week.property_id, week.consent_basis, week.fetched_at) == ("481234567", "basic", run.as_of)
    assert counts(run, "reports") == {"complete": 1, "rows": 32}


@pytest.mark.clause("reports-week")
def test_what_is_complete_is_not_asked_for_again(tmp_path: Path) -> None:
    with property_of(tmp_path) as told:
        config = told.home()
        run = ingested(config)
        before, asked = report_week_file(run.home, MONDAY).read_bytes(), len(told.service.asked)
        ingest_ga4_reports(run)
        ingested(config, (MONDAY - WEEK, MONDAY))  # the week before is new
    assert {first for _, first, _ in told.asked_reports()[asked - 1 :]} == {str(MONDAY - WEEK)}
    assert report_week_file(run.home, MONDAY).read_bytes() == before
    assert ingested_days(run) == [MONDAY - WEEK + timedelta(days=number) for number in range(14)]


@pytest.mark.clause("reports-week")
@pytest.mark.parametrize(
    ("hours_after", "is_asked"), [(71, False), (72, True)], ids=["three days after its end less an hour", "then"]
)
def test_a_week_is_asked_for_when_it_is_over_for_three_days(tmp_path: Path, hours_after: int, is_asked: bool) -> None:
    end = datetime(2026, 10, 25, 23, tzinfo=UTC)  # midnight in Amsterdam, after the hour was set back
    with property_of(tmp_path) as told:
        ingest_ga4_reports(run_over(told.home(), as_of=end + timedelta(hours=hours_after)))
    assert bool(told.service.asked) == is_asked


@pytest.mark.clause("reports-week")
def test_an_interval_of_one_day_asks_for_its_whole_week(tmp_path: Path) -> None:
    with property_of(tmp_path) as told:
        run = run_over(told.home())
        ingest_ga4_reports(
            type(run)(run.run_id, run.settings, MONDAY + timedelta(days=2), MONDAY + timedelta(days=2), run.as_of)
        )
    assert len(ingested_days(run)) == 7
    assert {first for _, first, _ in told.asked_reports()} == {str(MONDAY)}


@pytest.mark.parametrize("state", ["frozen", "withheld", "retracted"])
def test_a_settled_week_is_asked_for_no_more(tmp_path: Path, state: str) -> None:
    with property_of(tmp_path) as told:
        run = run_over(told.home())
        with held(run.home):
            commit_week(run.home, WeekCommit(MONDAY, "ga4_reports", state, "", 10, 10))
        ingest_ga4_reports(run)
    assert told.service.asked == [] and read_report_weeks(run.home) == []


def test_a_damaged_week_is_asked_for_again(tmp_path: Path) -> None:
    with property_of(tmp_path) as told:
        run = ingested(told.home())
        path = report_week_file(run.home, MONDAY)
        before = path.read_bytes()
        path.write_bytes(before[:-7])
        ingest_ga4_reports(run)
    assert path.read_bytes() == before


def test_a_week_accepted_as_empty_is_not_asked_for(tmp_path: Path) -> None:
    with property_of(tmp_path) as told:
        run = run_over(told.home())
        with Register(run.home) as register:
            register.accept_empty("ga4_reports", [MONDAY + timedelta(days=number) for number in range(7)])
        ingest_ga4_reports(run)
    assert told.service.asked == [] and len(ingested_days(run)) == 7


def test_weeks_are_asked_for_by_absolute_dates_and_every_dimension_in_order(tmp_path: Path) -> None:
    with property_of(tmp_path) as told:
        ingested(told.home(), (date(2026, 3, 23), date(2026, 3, 30)))
    assert [first for _, first, _ in told.asked_reports()] == ["2026-03-23"] * 6 + ["2026-03-30"] * 6
