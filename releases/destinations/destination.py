"""Delivery: a destination comes to hold what is approved of `releases/` and `portal/` of the home, byte for byte.

The order makes what readers see as whole as a store of single objects allows: of a release first its data, then
checksums, signature and ledger entry; all releases before the catalogue, the portal's pages after what they show, and
the ledger last. So a destination whose ledger is ours has everything that it names, and a delivery that was killed is
finished by the next one. What is to go comes before all else: of a dataset whose approval lapsed all releases and the
portal that tells of it, of a withdrawn release first the tombstone is put, then the data goes.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from home.layout import Home
from home.settings.destination_settings import Destination
from refusals.errors import DeliveryRefused
from releases.destinations.bucket_store import BucketStore
from releases.destinations.folder_store import FolderStore
from releases.destinations.held_back import HELD_BACK, HeldBack, parse_held_back
from releases.destinations.mirror import Mirror
from releases.destinations.outgoing import Outgoing, OutgoingPortal, outgoing_of, outgoing_portal
from releases.destinations.store import Store, StoredObject
from releases.files.release_catalogue import CATALOGUE
from releases.folders.portal_contents import CONTENTS, parse_contents
from releases.ledger.ledger import LEDGER
from releases.ledger.ledger_entry import LedgerEntry
from releases.ledger.release_id import ReleaseId
from releases.ledger.signing import PUBLIC_KEY

RELEASES = "releases"
PORTAL = "portal"
THEIR_LEDGER = f"{RELEASES}/{LEDGER}"
THEIR_KEY = f"{RELEASES}/{PUBLIC_KEY}"
THEIR_CATALOGUE = f"{RELEASES}/{CATALOGUE}"
THEIR_HELD_BACK = f"{RELEASES}/{HELD_BACK}"


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a delivery did. `releases`: folders that became whole or were withdrawn; `sent`, `deleted`: objects."""

    releases: int = 0
    sent: int = 0
    sent_bytes: int = 0
    deleted: int = 0


def deliver(home: Home, destination: Destination, approved: Collection[str]) -> Delivered:
    """Brings a destination up to date. Safe to repeat and to interrupt; the caller holds the home's lock.

    `approved`: the datasets that may leave; of any other, tombstones alone are there afterwards. Before the first
    release nothing is sent. A portal that was not made yet, or was made under approvals that have lapsed, is not sent;
    the one that is there stays, unless it tells of a dataset that is not approved: then it goes.

    Raises:
        DeliveryRefused: the destination has what this home has not published, or has published otherwise; named. Or
            the portal could not be sent; all else was.
        DeliveryFailed: network or disk; trying again may help.
        UsageError: a setting, a permission or the credentials are to be mended.
        VerificationFailed: the home's own ledger is not what was signed.
    """
    outgoing = outgoing_of(home)
    with open_store(destination) as store:
        top = store.listed(RELEASES)
        mirror = Mirror(store, destination.name)
        if outgoing is None:
            if THEIR_LEDGER in top:
                raise _not_behind(destination.name, "this home has published nothing yet")
            return Delivered()
        known = _known_entries(mirror, store, top, outgoing, destination.name)
        _claim(mirror, store, top, outgoing, destination.name)
        named, portal = outgoing.named_after(known), outgoing_portal(home, approved)
        _hide(mirror, store, portal, approved)
        before, after = _held(store, top, outgoing, approved)
        if before != after:
            mirror.replace(THEIR_HELD_BACK, None, HeldBack(before.datasets | after.datasets, settled=False).content())
            _hold_back(mirror, store, outgoing, after.datasets)
        changed = outgoing.shown(named, after.datasets)
        _withdraw(mirror, store, outgoing, changed)
        _publish(
            mirror, store, outgoing, changed | outgoing.shown(outgoing.of_datasets(before.datasets), after.datasets)
        )
        if outgoing.catalogue is not None:
            mirror.replace(THEIR_CATALOGUE, top.get(THEIR_CATALOGUE), outgoing.catalogue)
        if before != after and after.datasets:
            mirror.replace(THEIR_HELD_BACK, None, after.content())
        elif before != after:
            mirror.delete(THEIR_HELD_BACK)
        _show(mirror, store, portal)
        if THEIR_KEY in top:
            mirror.replace(THEIR_KEY, top[THEIR_KEY], outgoing.public_key)  # another key is in use now
        mirror.replace(THEIR_LEDGER, top.get(THEIR_LEDGER), outgoing.ledger_content)
        if portal.why_not:
            raise DeliveryRefused(f"destination '{destination.name}': {portal.why_not}")
        return Delivered(len(changed), mirror.sent, mirror.sent_bytes, mirror.deleted)


def check_destination(destination: Destination) -> None:
    """That a delivery could be made: reachable, readable, writable. Leaves nothing behind.

    Raises:
        UsageError: see deliver.
        DeliveryFailed: see deliver.
    """
    with open_store(destination) as store:
        store.probe()


def open_store(destination: Destination) -> Store:
    """The store behind a destination; nothing is contacted yet.

    Raises:
        UsageError: a bucket, and no credentials in the environment.
    """
    if destination.folder is not None:
        return FolderStore(destination.name, destination.folder)
    return BucketStore(destination)


