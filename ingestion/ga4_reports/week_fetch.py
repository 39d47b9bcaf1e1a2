"""One week of reports: all its breakdowns, page by page, gone on with where an earlier run had to stop."""

from datetime import date, timedelta

from google.analytics.data_v1beta import types

from home.run import Run
from home.settings.reports_settings import Ga4ReportsSource
from home.weeks.report_weeks import BREAKDOWNS, ReportWeek, write_report_week
from ingestion.ga4_reports.report_facts import check_zone, facts_of
from ingestion.ga4_reports.report_pages import ReportPages, read_pages
from ingestion.ga4_reports.report_request import report_request
from ingestion.ga4_reports.reports_client import ReportsClient
from ingestion.ga4_reports.week_pages import discard_pages, keep_pages, kept_pages
from ingestion.ga4_reports.week_rows import week_rows


def fetch_week(client: ReportsClient, run: Run, source: Ga4ReportsSource, monday: date) -> ReportWeek:
    """Asks for all that is not there yet, and stores the week when it is whole; then what was kept aside goes.

    Raises:
        QuotaUsedUp, SourceUnavailable: nothing is stored; what was read is kept for the next run.
        InputRefused: the property reports in another zone, or something that is no such report.
    """
    limits, timezone = run.policy.reports, run.policy.consent.timezone
    begun_at, reports = kept_pages(run.home, monday, source.property_id, run.as_of, timedelta(hours=limits.pages_hours))
    for breakdown in BREAKDOWNS:
        before = reports.get(breakdown)
        if before is not None and before.is_whole:
            continue

        def ask(offset: int, breakdown: str = breakdown) -> types.RunReportResponse:
            answer = client.run_report(report_request(source.property_id, breakdown, monday, offset, limits.page_rows))
            check_zone(facts_of(answer), timezone, source.property_id)
            return answer

        def keep(pages: ReportPages, breakdown: str = breakdown) -> None:
            reports[breakdown] = pages
            keep_pages(run.home, monday, source.property_id, begun_at, reports)

        read_pages(ask, breakdown, limits.starts, before=before, keep=keep)
    week = ReportWeek(
        week=monday,
        property_id=source.property_id,
        consent_basis=source.consent_basis,
        fetched_at=run.as_of,
        reports={breakdown: reports[breakdown].facts for breakdown in BREAKDOWNS},
        rows=week_rows({breakdown: reports[breakdown].rows for breakdown in BREAKDOWNS}),
    )
    write_report_week(run.home, week)
    discard_pages(run.home, monday)
    return week
