"""A quota that really counts: tokens and requests of an hour, and tokens of a day, which come back when it is over."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from google.analytics.data_v1beta import types


@dataclass
class CountedQuota:
    """Google's numbers of a standard property. `now` is the service's clock; a request costs `cost` tokens."""

    now: Callable[[], datetime]
    cost: int = 10
    tokens_per_hour: int = 40_000
    tokens_per_day: int = 200_000
    thresholded_per_hour: int = 120
    server_errors_per_hour: int = 10
    _spent: list[tuple[datetime, int, bool]] = field(default_factory=list)
    _errors: list[datetime] = field(default_factory=list)

    def take(self, is_thresholded: bool) -> bool:
        """Counts one request; whether it may be answered."""
        if self._left_of_hour() < self.cost or self._left_of_day() < self.cost or self._errors_left() <= 0:
            return False
        if is_thresholded and self._thresholded_left() < 1:
            return False
        self._spent.append((self.now(), self.cost, is_thresholded))
        return True

    def keep_error(self) -> None:
        """Counts a server error."""
        self._errors.append(self.now())

    def told(self) -> types.PropertyQuota:
        """What an answer says of it."""
        hour = types.QuotaStatus(consumed=self.cost, remaining=self._left_of_hour())
        return types.PropertyQuota(
            tokens_per_hour=hour,
            tokens_per_project_per_hour=hour,
            tokens_per_day=types.QuotaStatus(consumed=self.cost, remaining=self._left_of_day()),
            potentially_thresholded_requests_per_hour=types.QuotaStatus(remaining=self._thresholded_left()),
            server_errors_per_project_per_hour=types.QuotaStatus(remaining=self._errors_left()),
            concurrent_requests=types.QuotaStatus(remaining=10),
        )

    def _since(self, hours: int) -> datetime:
        return self.now() - timedelta(hours=hours)

    def _left_of_hour(self) -> int:
        return self.tokens_per_hour - sum(cost for at, cost, _ in self._spent if at > self._since(1))

    def _left_of_day(self) -> int:
        return self.tokens_per_day - sum(cost for at, cost, _ in self._spent if at > self._since(24))

    def _thresholded_left(self) -> int:
        return self.thresholded_per_hour - sum(one for at, _, one in self._spent if at > self._since(1))

    def _errors_left(self) -> int:
        return self.server_errors_per_hour - sum(at > self._since(1) for at in self._errors)
