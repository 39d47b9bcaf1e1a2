"""Delivery: a destination comes to hold `releases/` and `portal/` of the home, byte for byte.

The order makes what readers see as whole as a store of single objects allows: of a release first its data, then
checksums, signature and ledger entry; all releases before the catalogue, the portal's pages after what they show, and
the ledger last. So a destination whose ledger is ours has everything that it names, and a delivery that was killed is
finished by the next one. Withdrawals come before all else: the tombstone first, then the data goes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from home.destination import Destination
from home.layout import Home
from policy.errors import DeliveryRefused
from publishing.destinations.bucket_store import BucketStore
from publishing.destinations.folder_store import FolderStore
from publishing.destinations.mirror import Mirror
from publishing.destinations.outgoing import Outgoing, outgoing_of, portal_files
from publishing.destinations.store import Store, StoredObject
from publishing.release_files.catalogue import CATALOGUE
from publishing.releases.ledger import LEDGER
from publishing.releases.ledger_entry import LedgerEntry
from publishing.releases.signing import PUBLIC_KEY

RELEASES = "releases"
PORTAL = "portal"
THEIR_LEDGER = f"{RELEASES}/{LEDGER}"
THEIR_KEY = f"{RELEASES}/{PUBLIC_KEY}"
THEIR_CATALOGUE = f"{RELEASES}/{CATALOGUE}"


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a delivery did. `releases`: folders that became whole or were withdrawn; `sent`, `deleted`: objects."""

    releases: int = 0
    sent: int = 0
    sent_bytes: int = 0
    deleted: int = 0


def deliver(home: Home, destination: Destination) -> Delivered:
    """Brings a destination up to date. Safe to repeat and to interrupt; the caller holds the home's lock.

    Before the first release nothing is sent. A portal that was not made yet leaves the one that is there.

    Raises:
        DeliveryRefused: the destination has what this home has not published, or has published otherwise; named.
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
        changed = outgoing.named_after(known)
        _withdraw(mirror, store, outgoing, changed)
        _publish(mirror, store, outgoing, changed)
        if outgoing.catalogue is not None:
            mirror.replace(THEIR_CATALOGUE, top.get(THEIR_CATALOGUE), outgoing.catalogue)
        _show(mirror, store, home)
        if THEIR_KEY in top:
            mirror.replace(THEIR_KEY, top[THEIR_KEY], outgoing.public_key)  # another key is in use now
        mirror.replace(THEIR_LEDGER, top.get(THEIR_LEDGER), outgoing.ledger_content)
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


def _show(mirror: Mirror, store: Store, home: Home) -> None:
    """The portal, and only then what the old one had more."""
    paths = portal_files(home)
    if not paths:
        return
    there = store.listed_below(PORTAL)
    for path in paths:
        mirror.replace(f"{PORTAL}/{path}", there.get(f"{PORTAL}/{path}"), (home.portal / path).read_bytes())
    for path in sorted(set(there) - {f"{PORTAL}/{path}" for path in paths}):
        mirror.delete(path)
    store.prune(PORTAL)
