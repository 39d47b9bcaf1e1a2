"""Weeks that should have frozen by now and did not, whatever the reason: a source that stopped, a run that never came.

A failure is told when it happens; a week that nobody asked for, or a day that never came, fails nowhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from home.register.register import Register
from home.register.register_file import is_register_there
from home.settings.settings import Settings
from home.weeks.week_states import WEEK, days_between, may_settle_at, mondays_between, settled_weeks
from policy.policy import Policy

DAYS_NAMED = 3


@dataclass(frozen=True, slots=True)
class OverdueWeek:
    """A week of a source about which the last word should be spoken. `missing_days`: those not ingested yet."""

    source: str
    monday: date
    missing_days: tuple[date, ...]

    def __str__(self) -> str:
        """What is overdue and how to mend it, in a line."""
        return f"{self.source} week {self.monday}: {self._why()}"

    def _why(self) -> str:
        sunday = self.monday + WEEK - timedelta(days=1)
        again = f"run over {self.monday} to {sunday}"
        if not self.missing_days:
            return f"every day is ingested, but it is not frozen: {again}, and see what the build says"
        named = ", ".join(str(day) for day in self.missing_days[:DAYS_NAMED])
        more = len(self.missing_days) - DAYS_NAMED
        told = f"{named} and {more} more" if more > 0 else named
        return (
            f"nothing was ingested for {told}: deliver it and {again}; where the source rightly delivered nothing, "
            "`cmn weeks accept-empty` first"
        )


def overdue_weeks(settings: Settings, now: datetime) -> list[OverdueWeek]:
    """Every week, source by source, that could have frozen more than the policy's `overdue_after_days` ago.

    The weeks looked at begin with the first that a run of the source covered or settled, or, where none has, with the
    first that any run was asked for: so a source that never delivered is told too. A week that frozen, withheld or
    retracted is settled.
    """
    if not is_register_there(settings.home):
        return []
    overdue = []
    with Register(settings.home) as register:
        asked_for = register.first_day_asked_for()
        for source in settings.sources:
            settled = settled_weeks(settings.home, source)
            covered = register.covered_days(source)
            first = min([*settled, *covered[:1]], default=asked_for)
            if first is None:
                continue
            ingested = frozenset(register.ingested_days(source))
            overdue += [
                OverdueWeek(source, monday, _missing(monday, ingested))
                for monday in mondays_between(first, now.date())
                if monday not in settled and is_overdue(monday, now, settings.policy)
            ]
    return overdue


def is_overdue(monday: date, now: datetime, policy: Policy) -> bool:
    """Whether the week could have frozen more than `overdue_after_days` before `now`."""
    wait = policy.anonymity.freeze_after_days + policy.anonymity.overdue_after_days
    return now >= may_settle_at(monday, wait, policy.consent.timezone)


def by_source(overdue: list[OverdueWeek]) -> Mapping[str, list[str]]:
    """The Mondays by source, as a summary shows them."""
    return {
        source: [str(week.monday) for week in overdue if week.source == source]
        for source in dict.fromkeys(week.source for week in overdue)
    }


def _missing(monday: date, ingested: frozenset[date]) -> tuple[date, ...]:
    return tuple(day for day in days_between(monday, monday + WEEK)[:-1] if day not in ingested)
