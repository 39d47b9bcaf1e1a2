"""Publication: what is due is drafted, audited, written down, judged at the door out, and only then placed."""

import io
from collections.abc import Sequence

import pyarrow.parquet as pq

from expectations.door_out_releases import LeavingTable, check_releases_leaving
from home.lock import held
from home.register import Register, recorded_step
from home.run import Run
from policy.errors import PublicationRefused, Refusal
from policy.release_policy import PeriodKind
from publishing.publication.drafting import Drafter, suite_of
from publishing.publication.due import Due, DueReleases
from publishing.publication.frozen_cells import FrozenCells
from publishing.publication.marts_facts import MartsFacts
from publishing.publication.published_tables import read_published, weeks_of
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
        frozen, facts = FrozenCells(run.home), MartsFacts(run.home)
        due = DueReleases(run, frozen, facts, publisher.releases).named(declared, period, correction)
        _publish(run, publisher, Drafter(run, frozen, facts, read_published(publisher.releases)), [due])
    return str(due.id)


def withdraw_retracted(run: Run, why: str) -> list[str]:
    """Withdraws every release that holds a week which is not frozen any more; their ids. Safe to repeat.

    Raises:
        AnotherRunHoldsTheLock: see home.lock.
    """
    with held(run.home), publishing_to(run.home) as publisher:
        frozen = FrozenCells(run.home)
        marts = {dataset.name: dataset.mart for dataset in run.policy.releases.dataset}
        wrong = [
            release.id
            for release in publisher.releases
            if release.withdrawn_at is None and release.id.dataset in marts
            if weeks_of(release) - set(frozen.weeks(marts[release.id.dataset]))
        ]
        for release in wrong:
            publisher.withdraw(release, why, run.as_of)
    return [str(release) for release in wrong]


def _publish_due(run: Run, step: str, kind: PeriodKind) -> None:
    with held(run.home), recorded_step(run, step), publishing_to(run.home) as publisher:
        if not run.home.marts.exists():
            return
        frozen, facts = FrozenCells(run.home), MartsFacts(run.home)
        due = DueReleases(run, frozen, facts, publisher.releases).all(kind)
        if due:
            _publish(run, publisher, Drafter(run, frozen, facts, read_published(publisher.releases)), due)


def _publish(run: Run, publisher: Publisher, drafter: Drafter, due: Sequence[Due]) -> None:
    """Those that are refused leave nothing behind and keep no other from being published.

    Raises:
        Refusal: the first of them; of several, with the lines of all.
    """
    refusals: list[Refusal] = []
    drafts: list[Release] = []
    for one in due:
        try:
            drafts.append(drafter.draft(one))
        except PublicationRefused as refusal:
            refusals.append(refusal)
    written = {draft.id: release_files(draft) for draft in drafts}
    leaving = [
        LeavingTable(
            str(draft.id),
            suite_of(draft.dataset.mart, resource),
            pq.read_table(io.BytesIO(written[draft.id][f"{resource.name}.parquet"])),
            draft.weeks,
        )
        for draft in drafts
        for resource in draft.resources
    ]
    check_releases_leaving(leaving, run.home, run.policy, run.run_id)
    for draft in drafts:
        publisher.publish(draft.id, written[draft.id], draft.issued, draft.changes)
    with Register(run.home) as register:
        register.add_releases(run.run_id, [str(draft.id) for draft in drafts])
    if len(refusals) > 1:
        raise PublicationRefused("\n".join(str(refusal) for refusal in refusals))
    if refusals:
        raise refusals[0]
