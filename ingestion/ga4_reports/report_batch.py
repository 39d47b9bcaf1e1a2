"""One batch of GA4's reports: every settled week of the run that is not there yet."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta

from home.duck import open_duckdb
from home.lock import held
from home.register.register import Register, recorded_step
from home.run import Run
from home.weeks.report_weeks import ReportWeek
from ingestion.deliveries.batch_counts import keep_awaited, keep_days_open
from ingestion.ga4_reports.compatibility import check_fields_go_together
from ingestion.ga4_reports.reports_client import ReportsClient
from ingestion.ga4_reports.week_fetch import fetch_week
from ingestion.ga4_reports.week_pages import discard_stale_pages
from ingestion.ga4_reports.weeks_due import SOURCE, days_of, is_due, stored_week, weeks_of_run
from refusals.errors import Refusal


def ingest_ga4_reports(run: Run) -> None:
    """Asks the Data API for the run's weeks, oldest first, and stores each when it is whole.

    A week that Google sampled, truncated or restricted, or that is empty, is stored as that: it stays open, and the
    next run asks again. Safe to repeat: what is complete is not asked for again, and what was read of a week when a
    quota ended is gone on with.

    Raises:
        QuotaUsedUp: what was read is kept; `goes_on_at` says when the same run gets further.
        SourceUnavailable: the API did not answer.
        InputRefused: the property's zone, fields or answers are not what they must be.
        UsageError: there are no credentials.
        AnotherRunHoldsTheLock: another run writes to this home.
    """
    with held(run.home), recorded_step(run, "ingest_ga4_reports"):
        keep_days_open(run, SOURCE)
        weeks = weeks_of_run(run)
        due = [monday for monday in weeks if is_due(run, monday)]
        begun_before = run.as_of - timedelta(hours=run.policy.reports.pages_hours)
        discard_stale_pages(run.home, set(weeks) - set(due), begun_before)
        try:
            _fetch(run, due)
        finally:
            _register(run, weeks)


def _fetch(run: Run, due: Iterable[date]) -> None:
    source = run.settings.ga4_reports
    if source is None:
        raise Refusal(f"{run.settings.file} has no [ga4.reports]: nothing to ask for")
    due = list(due)
    if not due:
        return
    with ReportsClient(source, run.policy.reports) as client, open_duckdb(run.home) as con:
        check_fields_go_together(client)
        for monday in due:
            fetch_week(con, client, run, source, monday)


def _register(run: Run, weeks: list[date]) -> None:
    """Keeps the days of complete weeks as ingested, the run's counts, and why a week is not complete."""
    outcomes: Counter[str] = Counter()
    notes: list[str] = []
    empty: list[date] = []
    with Register(run.home) as register:
        accepted = set(register.accepted_empty_days(SOURCE))
    ingested = [monday for monday in weeks if set(days_of(monday)) <= accepted]
    for monday in weeks:
        stored = stored_week(run, monday)
        if stored is None:
            outcomes["not_read"] += 1
            continue
        outcomes.update(_counts(stored))
        if stored.is_complete:
            ingested.append(monday)
            continue
        empty += days_of(monday) if stored.shortcomings == ("empty",) and monday not in ingested else []
        notes.append(f"week {monday} stays open: {_why(stored)}")
    with Register(run.home) as register:
        register.cover_days(SOURCE, (day for monday in weeks for day in days_of(monday)), ())
        done = [day for monday in ingested for day in days_of(monday)]
        register.cover_days(SOURCE, done, done)
        register.add_counts(run.run_id, "reports", SOURCE, dict(outcomes))
        register.add_counts(run.run_id, "notes", SOURCE, notes)
        keep_awaited(register, run, SOURCE, empty)


def _counts(week: ReportWeek) -> dict[str, int]:
    """One week's part of a run's counts: weeks by what they are, rows of all its reports."""
    told = {
        "complete": week.is_complete,
        "thresholded": any(facts.is_thresholded for facts in week.reports.values()),
        "with_other_row": any(facts.has_other_row for facts in week.reports.values()),
        **dict.fromkeys(week.shortcomings, True),
    }
    return {
        **{name: 1 for name, is_so in told.items() if is_so},
        "rows": sum(one.rows for one in week.reports.values()),
    }


def _why(week: ReportWeek) -> str:
    """Google's own words of a closed list, and ours; of a property's text only how it is called."""
    reasons = [name for facts in week.reports.values() for name in facts.truncations]
    more = f" ({', '.join(dict.fromkeys(reasons))})" if reasons else ""
    return ", ".join(week.shortcomings) + more
