"""From an answer's rows to a pandas frame: texts and whole numbers, checked."""

import pandas as pd
from google.analytics.data_v1beta import types

from home.weeks.report_weeks import BREAKDOWNS, MEASURES
from ingestion.ga4_reports.report_request import METRICS
from refusals.errors import InputRefused

SECOND_US = 1_000_000


def page_frame(answer: types.RunReportResponse, breakdown: str) -> pd.DataFrame:
    """One row a row: the breakdown's dimensions as text, the measures as whole numbers (durations in microseconds).

    Raises:
        InputRefused: the answer has other columns than were asked for, or a figure that is no number; no value is told.
    """
    dimensions = list(BREAKDOWNS[breakdown])
    headers = [header.name for header in answer.dimension_headers] + [header.name for header in answer.metric_headers]
    if answer.row_count and headers != [*dimensions, *METRICS]:
        raise InputRefused(
            f"a report by {breakdown} came with other columns than were asked for: nothing of it is kept"
        )
    rows = [
        [*(one.value for one in row.dimension_values), *(one.value for one in row.metric_values)] for row in answer.rows
    ]
    columns = [*dimensions, *METRICS.values()]
    if any(len(row) != len(columns) for row in rows):
        raise _odd(breakdown)
    frame = pd.DataFrame(rows, columns=columns, dtype="str")
    try:
        figures = frame[list(MEASURES)].apply(pd.to_numeric).astype("float64")
    except (ValueError, TypeError):
        raise _odd(breakdown) from None
    figures["duration_us"] = (figures["duration_us"] * SECOND_US).round()
    if figures.isna().any(axis=None) or (figures < 0).any(axis=None) or (figures % 1 != 0).any(axis=None):
        raise _odd(breakdown)
    return frame[dimensions].join(figures.astype("int64"))


def _odd(breakdown: str) -> InputRefused:
    return InputRefused(f"a report by {breakdown} has figures that are no counts: nothing of it is kept")
