"""From an answer's metadata to what is kept of a report."""

from google.analytics.data_v1beta import types

from home.weeks.report_weeks import ReportFacts
from refusals.errors import InputRefused


def facts_of(answer: types.RunReportResponse) -> ReportFacts:
    """What a page says of its whole report; of two pages of one report they are the same."""
    told = answer.metadata
    return ReportFacts(
        rows=answer.row_count,
        is_thresholded=told.subject_to_thresholding,
        has_other_row=told.data_loss_from_other_row,
        samples_read=sum(one.samples_read_count for one in told.sampling_metadatas),
        sampling_space=sum(one.sampling_space_size for one in told.sampling_metadatas),
        truncations=tuple(sorted({one.data_truncation_type.name for one in told.data_truncation_reasons})),
        is_restricted=bool(told.schema_restriction_response.active_metric_restrictions),
        empty_reason=told.empty_reason,
        time_zone=told.time_zone,
    )


def check_zone(facts: ReportFacts, timezone: str, property_id: str) -> None:
    """The property's weeks are the policy's.

    Raises:
        InputRefused: it reports in another zone, whose days begin at other moments.
    """
    if facts.time_zone != timezone:
        told = facts.time_zone or "no zone that it names"
        raise InputRefused(
            f"property {property_id} reports in {told}, and weeks here are those of {timezone}: its days begin at other"
            " moments; name a property in that zone (or mend 'timezone' in consent.toml, which all sources go by)"
        )
