"""Publication: what is due is drafted, audited, written down, judged at the door out, and only then placed."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow.parquet as pq

from catalogue.catalogue import FROZEN_SOURCES, RELEASABLE
from expectations.doors.door_out_releases import LeavingTable, check_releases_leaving
from freezing.editions.chain import why_told_anew
from home.lock import held
from home.register.register import Register, recorded_step
from home.run import Run
from home.weeks.week_states import RULES_EDITION, settled_weeks
from policy.release_policy import PeriodKind
from refusals.errors import PublicationRefused, VerificationFailed
from releases.due.drafting import Drafter, suite_of
from releases.due.due import Due, DueReleases, retraction
from releases.due.earlier_tables import EarlierReleases
from releases.due.frozen_cells import FrozenCells
from releases.due.marts_facts import MartsFacts
from releases.files.release_files import release_files
from releases.ledger.listed_release import ListedRelease
from releases.ledger.period import Period
from releases.ledger.release import Release
from releases.publishing.publisher import Publisher, publishing_to


def publish_weeks(run: Run) -> None:
    """Publishes every week of every approved dataset that is frozen and was not released yet. Safe to repeat.

    Before that, releases of older rules are withdrawn (`withdraw_of_older_rules`); their weeks are then due again.

    Raises:
        PublicationRefused: the door out or the audit found a leak. What is safe is published all the same.
        AnotherRunHoldsTheLock: see home.lock.
    """
    _publish_due(run, "publish_weeks", "week")


def publish_quarters(run: Run) -> None:
    """Publishes every quarter of which all is known, and corrects those whose weeks changed.

    Then what holds a week that was retracted is withdrawn. Safe to repeat.

    Raises:
        PublicationRefused: as publish_weeks.
        VerificationFailed: a release's folder is not what was signed; the others are withdrawn all the same.
        AnotherRunHoldsTheLock: see home.lock.
    """
    try:
        _publish_due(run, "publish_quarters", "quarter")
    finally:
        withdraw_retracted(run)


def publish_named(run: Run, periods: Sequence[tuple[str, Period]], correction: str = "") -> list[str]:
    """Publishes the periods of datasets that somebody asks for; returns the releases' ids.

    Raises:
        UsageError: there is no such dataset, a period cannot be released, or one is released already and no correction
            is told; nothing was published then.
        PublicationRefused: the dataset is not approved, or its release would leak.
        AnotherRunHoldsTheLock: see home.lock.
    """
    declared = [(run.policy.releases.named(dataset), period) for dataset, period in dict.fromkeys(periods)]
    with held(run.home), recorded_step(run, "publish_named"):
        withdraw_of_older_rules(run)
        with publishing_to(run.home) as publisher:
            desk = _Desk(run, publisher)
            due = [desk.due.named(dataset, period, correction) for dataset, period in declared]
            desk.publish(due)
    return [str(one.id) for one in due]


def withdraw_retracted(run: Run) -> list[str]:
    """Withdraws every release that holds a week which was retracted, whoever declares its dataset now; their ids.

    Safe to repeat.

    Raises:
        VerificationFailed: a release's folder is not what was signed, so what it holds is not known; the others are
            withdrawn all the same.
        AnotherRunHoldsTheLock: see home.lock.
    """
    withdrawn, unknown = [], []
    retracted = {source: _retracted(run, source) for source in FROZEN_SOURCES}
    if not any(retracted.values()):
        return []
    with held(run.home), publishing_to(run.home) as publisher:
        earlier = EarlierReleases(run.home, publisher.releases)
        for release in earlier.touching({week for weeks in retracted.values() for week in weeks}):
            try:
                source, weeks = _held_by(run, earlier, release)
            except VerificationFailed as failure:
                unknown.append(str(failure))
                continue
            gone = weeks & retracted[source].keys()
            if gone:
                week = min(gone)
                publisher.withdraw(release.id, retraction(week, retracted[source][week]), run.as_of, week)
                withdrawn.append(str(release.id))
    if unknown:
        raise VerificationFailed("\n".join(unknown))
    return withdrawn


def withdraw_of_older_rules(run: Run) -> list[str]:
    """Withdraws every release that was made under an older edition of the rules than today's and holds a week that
    froze under one, whoever declares its dataset now; their ids. Safe to repeat.

    What is due afterwards is told by today's rules. A release that is withdrawn is no longer among those that the audit
    of the next version looks at: it told more than the cells that are told now.

    Raises:
        VerificationFailed: a release's folder is not what was signed, so what it holds is not known; the others are
            withdrawn all the same.
    """
    withdrawn, unknown = [], []
    older = {source: _of_older_rules(run, source) for source in FROZEN_SOURCES}
    if not any(older.values()):
        return []
    with held(run.home), publishing_to(run.home) as publisher:
        earlier = EarlierReleases(run.home, publisher.releases)
        for release in earlier.touching(frozenset().union(*older.values())):
            try:
                edition, source = earlier.edition_of(release), RELEASABLE[earlier.mart_of(release)].source
                is_superseded = edition < RULES_EDITION and earlier.weeks_of(release) & older[source]
            except VerificationFailed as failure:
                unknown.append(str(failure))
                continue
            if is_superseded:
                why = f"made by edition {edition} of the rules: {why_told_anew(edition)}"
                publisher.withdraw(release.id, why, run.as_of, withdrawn_for="rules_superseded")
                withdrawn.append(str(release.id))
    if unknown:
        raise VerificationFailed("\n".join(unknown))
    return withdrawn


def _of_older_rules(run: Run, source: str) -> frozenset[date]:
    """The weeks of a source that froze under an older edition of the rules."""
    return frozenset(week for week, commit in settled_weeks(run.home, source).items() if commit.is_of_older_rules)


def _retracted(run: Run, source: str) -> dict[date, str]:
    """The retracted weeks of a source, each with the reason."""
    commits = settled_weeks(run.home, source).items()
    return {week: commit.why for week, commit in commits if commit.state == "retracted"}


def _held_by(run: Run, earlier: EarlierReleases, release: ListedRelease) -> tuple[str, frozenset[date]]:
    """Source and weeks of a release: as it says itself, or, of a week whose folder is damaged, by its name."""
    try:
        return RELEASABLE[earlier.mart_of(release)].source, earlier.weeks_of(release)
    except VerificationFailed:
        declared = {dataset.name: dataset.mart for dataset in run.policy.releases.dataset}
        if release.id.period.kind != "week" or release.id.dataset not in declared:
            raise
        return RELEASABLE[declared[release.id.dataset]].source, frozenset(release.id.period.mondays)


def _publish_due(run: Run, step: str, kind: PeriodKind) -> None:
    with held(run.home), recorded_step(run, step):
        try:
            withdraw_of_older_rules(run)
        finally:
            with publishing_to(run.home) as publisher:
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
            raise PublicationRefused(_told(refusals))

    def _place(self, dataset: str, releases: Sequence["_Written"]) -> None:
        """Judges the releases of one dataset at the door out, and places them one by one."""
        leaving = [table for one in releases for table in one.tables()]
        check_releases_leaving(dataset, leaving, self._run.home, self._run.policy, self._run.run_id)
        for one in releases:
            self._publisher.publish(one.release.id, one.files, one.release.issued, one.release.changes)
        with Register(self._run.home) as register:
            register.add_releases(self._run.run_id, [str(one.release.id) for one in releases])


def _told(refusals: Sequence[str]) -> str:
    """The first in full, the others by number: what is wrong with one is mostly wrong with all."""
    if len(refusals) == 1:
        return refusals[0]
    return f"{refusals[0]}\nand {len(refusals) - 1} more were refused: name one to `cmn releases publish` to see why"


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
