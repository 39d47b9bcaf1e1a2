"""Publication: what is due is drafted, audited, written down, judged at the door out, and only then placed."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow.parquet as pq

from expectations.door_out_releases import LeavingTable, check_releases_leaving
from home.lock import held
from home.register import Register, recorded_step
from home.run import Run
from home.weeks import settled_weeks
from policy.errors import PublicationRefused
from policy.release_policy import PeriodKind
from publishing.publication.drafting import Drafter, suite_of
from publishing.publication.due import SOURCE_OF_MART, Due, DueReleases, retraction
from publishing.publication.frozen_cells import FrozenCells
from publishing.publication.marts_facts import MartsFacts
from publishing.publication.published_tables import EarlierReleases
from publishing.release_files.release_files import release_files
from publishing.releases.period import Period
from publishing.releases.publisher import Publisher, publishing_to
from publishing.releases.release import Release


def publish_weeks(run: Run) -> None:
    """Publishes every week of every approved dataset that is frozen and was not released yet. Safe to repeat.

    Raises:
        PublicationRefused: the door out or the audit found a leak. What is safe is published all the same.
        AnotherRunHoldsTheLock: see home.lock.
    """
    _publish_due(run, "publish_weeks", "week")


def publish_quarters(run: Run) -> None:
    """Publishes every quarter of which all is known, and corrects those whose weeks changed. Safe to repeat.

    Raises:
        PublicationRefused: as publish_weeks.
        AnotherRunHoldsTheLock: see home.lock.
    """
    _publish_due(run, "publish_quarters", "quarter")


def publish_named(run: Run, dataset: str, period: Period, correction: str = "") -> str:
    """Publishes one period that somebody asks for; returns the release's id.

    Raises:
        UsageError: there is no such dataset, the period cannot be released, or it is released already and no
            correction is told.
        PublicationRefused: the dataset is not approved, or its release would leak.
        AnotherRunHoldsTheLock: see home.lock.
    """
    declared = run.policy.releases.named(dataset)
    with held(run.home), recorded_step(run, "publish_named"), publishing_to(run.home) as publisher:
        desk = _Desk(run, publisher)
        due = desk.due.named(declared, period, correction)
        desk.publish([due])
    return str(due.id)


def withdraw_retracted(run: Run) -> list[str]:
    """Withdraws every release that holds a week which was retracted, whoever declares its dataset now; their ids.

    Safe to repeat.

    Raises:
        VerificationFailed: a release's folder is not what was signed.
        AnotherRunHoldsTheLock: see home.lock.
    """
    with held(run.home), publishing_to(run.home) as publisher:
        frozen, earlier = FrozenCells(run.home), EarlierReleases(run.home, publisher.releases)
        wrong = earlier.beyond(frozen.weeks)
        for release in wrong:
            mart = earlier.mart_of(release)
            week = min(earlier.weeks_of(release) - set(frozen.weeks(mart)))
            why = settled_weeks(run.home, SOURCE_OF_MART[mart])[week].why
            publisher.withdraw(release.id, retraction(week, why), run.as_of)
    return [str(release.id) for release in wrong]


def _publish_due(run: Run, step: str, kind: PeriodKind) -> None:
    with held(run.home), recorded_step(run, step), publishing_to(run.home) as publisher:
        if run.home.marts.exists():
            desk = _Desk(run, publisher)
            desk.publish(desk.due.all(kind))


class _Desk:
    """What publishing several releases has in common: cells, marts and earlier releases, each read once."""

    def __init__(self, run: Run, publisher: Publisher) -> None:
        frozen, facts = FrozenCells(run.home), MartsFacts(run.home)
        earlier = EarlierReleases(run.home, publisher.releases)
        self._run = run
        self._publisher = publisher
        self._drafter = Drafter(run, frozen, facts, earlier)
        self.due = DueReleases(run, frozen, facts, publisher.releases, earlier)

    def publish(self, due: Sequence[Due]) -> None:
        """What is refused leaves nothing behind, and keeps no release of another dataset back.

        Raises:
            PublicationRefused: the first refusal; of several, with the lines of all.
        """
        refusals: list[str] = []
        written: dict[str, list[_Written]] = {}
        for one in due:
            try:
                release = self._drafter.draft(one)
                written.setdefault(one.dataset.name, []).append(_Written(release, release_files(release)))
            except PublicationRefused as refusal:
                refusals.append(str(refusal))
        for dataset, releases in written.items():
            try:
                self._place(dataset, releases)
            except PublicationRefused as refusal:
                refusals.append(str(refusal))
        if refusals:
            raise PublicationRefused("\n".join(refusals))

    def _place(self, dataset: str, releases: Sequence["_Written"]) -> None:
        """Judges the releases of one dataset at the door out, and places them one by one."""
        leaving = [table for one in releases for table in one.tables()]
        check_releases_leaving(dataset, leaving, self._run.home, self._run.policy, self._run.run_id)
        for one in releases:
            self._publisher.publish(one.release.id, one.files, one.release.issued, one.release.changes)
        with Register(self._run.home) as register:
            register.add_releases(self._run.run_id, [str(one.release.id) for one in releases])


@dataclass(frozen=True, slots=True)
class _Written:
    """A release and its files, not placed yet."""

    release: Release
    files: Mapping[str, bytes]

    def tables(self) -> list[LeavingTable]:
        """Its tables as they stand in the files."""
        return [
            LeavingTable(
                str(self.release.id),
                suite_of(self.release.dataset.mart, resource),
                pq.read_table(io.BytesIO(self.files[f"{resource.name}.parquet"])),
                self.release.weeks,
            )
            for resource in self.release.resources
        ]
