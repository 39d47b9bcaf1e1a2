"""Publishing and withdrawing: each appears whole or not at all, whatever moment the process is killed at."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime

from home.layout import Home
from home.lock import held
from refusals.errors import UsageError
from releases.folders.checksums import CHECKSUMS
from releases.folders.public_files import make_public_folder, move, replace_file, write_folder
from releases.folders.sealed_folder import with_checksums
from releases.folders.tombstone import ENTRY, entry_file
from releases.keys.key_ring import signing_keys, workspace
from releases.ledger.ledger import LEDGER, Ledger
from releases.ledger.ledger_entry import Cause, LedgerEntry
from releases.ledger.listed_release import ListedRelease
from releases.ledger.release_id import ReleaseId
from releases.ledger.states import State, check_move
from releases.publishing.listing import releases_of
from releases.publishing.recovery import finish_what_was_begun, lay_tombstone, make_workspace


class Publisher:
    """Writes to a home's releases while its lock is held: the chain is checked once, then grows by an entry at a time.

    Made by publishing_to.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._workspace = workspace(home)
        make_workspace(home)
        self._key, keys = signing_keys(home)
        self._ledger = finish_what_was_begun(home, self._key, keys)

    @property
    def releases(self) -> list[ListedRelease]:
        """What is published now, in the order of publication."""
        return self._of_series("")

    def publish(self, release: ReleaseId, files: Mapping[str, bytes], at: datetime, why: str = "") -> LedgerEntry:
        """Publishes a release: `files` by name; key, checksums, signature and ledger entry are added.

        `why`: what changed since the version before; empty for a first one. Safe to repeat with the same files.

        Raises:
            UsageError: the release is published with other files, or its version is not the next.
        """
        sealed = with_checksums(files, self._key)
        digest = hashlib.sha256(sealed[CHECKSUMS]).hexdigest()
        published = self._published_before(release, digest)
        if published is not None:
            return published
        self._check_moves(release)
        entry = self._ledger.next_entry(self._key, "published", release, digest, at=at, why=why)
        place = self._home.releases / str(release)
        aside = self._workspace / "new" / str(release)
        write_folder(aside, {**sealed, ENTRY: entry_file(entry)})
        make_public_folder(place.parent)
        move(aside, place)
        self._append(entry)
        return entry

    def withdraw(
        self,
        release: ReleaseId,
        why: str,
        at: datetime,
        retracted: date | None = None,
        withdrawn_for: Cause | None = None,
    ) -> LedgerEntry:
        """Withdraws a release: a tombstone stays, with the reason. Safe to repeat with the same reason.

        `retracted`: the Monday of a week that it holds and that was retracted, where that is what it is withdrawn for.
        `withdrawn_for`: what else it is withdrawn for than somebody's decision.

        Raises:
            UsageError: there is no such release, or it is withdrawn already.
        """
        found = next((found for found in self._of_series(_versions(release)) if found.id == release), None)
        if found is None:
            raise UsageError(f"release {release} is not published: `cmn releases list` shows which are")
        if not why.strip():
            raise UsageError("a withdrawal needs a reason: it is what the tombstone says")
        if found.state == State.WITHDRAWN and found.why == why:
            return next(entry for entry in reversed(self._ledger.entries) if entry.release == str(release))
        check_move(str(release), found.state, State.WITHDRAWN)
        entry = self._ledger.next_entry(
            self._key,
            "withdrawn",
            release,
            found.sha256,
            at=at,
            why=why,
            retracted=retracted,
            withdrawn_for=withdrawn_for,
        )
        self._append(entry)
        lay_tombstone(self._home, entry, self._key.public)
        return entry

    def _published_before(self, release: ReleaseId, digest: str) -> LedgerEntry | None:
        """The entry of this very release, if there is one; else its version must be the next."""
        versions = _versions(release)
        series = [entry for entry in self._ledger.entries if entry.release.startswith(versions)]
        published = {entry.release: entry for entry in series if entry.action == "published"}
        withdrawn = {entry.release for entry in series if entry.action == "withdrawn"}
        name, following = str(release), f"{versions}{len(published) + 1}"
        if name in published and published[name].release_sha256 == digest and name not in withdrawn:
            return published[name]
        if name != following:
            stands = "is in the ledger already, and a release never changes" if name in published else "is too early"
            raise UsageError(f"release {name} {stands}: the next version is {following}")
        return None

    def _of_series(self, beginning: str) -> list[ListedRelease]:
        """Those whose names begin so, each in its present state: all versions of one period, or all there are."""
        entries = tuple(entry for entry in self._ledger.entries if entry.release.startswith(beginning))
        return releases_of(Ledger(entries), self._home.releases)

    def _append(self, entry: LedgerEntry) -> None:
        """From this rename on, what the entry says holds."""
        longer = self._ledger.with_entry(entry, self._key)
        replace_file(self._home.releases / LEDGER, longer.content(), self._workspace / LEDGER)
        self._ledger = longer

    def _check_moves(self, release: ReleaseId) -> None:
        """The release may be published, and what it supersedes may be superseded."""
        check_move(str(release), State.SEALED, State.PUBLISHED)
        for other in self._of_series(_versions(release)):
            if other.state == State.PUBLISHED:
                check_move(str(other.id), State.PUBLISHED, State.SUPERSEDED)


def _versions(release: ReleaseId) -> str:
    """What the names of all versions of a period begin with."""
    return f"{release.dataset}/{release.period.label}-v"


@contextmanager
def publishing_to(home: Home) -> Iterator[Publisher]:
    """Holds the home's lock, finishes what a killed publisher began, and publishes as often as the block wants.

    Raises:
        AnotherRunHoldsTheLock: see home.lock.
        VerificationFailed: the ledger, its key or the releases do not fit together.
    """
    with held(home):
        yield Publisher(home)


def withdraw(home: Home, release: ReleaseId, *, why: str, at: datetime) -> LedgerEntry:
    """Withdraws one release: see Publisher.withdraw."""
    with publishing_to(home) as publisher:
        return publisher.withdraw(release, why, at)


def recover(home: Home) -> list[ListedRelease]:
    """Finishes what a killed publisher began; what is published then. Safe to repeat."""
    with publishing_to(home) as publisher:
        return publisher.releases
