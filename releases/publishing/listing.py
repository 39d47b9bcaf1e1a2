"""What has been published, in which state, as the ledger tells it."""

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from home.layout import Home
from refusals.errors import VerificationFailed
from releases.folders.on_disk import ledger_content, release_folders
from releases.keys.key_ring import fitting_ledger, read_public_keys
from releases.ledger.ledger import LEDGER, Ledger
from releases.ledger.ledger_entry import LedgerEntry
from releases.ledger.listed_release import ListedRelease
from releases.ledger.period import Period
from releases.ledger.release_id import ReleaseId
from releases.ledger.states import State


def published_releases(home: Home) -> list[ListedRelease]:
    """Every release that the ledger names, in the order of publication. Reads alone: the home may be another's.

    Raises:
        VerificationFailed: the ledger or its key is not what was signed, or is missing though releases are there.
    """
    return releases_of(read_ledger(home), home.releases)


def read_ledger(home: Home) -> Ledger:
    """The home's ledger, checked; a home that has published nothing has an empty one.

    Raises:
        VerificationFailed: see published_releases.
    """
    path, content = home.releases / LEDGER, ledger_content(home)
    if content is not None:
        return fitting_ledger(home, content, read_public_keys(home))
    folders = release_folders(home)
    if folders:
        raise VerificationFailed(
            f"{path} is missing, but {len(folders)} release folders are there, such as {folders[0][0]}: put the ledger "
            "back from a backup; where the first publication ever was cut short, publishing again finishes it"
        )
    return Ledger()


def releases_of(ledger: Ledger, folder: Path) -> list[ListedRelease]:
    """The releases that a ledger names, each in its present state; `folder` holds their folders.

    Raises:
        VerificationFailed: an entry says what cannot have happened.
    """
    found: dict[str, ListedRelease] = {}
    for entry in ledger.entries:
        before = found.get(entry.release)
        if (before is None) != (entry.action == "published") or (before and before.state == State.WITHDRAWN):
            raise VerificationFailed(
                f"{LEDGER}, line {entry.sequence}: {entry.release} cannot be {entry.action} there: use no release of it"
            )
        found[entry.release] = _withdrawn(before, entry) if before else _published(entry, folder)
    latest: dict[tuple[str, Period], ReleaseId] = {}
    for release in found.values():
        series = (release.id.dataset, release.id.period)
        if release.state != State.WITHDRAWN:
            latest[series] = max(release.id, latest.get(series, release.id))
    return [_superseded(release, latest) for release in found.values()]


def _published(entry: LedgerEntry, folder: Path) -> ListedRelease:
    return ListedRelease(
        id=ReleaseId.parse(entry.release),
        state=State.PUBLISHED,
        published_at=datetime.fromisoformat(entry.at),
        withdrawn_at=None,
        why=entry.why,
        superseded_by=None,
        sha256=entry.release_sha256,
        folder=(folder / entry.release).absolute(),
    )


def _withdrawn(release: ListedRelease, entry: LedgerEntry) -> ListedRelease:
    at = datetime.fromisoformat(entry.at)
    return replace(
        release,
        state=State.WITHDRAWN,
        withdrawn_at=at,
        why=entry.why,
        withdrawn_for=entry.cause,
        retracted=date.fromisoformat(entry.week) if entry.week else None,
    )


def _superseded(release: ListedRelease, latest: dict[tuple[str, Period], ReleaseId]) -> ListedRelease:
    """The release as it is, or superseded by the latest version of its period that is not withdrawn."""
    later = latest.get((release.id.dataset, release.id.period))
    if release.state == State.WITHDRAWN or later is None or later == release.id:
        return release
    return replace(release, state=State.SUPERSEDED, superseded_by=later)
