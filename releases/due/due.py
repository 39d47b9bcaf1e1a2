"""Which releases are due: of each approved dataset every frozen week, and every quarter of which all is known."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from catalogue.catalogue import RELEASABLE
from home.run import Run
from home.weeks.week_states import RULES_EDITION, records_end_at
from policy.release_policy import DatasetPolicy, PeriodKind
from refusals.errors import UsageError, VerificationFailed
from releases.due.earlier_tables import EarlierReleases
from releases.due.frozen_cells import FrozenCells
from releases.due.marts_facts import MartsFacts
from releases.due.rules_of_weeks import weaker_than_todays
from releases.ledger.listed_release import ListedRelease
from releases.ledger.period import Period
from releases.ledger.release import Gap
from releases.ledger.release_id import ReleaseId
from releases.publishing.approval import approval_in_force

NOT_COLLECTED = "no data were collected"
NEVER_FROZE = "it did not freeze before the time of its records was over"


@dataclass(frozen=True, slots=True)
class Due:
    """A release to be made: of which frozen weeks, which weeks of the period are missing and why, and what changed."""

    id: ReleaseId
    dataset: DatasetPolicy
    weeks: tuple[date, ...]
    gaps: tuple[Gap, ...]
    changes: str
    replaces: ReleaseId | None


class DueReleases:
    """What is due, given what is frozen and what was published."""

    def __init__(
        self,
        run: Run,
        frozen: FrozenCells,
        facts: MartsFacts,
        published: Sequence[ListedRelease],
        earlier: EarlierReleases,
    ) -> None:
        self._earlier = earlier
        self._run = run
        self._frozen = frozen
        self._facts = facts
        self._versions: dict[tuple[str, Period], list[ListedRelease]] = {}
        for release in published:
            self._versions.setdefault((release.id.dataset, release.id.period), []).append(release)

    def all(self, kind: PeriodKind) -> list[Due]:
        """Every first version that is due, and of quarters the corrections, since weeks can still be retracted.

        Raises:
            VerificationFailed: a week is frozen that the ledger knows to be retracted: an old backup was put back.
        """
        self._check_nothing_came_back()
        policy = self._run.policy.releases
        return [
            due
            for dataset in policy.dataset
            if kind in dataset.periods and approval_in_force(policy, dataset.name, self._run.as_of)
            for period in self._periods(dataset, kind)
            if (due := self._if_due(dataset, period)) is not None
        ]

    def named(self, dataset: DatasetPolicy, period: Period, correction: str) -> Due:
        """The release of one period that somebody asks for; a further version needs to be told what changed.

        Raises:
            UsageError: the period is not (all) frozen, not among the dataset's, or is published already.
            VerificationFailed: as `all`.
        """
        self._check_nothing_came_back()
        name = f"{dataset.name}/{period.label}"
        if period.kind not in dataset.periods:
            raise UsageError(f"{name}: the dataset has no {period.kind} releases: releases.toml lists its periods")
        if period not in self._periods(dataset, period.kind):
            raise UsageError(
                f"{name}: nothing of it can be released yet: `cmn weeks list` shows which weeks are frozen"
            )
        versions = self._versions.get((dataset.name, period))
        if not versions or correction:
            return self._due(dataset, period, correction)
        latest = max(versions, key=lambda release: release.id)
        if latest.withdrawn_for == "rules_superseded":
            return self._due(dataset, period, _told_anew(latest))
        raise UsageError(f"{name} is published already: say what a new version changes with --correction")

    def _check_nothing_came_back(self) -> None:
        for dataset in self._run.policy.releases.dataset:
            for week in self._frozen.weeks(dataset.mart):
                for release in self._versions.get((dataset.name, Period.week(week)), []):
                    if release.retracted == week:
                        raise VerificationFailed(
                            f"cells: the week of {week} is frozen, and the ledger says that it was retracted: an older"
                            " backup of cells/ was put back; put the latest one back, or retract the week again"
                        )

    def _periods(self, dataset: DatasetPolicy, kind: PeriodKind) -> list[Period]:
        """Those of which everything frozen is in the marts too: what was not built yet is not due."""
        frozen, source = self._frozen.weeks(dataset.mart), _source(dataset)
        if kind == "week":
            return [Period.week(week) for week in frozen if self._facts.has(source, week)]
        return [
            quarter
            for quarter in sorted({Period.quarter(week) for week in frozen})
            if self._is_settled(source, quarter)
            and all(self._facts.has(source, week) for week in self._weeks(dataset, quarter))
        ]

    def _is_settled(self, source: str, quarter: Period) -> bool:
        """Whether no week of the quarter can still freeze: the last word is spoken, or its records' time is over.

        Weeks before the first one that the source has are weeks in which it was not collected yet.
        """
        settled = self._frozen.commits(source)
        keep, timezone = self._run.policy.retention.record_weeks, self._run.policy.consent.timezone
        return all(
            week in settled or week < min(settled) or self._run.as_of >= records_end_at(week, keep, timezone)
            for week in quarter.mondays
        )

    def _if_due(self, dataset: DatasetPolicy, period: Period) -> Due | None:
        versions = self._versions.get((dataset.name, period), [])
        if not versions:
            return self._due(dataset, period, "")
        latest = max(versions, key=lambda release: release.id)
        if latest.withdrawn_for == "rules_superseded":
            return self._told_anew(dataset, period, latest)
        if period.kind == "week":
            return None  # a frozen week never changes
        if latest.withdrawn_at is not None:
            # What was withdrawn comes back only if somebody says so, or if it was for a week that is out now.
            return self._due(dataset, period, latest.why) if self._is_for_a_retraction(dataset, latest) else None
        before, now = self._earlier.weeks_of(latest), self._weeks(dataset, period)
        if before == frozenset(now):
            return None
        return self._due(dataset, period, _changes(before, now))

    def _told_anew(self, dataset: DatasetPolicy, period: Period, latest: ListedRelease) -> Due | None:
        """The next version of what older rules told; none where its weeks froze under a policy that is weaker than
        today's: it left under that one, and does not come back."""
        settled = self._frozen.commits(_source(dataset))
        due = self._due(dataset, period, _told_anew(latest))
        weaker = (weaker_than_todays(settled[week], self._run.policy.anonymity) for week in due.weeks)
        return None if any(weaker) or not due.weeks else due

    def _is_for_a_retraction(self, dataset: DatasetPolicy, release: ListedRelease) -> bool:
        """What the entry's cause says. Of an entry of before there were causes, the cells say it: one of the release's
        weeks is retracted there, with the very reason that the withdrawal was given then.
        """
        if release.withdrawn_for is not None:
            return release.withdrawn_for == "retracted_week"
        settled = self._frozen.commits(_source(dataset))
        retracted = (
            settled[week]
            for week in release.id.period.mondays
            if week in settled and settled[week].state == "retracted"
        )
        return any(release.why == retraction(commit.week, commit.why) for commit in retracted)

    def _due(self, dataset: DatasetPolicy, period: Period, changes: str) -> Due:
        versions = [release.id for release in self._versions.get((dataset.name, period), [])]
        weeks = self._weeks(dataset, period)
        return Due(
            ReleaseId(dataset.name, period, max((one.version for one in versions), default=0) + 1),
            dataset,
            weeks,
            tuple(Gap(week, self._why_missing(dataset, week)) for week in period.mondays if week not in weeks),
            changes,
            max(versions, default=None),
        )

    def _weeks(self, dataset: DatasetPolicy, period: Period) -> tuple[date, ...]:
        frozen = set(self._frozen.weeks(dataset.mart))
        return tuple(week for week in period.mondays if week in frozen)

    def _why_missing(self, dataset: DatasetPolicy, week: date) -> str:
        settled = self._frozen.commits(_source(dataset))
        if week in settled:
            return f"{settled[week].state}: {settled[week].why}"
        return NOT_COLLECTED if week < min(settled) else NEVER_FROZE


def retraction(week: date, why: str) -> str:
    """Why a release is withdrawn that holds a week which was retracted."""
    return f"the week of {week} was retracted: {why}"


def _told_anew(latest: ListedRelease) -> str:
    """What changed in the version after one that was withdrawn for the rules that it was made under."""
    withdrawn = f"Version {latest.id.version} was withdrawn, since it was {latest.why}."
    return f"Told by edition {RULES_EDITION} of the rules. {withdrawn}"


def _source(dataset: DatasetPolicy) -> str:
    return RELEASABLE[dataset.mart].source


def _changes(before: Iterable[date], now: Iterable[date]) -> str:
    """What changed in a quarter, in words: weeks that came in, and weeks that were taken out."""
    added, removed = sorted(set(now) - set(before)), sorted(set(before) - set(now))
    told = []
    if removed:
        told.append(f"left out, since retracted: the week of {', '.join(map(str, removed))}")
    if added:
        told.append(f"added: the week of {', '.join(map(str, added))}")
    return "; ".join(told)
