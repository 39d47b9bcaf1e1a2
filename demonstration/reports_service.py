"""An emulator of GA4's Data API: the same gRPC service and messages on this machine, over an audience of one's own.

It answers `RunReport` and `CheckCompatibility` as Google does as far as this project relies on it: pages without an
offset, a default order in which pages overlap, quotas, thresholds, `(other)`, sampling, and faults on demand.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from threading import Lock
from typing import Any

import grpc
from google.analytics.data_v1beta import types

from demonstration.reports_audience import Audience, AudienceRow, DemonstrationAudience
from demonstration.reports_quota import CountedQuota
from demonstration.week_span import WeekSpan

SERVICE = "google.analytics.data.v1beta.BetaAnalyticsData"
PROPERTY = "481234567"
METRICS = ("activeUsers", "sessions", "engagedSessions", "screenPageViews", "userEngagementDuration")
DIMENSIONS = ("countryId", "region", "userAgeBracket")
AGE = "userAgeBracket"
OTHER = "(other)"
MOST_ROWS = 250_000

#: Method, fields, first day, offset.
Call = tuple[str, tuple[str, ...], str, int]

Metadata = types.ResponseMetaData
Truncation = Metadata.DataTruncationReason.DataTruncationType


@dataclass
class Behaviour:
    """How the property is. `threshold`: rows of fewer users are left out where ages are asked for. `most_rows`: those
    past it are put together as `(other)`. `sampled`, `truncated`, `restricted`, `empty`: Mondays. `together`: which
    fields do not go with which. `faults`: what the call of that number, from 1 on, ends as instead of an answer.
    `changing`: calls from which on the data are others."""

    property_id: str = PROPERTY
    time_zone: str = "Europe/Amsterdam"
    threshold: int = 0
    most_rows: int = MOST_ROWS
    page_rows: int = MOST_ROWS
    sampled: frozenset[date] = frozenset()
    truncated: Mapping[date, str] = field(default_factory=dict)
    restricted: frozenset[date] = frozenset()
    empty: frozenset[date] = frozenset()
    incompatible: frozenset[str] = frozenset()
    faults: Mapping[int, grpc.StatusCode] = field(default_factory=dict)
    changing: frozenset[int] = frozenset()


class ReportsService:
    """One property. `asked`: each call so far, as its method, dimensions, first day and offset; counts, no rows."""

    def __init__(
        self, audience: Audience, behaviour: Behaviour | None = None, quota: CountedQuota | None = None
    ) -> None:
        self.behaviour = behaviour or Behaviour()
        self.quota = quota or CountedQuota(now=lambda: datetime.now(UTC))
        self.asked: list[Call] = []
        self._audience, self._lock = audience, Lock()

    def run_report(self, request: types.RunReportRequest, context: Any) -> types.RunReportResponse:
        """A page of a report."""
        dimensions = tuple(one.name for one in request.dimensions)
        metrics = tuple(one.name for one in request.metrics)
        (days,) = request.date_ranges
        first, last = date.fromisoformat(days.start_date), date.fromisoformat(days.end_date)
        self._count(("RunReport", dimensions, first.isoformat(), int(request.offset)), request.property, context)
        if self._not_together({*dimensions, *metrics}):
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "Please remove incompatible dimensions or metrics.")
        rows, metadata = self._report(dimensions, first, last)
        ordered = [order.dimension.dimension_name for order in request.order_bys]
        whole = rows if ordered == list(dimensions) else self._by_users(rows)
        most = min(int(request.limit) or 10_000, self.behaviour.page_rows)
        page = whole[int(request.offset) : int(request.offset) + most]
        which = [METRICS.index(name) for name in metrics]
        answer = types.RunReportResponse(
            dimension_headers=[types.DimensionHeader(name=name) for name in dimensions],
            metric_headers=[types.MetricHeader(name=name, type_=types.MetricType.TYPE_INTEGER) for name in metrics],
            rows=[
                types.Row(
                    dimension_values=[types.DimensionValue(value=value) for value in told],
                    metric_values=[types.MetricValue(value=str(figures[number])) for number in which],
                )
                for told, figures in page
            ],
            row_count=len(rows),
            metadata=metadata,
            kind="analyticsData#runReport",
        )
        if request.return_property_quota:
            answer.property_quota = self.quota.told()
        return answer

    def check_compatibility(
        self, request: types.CheckCompatibilityRequest, context: Any
    ) -> types.CheckCompatibilityResponse:
        """What can be added to the fields; an error where they do not go together themselves."""
        fields = {*(one.name for one in request.dimensions), *(one.name for one in request.metrics)}
        self._count(("CheckCompatibility", tuple(sorted(fields)), "", 0), request.property, context)
        if self._not_together(fields):
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "The dimensions and metrics are incompatible.")

        def told(name: str) -> Any:
            kinds = types.Compatibility
            return kinds.INCOMPATIBLE if self._not_together({*fields, name}) else kinds.COMPATIBLE

        return types.CheckCompatibilityResponse(
            dimension_compatibilities=[
                types.DimensionCompatibility(
                    dimension_metadata=types.DimensionMetadata(api_name=name), compatibility=told(name)
                )
                for name in DIMENSIONS
            ],
            metric_compatibilities=[
                types.MetricCompatibility(metric_metadata=types.MetricMetadata(api_name=name), compatibility=told(name))
                for name in METRICS
            ],
        )

    def _by_users(self, rows: list[AudienceRow]) -> list[AudienceRow]:
        """As Google orders where nothing is said: rows of as many users are in another order at each call."""
        swapped = list(rows)
        random.Random(len(self.asked)).shuffle(swapped)  # noqa: S311 - the same for the same call
        return sorted(swapped, key=lambda row: -row[1][0])

    def _count(self, call: Call, asked_of: str, context: Any) -> None:
        """Counts the call against the quota; ends it where a fault is due, nothing is left, or it asks another."""
        with self._lock:
            self.asked.append(call)
            fault = self.behaviour.faults.get(len(self.asked))
            if fault is not None:
                if fault in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.INTERNAL):
                    self.quota.keep_error()
                context.abort(fault, "as was asked for")
            if asked_of != f"properties/{self.behaviour.property_id}":
                context.abort(grpc.StatusCode.PERMISSION_DENIED, "User does not have sufficient permissions.")
            if not self.quota.take(AGE in call[1]):
                context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "Exhausted property tokens per hour.")

    def _not_together(self, fields: set[str]) -> bool:
        unwanted = self.behaviour.incompatible
        return bool(unwanted) and unwanted <= fields

    def _report(self, dimensions: tuple[str, ...], first: date, last: date) -> tuple[list[AudienceRow], Metadata]:
        """All rows in the order of their dimensions, and what is said of them."""
        behaviour = self.behaviour
        with self._lock:
            rows = sorted([] if first in behaviour.empty else self._audience.rows(dimensions, first, last))
            calls = len(self.asked)
        is_thresholded = AGE in dimensions and any(row[1][0] < behaviour.threshold for row in rows)
        if is_thresholded:
            rows = [row for row in rows if row[1][0] >= behaviour.threshold]
        has_other_row = len(rows) > behaviour.most_rows
        if has_other_row:
            kept = sorted(rows, key=lambda row: -row[1][0])[: behaviour.most_rows - 1]
            rest = [row for row in rows if row not in kept]
            rows = sorted([*kept, (tuple(OTHER for _ in dimensions), _sum(rest))])
        changes = sum(calls >= number for number in behaviour.changing)
        if "region" in dimensions and rows:
            (told, figures), where = rows[0], dimensions.index("region")
            rows += [((*told[:where], f"~{change}", *told[where + 1 :]), figures) for change in range(changes)]
        return rows, Metadata(
            time_zone=behaviour.time_zone,
            currency_code="EUR",
            subject_to_thresholding=is_thresholded,
            data_loss_from_other_row=has_other_row,
            sampling_metadatas=[types.SamplingMetadata(samples_read_count=500_000, sampling_space_size=10_000_000)]
            if first in behaviour.sampled
            else [],
            data_truncation_reasons=[
                Metadata.DataTruncationReason(data_truncation_type=getattr(Truncation, behaviour.truncated[first]))
            ]
            if first in behaviour.truncated
            else [],
            schema_restriction_response=_restriction() if first in behaviour.restricted else None,
            empty_reason="" if rows else "NO_DATA",
        )


def _sum(rows: list[AudienceRow]) -> tuple[int, ...]:
    return tuple(map(sum, zip(*(figures for _, figures in rows), strict=True)))


def _restriction() -> Any:
    restricted = Metadata.SchemaRestrictionResponse.ActiveMetricRestriction(
        metric_name="activeUsers", restricted_metric_types=[types.RestrictedMetricType.REVENUE_DATA]
    )
    return Metadata.SchemaRestrictionResponse(active_metric_restrictions=[restricted])


def demonstrated_reports(persons: int, span: WeekSpan, seed: int) -> ReportsService:
    """The demonstration's property: few are left out, as Google does where it asks for ages."""
    return ReportsService(DemonstrationAudience(persons, span, seed), Behaviour(threshold=3))


@contextmanager
def serving(service: ReportsService) -> Iterator[str]:
    """The service on a port of 127.0.0.1; gives `endpoint` of `[ga4.reports]`."""
    server = grpc.server(futures.ThreadPoolExecutor(2))
    handlers = {
        "RunReport": _unary(service.run_report, types.RunReportRequest, types.RunReportResponse),
        "CheckCompatibility": _unary(
            service.check_compatibility, types.CheckCompatibilityRequest, types.CheckCompatibilityResponse
        ),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()


def _unary(answer: Callable[[Any, Any], Any], asked: Any, answered: Any) -> Any:
    return grpc.unary_unary_rpc_method_handler(
        answer, request_deserializer=asked.deserialize, response_serializer=answered.serialize
    )
