"""What there is of a dataset: its weeks, its releases, and when the next week is expected."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from home.weeks.week_states import WEEK, may_settle_at
from policy.policy import Policy
from policy.release_policy import DatasetPolicy
from portal.unapproved import newest_first
from releases.ledger.listed_release import ListedRelease
from releases.ledger.states import State


@dataclass(frozen=True, slots=True)
class DatasetStatus:
    """One approved dataset as it stands. `weeks`: those whose figures are shown.

    `releases`: newest period first, newest version first, withdrawn ones among them.

    `next_freeze`: when the first week without figures can freeze, in the policy's time zone; None before the first.
    """

    declared: DatasetPolicy
    weeks: tuple[date, ...]
    releases: tuple[ListedRelease, ...]
    next_freeze: datetime | None

    @property
    def latest(self) -> ListedRelease | None:
        """The release that a reader wants: of the last period that has one in force."""
        return next((release for release in self.releases if release.state == State.PUBLISHED), None)

    @property
    def missing(self) -> tuple[date, ...]:
        """Weeks between the first and the last that have no figures."""
        if not self.weeks:
            return ()
        first, last, there = self.weeks[0], self.weeks[-1], set(self.weeks)
        every = (first + number * WEEK for number in range((last - first) // WEEK + 1))
        return tuple(week for week in every if week not in there)


def status_of(
    dataset: DatasetPolicy, weeks: tuple[date, ...], releases: Sequence[ListedRelease], policy: Policy
) -> DatasetStatus:
    """A dataset with its releases in order."""
    ordered = newest_first(release for release in releases if release.id.dataset == dataset.name)
    next_freeze = None
    if weeks:
        zone = policy.consent.timezone
        at = may_settle_at(weeks[-1] + WEEK, policy.anonymity.freeze_after_days, zone)
        next_freeze = at.astimezone(ZoneInfo(zone))
    return DatasetStatus(dataset, weeks, ordered, next_freeze)
