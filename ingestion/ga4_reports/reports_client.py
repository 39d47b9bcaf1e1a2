"""The Data API over gRPC: Google's own client, with few tries and a quota that is never used up."""

import logging
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, TypeVar

import google.auth
import grpc
from google.analytics.data_v1beta import BetaAnalyticsDataClient, types
from google.analytics.data_v1beta.services.beta_analytics_data.transports import grpc as grpc_transport
from google.api_core import exceptions
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError
from google.oauth2 import service_account

from home.settings.reports_settings import Ga4ReportsSource
from ingestion.ga4_reports.api_errors import refusal_of
from ingestion.ga4_reports.quota import Quota
from policy.reports_policy import ReportsPolicy
from refusals.errors import UsageError

#: Google's own logger of requests and answers, whole, where somebody asks Python for debug messages: it is kept still.
PAYLOAD_LOGGER: Final = grpc_transport.__name__

#: The one permission that is asked for.
READ_ONLY: Final = "https://www.googleapis.com/auth/analytics.readonly"

Answer = TypeVar("Answer")


def _now() -> datetime:
    return datetime.now(UTC)


class ReportsClient:
    """One property's reports; a context manager. `now` and `wait` (seconds) stand in for the clock in tests.

    A request is made again only where the service says that it is unavailable, as often as the policy says, after a
    random wait. Before each, what the last answer said of the quota is looked at, Google's server errors among it.
    """

    def __init__(
        self,
        source: Ga4ReportsSource,
        policy: ReportsPolicy,
        *,
        now: Callable[[], datetime] = _now,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self.property_id, self.policy = source.property_id, policy
        self._source, self._now, self._wait = source, now, wait
        self._quota = Quota(source.property_id, policy)

    def __enter__(self) -> "ReportsClient":
        """Opens the channel; the first request connects.

        Raises:
            UsageError: there are no credentials, or their file is none.
        """
        logging.getLogger(PAYLOAD_LOGGER).setLevel(logging.CRITICAL)
        if self._source.endpoint is not None:
            channel = grpc.insecure_channel(self._source.endpoint)
            self._client = BetaAnalyticsDataClient(
                transport=grpc_transport.BetaAnalyticsDataGrpcTransport(channel=channel)
            )
        else:
            self._client = BetaAnalyticsDataClient(credentials=_credentials(self._source))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.transport.close()  # type: ignore[no-untyped-call]  # Google's classes are typed in part

    def run_report(self, request: types.RunReportRequest) -> types.RunReportResponse:
        """One page.

        Raises:
            QuotaUsedUp: no more than the reserve is left, or nothing at all.
            SourceUnavailable: it did not answer; a later run may go well.
            InputRefused: it answers no such request; somebody must mend something.
        """
        answer = self._asked(self._client.run_report, request)
        self._quota.keep(answer.property_quota)
        return answer

    def check_compatibility(self, request: types.CheckCompatibilityRequest) -> types.CheckCompatibilityResponse | None:
        """What goes together with the request's fields; None: they do not go together themselves.

        Raises:
            QuotaUsedUp, SourceUnavailable, InputRefused: as `run_report`.
        """
        try:
            return self._asked(self._client.check_compatibility, request)
        except _NotTogether:
            return None

    def _asked(self, call: Callable[..., Answer], request: object) -> Answer:
        for tried in range(1, self.policy.tries):
            try:
                return self._asked_once(call, request)
            except exceptions.ServiceUnavailable:
                # Not for secrets: only so that many clients do not come back at one moment.
                self._wait(self.policy.first_wait_seconds * 2 ** (tried - 1) * random.uniform(0.5, 1.5))  # noqa: S311
        try:
            return self._asked_once(call, request)
        except exceptions.ServiceUnavailable as error:
            raise refusal_of(error, self.property_id) from None

    def _asked_once(self, call: Callable[..., Answer], request: object) -> Answer:
        """Raises ServiceUnavailable as it is, any other error as what it means here."""
        self._quota.check(self._now())
        try:
            return call(request, retry=None, timeout=self.policy.timeout_seconds)
        except exceptions.ResourceExhausted:
            raise self._quota.used_up(self._now()) from None
        except (exceptions.GoogleAPICallError, GoogleAuthError) as error:
            if isinstance(error, exceptions.ServiceUnavailable):
                raise
            if isinstance(error, exceptions.InvalidArgument) and isinstance(request, types.CheckCompatibilityRequest):
                raise _NotTogether from None
            raise refusal_of(error, self.property_id) from None


class _NotTogether(Exception):
    """Fields of a request do not go together."""


def _credentials(source: Ga4ReportsSource) -> Credentials:
    try:
        if source.credentials is not None:
            from_file: Callable[..., Credentials] = service_account.Credentials.from_service_account_file
            return from_file(str(source.credentials), scopes=[READ_ONLY])
        found, _ = google.auth.default(scopes=[READ_ONLY])
        return found
    except OSError as error:
        raise UsageError(
            f"setting 'ga4.reports.credentials': {source.credentials} cannot be read ({error.strerror}): mend it"
        ) from None
    except (GoogleAuthError, ValueError, KeyError):
        where = source.credentials or "the library's default"
        raise UsageError(
            f"setting 'ga4.reports.credentials': {where} holds no credentials that can be used: name the key file of a"
            " service account, or set GOOGLE_APPLICATION_CREDENTIALS"
        ) from None
