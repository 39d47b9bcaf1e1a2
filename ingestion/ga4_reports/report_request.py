"""What is asked of the Data API: one breakdown of one ISO week, by absolute dates, a page of it."""

from datetime import date, timedelta
from typing import Final

from google.analytics.data_v1beta import types

from home.weeks.report_weeks import BREAKDOWNS
from home.weeks.week_states import WEEK

#: Google's metrics, and the column that each becomes.
METRICS: Final = {
    "activeUsers": "users",
    "sessions": "sessions",
    "engagedSessions": "engaged_sessions",
    "screenPageViews": "views",
    "userEngagementDuration": "duration_us",
}


def report_request(property_id: str, breakdown: str, monday: date, offset: int, limit: int) -> types.RunReportRequest:
    """One page. The order is that of every dimension: by default it is the first metric's, in which rows can swap."""
    return types.RunReportRequest(
        property=f"properties/{property_id}",
        dimensions=[types.Dimension(name=name) for name in BREAKDOWNS[breakdown]],
        metrics=[types.Metric(name=name) for name in METRICS],
        date_ranges=[
            types.DateRange(start_date=monday.isoformat(), end_date=(monday + WEEK - timedelta(days=1)).isoformat())
        ],
        order_bys=[
            types.OrderBy(dimension=types.OrderBy.DimensionOrderBy(dimension_name=name))
            for name in BREAKDOWNS[breakdown]
        ],
        offset=offset,
        limit=limit,
        return_property_quota=True,
    )
