"""Datasets of which nothing leaves now: their names, and what became of releases that left before."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from policy.release_policy import DatasetPolicy, ReleasePolicy
from releases.ledger.listed_release import ListedRelease


@dataclass(frozen=True, slots=True)
class UnapprovedDataset:
    """One dataset without an approval. `declared`: None where the policy does not name it any more.

    `releases`: what the ledger names of it, newest first; those that are not withdrawn are held back.
    """

    name: str
    declared: DatasetPolicy | None
    releases: tuple[ListedRelease, ...]


def unapproved(
    policy: ReleasePolicy, approved: Sequence[DatasetPolicy], releases: Sequence[ListedRelease]
) -> tuple[UnapprovedDataset, ...]:
    """Those that the policy declares, in its order, then those that the ledger alone names."""
    declared = {dataset.name: dataset for dataset in policy.dataset}
    published = {dataset.name for dataset in approved}
    names = dict.fromkeys([*declared, *sorted({release.id.dataset for release in releases})])
    return tuple(
        UnapprovedDataset(
            name, declared.get(name), newest_first(release for release in releases if release.id.dataset == name)
        )
        for name in names
        if name not in published
    )


def newest_first(releases: Iterable[ListedRelease]) -> tuple[ListedRelease, ...]:
    """Newest period first, newest version first."""
    return tuple(sorted(releases, key=lambda release: (release.id.period.last_day, release.id), reverse=True))
