"""A backfill whose quota ends again and again, also between two pages, comes to the same as one without an end."""

import itertools
import re
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from home.weeks.report_weeks import read_report_weeks
from ingestion.ga4_reports.quota import next_midnight
from ingestion.ga4_reports.report_batch import ingest_ga4_reports
from refusals.errors import QuotaUsedUp
from tests.worlds.reports_world import (
    Property,
    WrittenAudience,
    counts,
    ingested,
    ingested_days,
    property_of,
    run_over,
    stored_bytes,
)

#: Ninety days and one more: thirteen weeks.
MONDAYS = [date(2026, 7, 27) + timedelta(days=7 * number) for number in range(13)]
PLACES = ["North Holland", "South Holland", "Utrecht", "Gelderland", "(not set)"]
AGES = ["18-24", "25-34", "65+", "unknown"]
#: Each week has figures of its own, so that a row of another week would be seen.
PEOPLE = {
    monday: {
        ("NL", place, age): (20 + 100 * week + 7 * number + age_number, 40, 30, 90, 600)
        for number, place in enumerate(PLACES)
        for age_number, age in enumerate(AGES)
    }
    for week, monday in enumerate(MONDAYS)
}
PAGES = "page_rows = 3\nreserve_tokens = 0\nreserve_thresholded_requests = 0\n"
#: By hand: 20, 4, 5, 1, 4 and 1 rows in pages of three.
PAGES_A_WEEK = 7 + 2 + 2 + 1 + 2 + 1


def backfill(told: Property, config: Path, most_runs: int = 40) -> list[str]:
    """Runs until one is not stopped by the quota, an hour apart; what each that was stopped said."""
    said = []
    for _ in range(most_runs):
        run = run_over(config, MONDAYS)
        try:
            ingest_ga4_reports(run)
        except QuotaUsedUp as stopped:
            said.append(str(stopped))
            told.clock.pass_an_hour()
        else:
            return said
    raise AssertionError(f"not done after {most_runs} runs")


def users_of(run_folder: Path) -> dict[date, Counter[int]]:
    """Users in the rows by region and age, week by week."""
    run = run_over(run_folder, MONDAYS)
    return {
        week.week: Counter(row["users"] for row in week.rows.to_pylist() if row["report"] == "region_age")
        for week in read_report_weeks(run.home)
    }


# What ends the hour: Google's own limit, the reserve of tokens, the reserve of requests that may be thresholded
ENDS = [
    ("tokens, to the last", PAGES, {"tokens_per_hour": 290, "thresholded_per_hour": 10_000}),
    (
        "tokens, with a reserve",
        PAGES.replace("reserve_tokens = 0", "reserve_tokens = 1000"),
        {"tokens_per_hour": 1290, "thresholded_per_hour": 10_000},
    ),
    ("requests that ask for ages", PAGES.replace("requests = 0", "requests = 20"), {"thresholded_per_hour": 47}),
]


@pytest.mark.clause("reports-quota", "reports-pages", "exit-codes")
@pytest.mark.parametrize(("policy", "quota"), [case[1:] for case in ENDS], ids=[case[0] for case in ENDS])
def test_ninety_days_over_several_runs(tmp_path: Path, policy: str, quota: dict[str, int]) -> None:
    with property_of(tmp_path, WrittenAudience(PEOPLE), policy=PAGES, thresholded_per_hour=10_000) as unlimited:
        at_once = stored_bytes(ingested(unlimited.home("at once"), MONDAYS))
    with property_of(tmp_path, WrittenAudience(PEOPLE), policy=policy, **quota) as told:
        config = told.home()
        said = backfill(told, config)
        pages = told.asked_reports()
    assert len(said) >= 5
    for line in said:
        assert re.fullmatch(
            r"quota: property 481234567: .*: goes on at \d{4}-\d\d-\d\d \d\d:\d\d UTC: run the same again then;"
            r" what was read is kept",
            line,
        )
    # Once at least between two pages: the same report was begun before the end and gone on with after it.
    after_a_stop = _firsts_after_compatibility(told)[1:]
    assert any(offset > 0 for _, _, offset in after_a_stop)
    # No page was answered twice; those that were refused were asked for once more.
    refused = sum(count - 1 for count in Counter(pages).values())
    assert refused <= len(said) and len(set(pages)) == PAGES_A_WEEK * len(MONDAYS)
    # No row is missing or doubled, and the same came of it, byte for byte.
    run = run_over(config, MONDAYS)
    assert stored_bytes(run) == at_once and len(at_once) == 13
    assert users_of(config) == {
        monday: Counter(figures[0] for figures in people.values()) for monday, people in PEOPLE.items()
    }
    assert len(ingested_days(run)) == 91
    assert counts(run, "reports") == {"complete": 13, "rows": 13 * 35}
    assert not list(run.home.work.glob("ga4_reports/*"))


def _firsts_after_compatibility(told: Property) -> list[tuple[tuple[str, ...], str, int]]:
    """The first page of each run: a run asks first what goes together."""
    asked = told.service.asked
    return [
        after[1:]
        for before, after in itertools.pairwise(asked)
        if before[0] == "CheckCompatibility" and after[0] == "RunReport"
    ]


