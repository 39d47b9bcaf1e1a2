"""What a home has published, as it is to be delivered: held against what was signed before anything is sent."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from home.layout import Home
from refusals.errors import DeliveryRefused, VerificationFailed
from releases.files.release_catalogue import CATALOGUE
from releases.folders.portal_contents import CONTENTS, parse_contents
from releases.folders.sealed_folder import SEALS, check_sealed
from releases.folders.tombstone import TOMBSTONE
from releases.keys.key_ring import read_public_keys
from releases.ledger.ledger import Ledger, line_of
from releases.ledger.ledger_entry import LedgerEntry
from releases.ledger.release_id import ReleaseId
from releases.ledger.signing import PublicKey, pem_of
from releases.publishing.listing import read_ledger, releases_of


@dataclass(frozen=True)
class Outgoing:
    """The releases of a home whose ledger has an entry at least; `catalogue` is None where none was written."""

    releases: Path
    ledger: Ledger
    keys: tuple[PublicKey, ...]
    catalogue: bytes | None

    @property
    def ledger_content(self) -> bytes:
        """The ledger's file."""
        return self.ledger.content()

    @property
    def public_key(self) -> bytes:
        """The public keys' file: the one in use, and the retired ones behind it."""
        return pem_of(self.keys)

    @property
    def entry_lines(self) -> tuple[bytes, ...]:
        """The ledger's lines, without the head's."""
        return tuple(line_of(entry) for entry in self.ledger.entries)

    def named_after(self, entries: int) -> dict[str, LedgerEntry]:
        """The releases that the ledger names after its first `entries` entries, each with its last entry, by id."""
        return {entry.release: entry for entry in self.ledger.entries[entries:]}

    def of_datasets(self, datasets: Collection[str]) -> dict[str, LedgerEntry]:
        """The releases of some datasets, each with its last entry, by id."""
        return {
            entry.release: entry for entry in self.ledger.entries if ReleaseId.parse(entry.release).dataset in datasets
        }

    def shown(self, entries: Mapping[str, LedgerEntry], held_back: Collection[str]) -> dict[str, LedgerEntry]:
        """Those that readers get to see: of what is held back, withdrawals alone."""
        return {
            release: entry
            for release, entry in entries.items()
            if entry.action == "withdrawn" or ReleaseId.parse(release).dataset not in held_back
        }

    def files_of(self, entry: LedgerEntry) -> dict[str, bytes]:
        """A release's files by name, in the order in which they are sent.

        What seals a release comes last: who finds its ledger entry finds all the rest. Of a withdrawn one, the
        tombstone comes first.

        Raises:
            DeliveryRefused: the folder is not what the ledger says.
        """
        folder = self.releases / entry.release
        try:
            found = check_sealed(folder, self.keys) if folder.is_dir() else None
        except VerificationFailed as error:
            raise DeliveryRefused(
                f"release {entry.release} is not as it was signed ({error}): put its folder back from a backup"
            ) from error
        if found is None or (found.action == entry.action and found != entry):
            raise DeliveryRefused(f"release {entry.release}: {folder} is not what the ledger says: put it back")
        if found != entry:
            raise DeliveryRefused(
                f"release {entry.release} is withdrawn, but its files are still here: run `cmn releases withdraw` again"
            )
        names = [path.name for path in folder.iterdir()]
        names.sort(key=lambda name: (name != TOMBSTONE, SEALS.index(name) + 1 if name in SEALS else 0, name))
        return {name: (folder / name).read_bytes() for name in names}


def outgoing_of(home: Home) -> Outgoing | None:
    """What there is to deliver; None before the first release.

    Raises:
        VerificationFailed: the ledger is not what was signed.
    """
    ledger = read_ledger(home)
    if not ledger.entries:
        return None
    releases_of(ledger, home.releases)  # raises where entries contradict one another
    catalogue = home.releases / CATALOGUE
    return Outgoing(
        home.releases, ledger, read_public_keys(home), catalogue.read_bytes() if catalogue.exists() else None
    )


@dataclass(frozen=True, slots=True)
class OutgoingPortal:
    """`files`: by path within the portal, in the order in which they are sent: pages after what they show.

    None: it is not to be sent; `why_not` says why, and is empty where there is none yet.
    """

    files: Mapping[str, bytes] | None
    why_not: str = ""


def outgoing_portal(home: Home, approved: Collection[str]) -> OutgoingPortal:
    """The portal, if every file of it was asked for by what is approved now, and is the one that was asked for."""
    try:
        files = {path: (home.portal / path).read_bytes() for path in _portal_paths(home)}
    except DeliveryRefused as refusal:
        return OutgoingPortal(None, str(refusal))
    if not files:
        return OutgoingPortal(None)
    contents = parse_contents(files.get(CONTENTS))
    mend = "`cmn releases publish` builds it anew"
    if contents is None:
        return OutgoingPortal(
            None, f"{home.portal / CONTENTS} is missing or damaged, so the portal was not sent: {mend}"
        )
    if not contents.may_leave(approved):
        return OutgoingPortal(
            None, f"{home.portal} was built for a dataset whose approval has lapsed, so it was not sent: {mend}"
        )
    told = {path: hashlib.sha256(content).hexdigest() for path, content in files.items() if path != CONTENTS}
    if told != contents.files:
        return OutgoingPortal(None, f"{home.portal} is not what its {CONTENTS} names, so it was not sent: {mend}")
    return OutgoingPortal(files)


def _portal_paths(home: Home) -> list[str]:
    """Raises DeliveryRefused: one is a link, which could lead to what is not to be published."""
    found = []
    for path in home.portal.rglob("*"):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise DeliveryRefused(f"{path} is a link or no file: remove it, and deliver again")
        if path.is_file():
            found.append(path.relative_to(home.portal))
    # Links lead to what is there: those at the top after those below, the first page last; then what names them all.
    found.sort(
        key=lambda path: (
            path.as_posix() == CONTENTS, path.suffix == ".html", -len(path.parts), path.name == "index.html", path,
        )
    )  # fmt: skip
    return [path.as_posix() for path in found]