def _known_entries(mirror: Mirror, store: Store, top: Mapping[str, StoredObject], outgoing: Outgoing, name: str) -> int:
    """How many of our ledger's entries the destination has had whole. It is never rolled back."""
    lines = outgoing.entry_lines
    if THEIR_LEDGER not in top:
        return 0
    if mirror.is_same(THEIR_LEDGER, top[THEIR_LEDGER], outgoing.ledger_content):
        return len(lines)
    theirs = tuple((store.read(THEIR_LEDGER) or b"").split(b"\n")[:-2])  # without the head's line, and its end
    if not theirs or theirs[: len(lines)] != lines[: len(theirs)]:
        raise _not_behind(name, "it is not the beginning of this home's ledger")
    if len(theirs) > len(lines):
        raise _not_behind(name, f"it has {len(theirs)} entries, and this home's ledger has {len(lines)}")
    return len(theirs)


def _not_behind(name: str, why: str) -> DeliveryRefused:
    return DeliveryRefused(
        f"destination '{name}': its {THEIR_LEDGER} is not of the past of this home ({why}): put the newer home back"
        " from its backup, or give this home a destination of its own"
    )


def _claim(mirror: Mirror, store: Store, top: Mapping[str, StoredObject], outgoing: Outgoing, name: str) -> None:
    """The public key marks a destination as this home's before anything else is written to it.

    So a mistyped address does not mix releases with somebody else's files, nor remove those as old pages.
    """
    if THEIR_KEY in top:
        theirs = outgoing.public_key
        if not mirror.is_same(THEIR_KEY, top[THEIR_KEY], outgoing.public_key):
            theirs = store.read(THEIR_KEY) or b""
        # Retired keys stand behind the one in use.
        if not theirs.startswith(b"-----BEGIN") or not outgoing.public_key.endswith(theirs):
            raise _not_ours(name, THEIR_KEY)
        return
    if THEIR_LEDGER not in top:
        strangers = sorted(store.listed_below(RELEASES) | store.listed_below(PORTAL))
        if strangers:
            raise _not_ours(name, strangers[0])
    mirror.create(THEIR_KEY, outgoing.public_key)


def _not_ours(name: str, path: str) -> DeliveryRefused:
    return DeliveryRefused(
        f"destination '{name}': {path} there is not this home's: give the home a folder or prefix of its own, or remove"
        " what is there"
    )


def _withdraw(mirror: Mirror, store: Store, outgoing: Outgoing, changed: Mapping[str, LedgerEntry]) -> None:
    """Tombstones before all else, each before the data that it stands for is deleted."""
    for release, entry in changed.items():
        if entry.action == "withdrawn":
            folder = f"{RELEASES}/{release}"
            files, there = outgoing.files_of(entry), store.listed_below(folder)
            for name, content in files.items():
                mirror.replace(f"{folder}/{name}", there.get(f"{folder}/{name}"), content)
            for path in sorted(there):
                if path.removeprefix(f"{folder}/") not in files:
                    mirror.delete(path)


def _publish(mirror: Mirror, store: Store, outgoing: Outgoing, changed: Mapping[str, LedgerEntry]) -> None:
    """All are compared before any is sent, so that a refused delivery publishes none of them."""
    missing: dict[str, list[str]] = {}
    published = {release: entry for release, entry in changed.items() if entry.action == "published"}
    for release, entry in published.items():
        folder = f"{RELEASES}/{release}"
        files, there = outgoing.files_of(entry), store.listed_below(folder)
        mirror.check_only(folder, files, there)
        missing[release] = [name for name in files if f"{folder}/{name}" not in there]
    for release, entry in published.items():
        files = outgoing.files_of(entry)
        for name in missing[release]:
            mirror.create(f"{RELEASES}/{release}/{name}", files[name])


def _held(
    store: Store, top: Mapping[str, StoredObject], outgoing: Outgoing, approved: Collection[str]
) -> tuple[HeldBack, HeldBack]:
    """What the destination holds back, and what it is to hold back: everything of the ledger that is not approved."""
    datasets = {ReleaseId.parse(entry.release).dataset for entry in outgoing.ledger.entries}
    content = store.read(THEIR_HELD_BACK) if THEIR_HELD_BACK in top else None
    return parse_held_back(content, datasets), HeldBack(frozenset(datasets - set(approved)))


def _hold_back(mirror: Mirror, store: Store, outgoing: Outgoing, datasets: Collection[str]) -> None:
    """Takes all away that is there of these datasets, but for the tombstones that belong there."""
    tombstones = {
        f"{RELEASES}/{release}/{name}": content
        for release, entry in outgoing.of_datasets(datasets).items()
        if entry.action == "withdrawn"
        for name, content in outgoing.files_of(entry).items()
    }
    for dataset in sorted(datasets):
        for path, there in sorted(store.listed_below(f"{RELEASES}/{dataset}").items()):
            if path not in tombstones or not mirror.is_same(path, there, tombstones[path]):
                mirror.delete(path)
    store.prune(RELEASES)


def _hide(mirror: Mirror, store: Store, portal: OutgoingPortal, approved: Collection[str]) -> None:
    """Where no portal can be sent, the one that is there goes if it tells of what is not approved now."""
    if portal.files is not None:
        return
    theirs = store.read(f"{PORTAL}/{CONTENTS}")
    known = parse_contents(theirs)
    if known is not None and known.may_leave(approved):
        return
    for path in sorted(store.listed_below(PORTAL)):
        mirror.delete(path)
    store.prune(PORTAL)


def _show(mirror: Mirror, store: Store, portal: OutgoingPortal) -> None:
    """The portal, and only then what the old one had more."""
    if portal.files is None:
        return
    there = store.listed_below(PORTAL)
    for path, content in portal.files.items():
        mirror.replace(f"{PORTAL}/{path}", there.get(f"{PORTAL}/{path}"), content)
    for path in sorted(set(there) - {f"{PORTAL}/{path}" for path in portal.files}):
        mirror.delete(path)
    store.prune(PORTAL)
