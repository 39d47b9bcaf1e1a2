"""The property's quota: known from each answer, and never used up, since others ask the same property."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from google.analytics.data_v1beta import types

from policy.reports_policy import ReportsPolicy
from refusals.errors import QuotaUsedUp

HOUR = timedelta(hours=1)
DAY_TOKENS = "tokens_per_day"
#: In words, what each quota counts.
WORDS = {
    DAY_TOKENS: "tokens of the day",
    "tokens_per_hour": "tokens of the hour",
    "tokens_per_project_per_hour": "tokens of the hour for this project",
    "potentially_thresholded_requests_per_hour": "requests of the hour that may be thresholded",
    "server_errors_per_project_per_hour": "server errors of the hour",
}


class Quota:
    """What the last answer said is left; before any answer, nothing is known and all may be asked."""

    def __init__(self, property_id: str, policy: ReportsPolicy) -> None:
        self._property_id, self._policy = property_id, policy
        self._left: dict[str, int] = {}

    def keep(self, told: types.PropertyQuota) -> None:
        """Takes over what an answer says; what it does not say stays."""
        message = types.PropertyQuota.pb(told)
        self._left |= {name: getattr(message, name).remaining for name in WORDS if message.HasField(name)}

    def check(self, now: datetime) -> None:
        """There is more left than the policy keeps for others.

        Raises:
            QuotaUsedUp: there is not; it says from when on there is again.
        """
        for name, reserve in self._reserves().items():
            if self._left.get(name, reserve + 1) <= reserve:
                raise self.used_up(
                    now, f"only {self._left[name]} {WORDS[name]} are left, and {reserve} stay for others"
                )

    def used_up(self, now: datetime, why: str = "Google answers no more requests in this hour") -> QuotaUsedUp:
        """The refusal, with the moment from which on the property answers again: a day's or an hour's end."""
        is_the_day = self._left.get(DAY_TOKENS, self._policy.reserve_tokens + 1) <= self._policy.reserve_tokens
        goes_on_at = next_midnight(now, self._policy.quota_day_timezone) if is_the_day else now + HOUR
        self._left.clear()
        return QuotaUsedUp(f"property {self._property_id}: {why}", goes_on_at)

    def _reserves(self) -> dict[str, int]:
        tokens = dict.fromkeys(
            (DAY_TOKENS, "tokens_per_hour", "tokens_per_project_per_hour"), self._policy.reserve_tokens
        )
        return tokens | {
            "potentially_thresholded_requests_per_hour": self._policy.reserve_thresholded_requests,
            "server_errors_per_project_per_hour": self._policy.reserve_server_errors,
        }


def next_midnight(now: datetime, timezone: str) -> datetime:
    """The midnight of that zone that comes next."""
    local = now.astimezone(ZoneInfo(timezone))
    return datetime.combine(local.date() + timedelta(days=1), time(), ZoneInfo(timezone)).astimezone(now.tzinfo)