@pytest.mark.clause("reports-quota")
def test_a_used_up_quota_is_asked_once(tmp_path: Path) -> None:
    with property_of(tmp_path, tokens_per_hour=5) as told:
        with pytest.raises(QuotaUsedUp):
            ingested(told.home())
        assert len(told.service.asked) == 1


@pytest.mark.clause("reports-quota")
def test_a_days_tokens_are_back_at_midnight_pacific(tmp_path: Path) -> None:
    with property_of(tmp_path, tokens_per_day=2050) as told, pytest.raises(QuotaUsedUp, match="of the day") as stopped:
        ingested(told.home(), MONDAYS)
    assert stopped.value.goes_on_at.minute == 0 and stopped.value.goes_on_at.hour in (7, 8)  # UTC


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("2026-11-19T06:00+00:00", "2026-11-19T08:00+00:00"),
        ("2026-11-19T08:00+00:00", "2026-11-20T08:00+00:00"),
        ("2026-07-19T06:59+00:00", "2026-07-19T07:00+00:00"),  # summer time
    ],
)
def test_the_next_midnight(now: str, then: str) -> None:
    assert next_midnight(datetime.fromisoformat(now), "America/Los_Angeles") == datetime.fromisoformat(then)


@pytest.mark.clause("reports-quota")
@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(path.read_bytes()[:-20]),
        lambda path: path.write_bytes(path.read_bytes().replace(b"unknown", b"65+0000")),
        lambda path: path.write_bytes(b""),
    ],
)
def test_pages_kept_aside_are_nothing_that_a_week_rests_on(tmp_path: Path, damage: object) -> None:
    """Lost or spoilt, the week is read from its beginning."""
    with property_of(tmp_path, WrittenAudience(PEOPLE), policy=PAGES, tokens_per_hour=65) as told:
        config = told.home()
        with pytest.raises(QuotaUsedUp):
            ingested(config, MONDAYS[:1])
        (kept,) = run_over(config).home.work.glob("ga4_reports/*")
        damage(kept)
        told.service.quota.tokens_per_hour = 10_000
        ingested(config, MONDAYS[:1])
        assert _firsts_after_compatibility(told)[-1][2] == 0
    assert users_of(config)[MONDAYS[0]] == Counter(figures[0] for figures in PEOPLE[MONDAYS[0]].values())


@pytest.mark.clause("reports-quota")
@pytest.mark.parametrize(("hours", "goes_on"), [(47, True), (49, False)])
def test_pages_of_long_ago_are_read_anew(tmp_path: Path, hours: int, goes_on: bool) -> None:
    with property_of(tmp_path, WrittenAudience(PEOPLE), policy=PAGES, tokens_per_hour=65) as told:
        config = told.home()
        first = run_over(config, MONDAYS[:1])
        with pytest.raises(QuotaUsedUp):
            ingest_ga4_reports(first)
        told.service.quota.tokens_per_hour = 10_000
        ingest_ga4_reports(run_over(config, MONDAYS[:1], first.as_of + timedelta(hours=hours)))
        assert (_firsts_after_compatibility(told)[-1][2] > 0) == goes_on


@pytest.mark.clause("reports-quota")
@pytest.mark.parametrize("what", ["of a week that is stored", "of long ago", "cut short", "written aside"])
def test_nothing_that_was_kept_aside_stays(tmp_path: Path, what: str) -> None:
    with property_of(tmp_path, WrittenAudience(PEOPLE), policy=PAGES, tokens_per_hour=65) as told:
        config = told.home()
        run = run_over(config, MONDAYS[:1])
        with pytest.raises(QuotaUsedUp):
            ingest_ga4_reports(run)
        (kept,) = run.home.work.glob("ga4_reports/*")
        content = kept.read_bytes()
        told.service.quota.tokens_per_hour = 10_000
        if what == "of a week that is stored":
            ingest_ga4_reports(run)
            kept.write_bytes(content)
        elif what == "cut short":
            kept.write_bytes(content[:-1])
        elif what == "written aside":
            kept.rename(kept.with_name(kept.name + ".new"))
        after = run.as_of + timedelta(hours=49 if what == "of long ago" else 0)
        ingest_ga4_reports(run_over(config, [date(2026, 7, 20)], after))  # another week's run, but for the stored one
        ingest_ga4_reports(run_over(config, MONDAYS[:1], after))
    assert not list(run.home.work.glob("ga4_reports/*"))


@pytest.mark.clause("reports-quota")
def test_pages_of_data_that_changed_meanwhile_are_read_anew(tmp_path: Path) -> None:
    people = {MONDAYS[0]: dict(PEOPLE[MONDAYS[0]])}
    with property_of(tmp_path, WrittenAudience(people), policy=PAGES, tokens_per_hour=65) as told:
        config = told.home()
        with pytest.raises(QuotaUsedUp):
            ingested(config, MONDAYS[:1])
        people[MONDAYS[0]]["NL", "Zeeland", "18-24"] = (9999, 1, 1, 1, 1)
        told.service.quota.tokens_per_hour = 10_000
        ingested(config, MONDAYS[:1])
    assert users_of(config)[MONDAYS[0]] == Counter(figures[0] for figures in people[MONDAYS[0]].values())
