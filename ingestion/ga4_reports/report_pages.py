"""One report, page by page: all rows once, all of one state of the data, or read anew."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
from google.analytics.data_v1beta import types

from home.weeks.report_weeks import BREAKDOWNS, ReportFacts
from ingestion.ga4_reports.page_frame import page_frame
from ingestion.ga4_reports.report_facts import facts_of
from refusals.errors import SourceUnavailable


@dataclass(frozen=True, slots=True)
class ReportPages:
    """What was read of a report so far: `facts` of the whole, and the rows of its first pages."""

    facts: ReportFacts
    rows: pd.DataFrame

    @property
    def is_whole(self) -> bool:
        """Whether every row is there."""
        return len(self.rows) == self.facts.rows


def read_pages(
    ask: Callable[[int], types.RunReportResponse],
    breakdown: str,
    starts: int,
    *,
    before: ReportPages | None,
    keep: Callable[[ReportPages], None],
) -> ReportPages:
    """Every row of a report; `before`: pages of an earlier run, which are gone on with.

    `ask` answers the page that begins at a row. An answer carries no offset and may be short, so the next page begins
    after the rows that are there, up to Google's row count. Each page's state is handed to `keep`. A page that says
    otherwise of its report than those before it, that repeats a row, or that is empty too early, is of another state of
    the data: the report is read anew, `starts` times at most in all.

    Raises:
        SourceUnavailable: it kept changing.
        InputRefused, QuotaUsedUp: see `ask` and page_frame.
    """
    pages = before
    for _ in range(starts):
        while True:
            following = _with_page(pages, ask(len(pages.rows) if pages else 0), breakdown)
            if following is None:
                break
            pages = following
            keep(pages)
            if pages.is_whole:
                return pages
        pages = None
    raise SourceUnavailable(f"a report by {breakdown} changed at every try while it was read: run again later")


def _with_page(before: ReportPages | None, answer: types.RunReportResponse, breakdown: str) -> ReportPages | None:
    """The pages with one more; None: it does not belong to them."""
    facts, page = facts_of(answer), page_frame(answer, breakdown)
    rows = page if before is None else pd.concat([before.rows, page], ignore_index=True)
    is_of_another_state = before is not None and facts != before.facts
    is_too_short = page.empty and len(rows) < facts.rows
    dimensions = list(BREAKDOWNS[breakdown])
    repeats = bool(rows.duplicated(dimensions).any()) if dimensions else len(rows) > 1
    if is_of_another_state or is_too_short or repeats or len(rows) > facts.rows:
        return None
    return ReportPages(facts, rows)
