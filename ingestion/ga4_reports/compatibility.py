"""Whether the property can report all the fields together, and if not, the most that it can."""

from google.analytics.data_v1beta import types

from home.settings.settings import Settings
from home.weeks.report_weeks import BREAKDOWNS
from ingestion.ga4_reports.report_request import METRICS
from ingestion.ga4_reports.reports_client import ReportsClient
from refusals.errors import InputRefused

#: In the order in which they are worth keeping: what makes a row, and whose it is.
FIELDS = ("activeUsers", "userAgeBracket", "countryId", "region", "sessions", *METRICS)


def check_reports_source(settings: Settings) -> None:
    """The property can be asked, and what is asked of it goes together: one request, or none where there is no source.

    Raises:
        UsageError, InputRefused, QuotaUsedUp, SourceUnavailable: see ReportsClient.
    """
    if settings.ga4_reports is not None:
        with ReportsClient(settings.ga4_reports, settings.policy.reports) as client:
            check_fields_go_together(client)


def check_fields_go_together(client: ReportsClient) -> None:
    """The finest report's dimensions and metrics go together on this property.

    Raises:
        InputRefused: they do not; it names those that are in the way, and the finest set that does go together.
        QuotaUsedUp, SourceUnavailable: see ReportsClient.
    """
    wanted = (*BREAKDOWNS["region_age"], *METRICS)
    if _go_together(client, wanted):
        return
    kept: list[str] = []
    for field in dict.fromkeys(FIELDS):
        if _go_together(client, (*kept, field)):
            kept.append(field)
    in_the_way = [field for field in wanted if field not in kept]
    dimensions = [field for field in BREAKDOWNS["region_age"] if field in kept]
    raise InputRefused(
        f"property {client.property_id}: cannot report {', '.join(in_the_way) or 'these fields'} with the rest; the"
        f" finest that goes together is {', '.join(dimensions) or 'no dimension'} with"
        f" {', '.join(field for field in METRICS if field in kept) or 'no metric'}: see the property's settings"
        " (Google Signals, data collection), or take [ga4.reports] out"
    )


def _go_together(client: ReportsClient, fields: tuple[str, ...]) -> bool:
    answer = client.check_compatibility(
        types.CheckCompatibilityRequest(
            property=f"properties/{client.property_id}",
            dimensions=[types.Dimension(name=name) for name in fields if name not in METRICS],
            metrics=[types.Metric(name=name) for name in fields if name in METRICS],
        )
    )
    if answer is None:
        return False
    told = {one.dimension_metadata.api_name: one.compatibility for one in answer.dimension_compatibilities}
    told |= {one.metric_metadata.api_name: one.compatibility for one in answer.metric_compatibilities}
    return not any(told.get(field) == types.Compatibility.INCOMPATIBLE for field in fields)
