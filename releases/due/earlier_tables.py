"""What earlier releases told, read from their own folders: the audit takes a new one together with them."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from home.layout import Home
from home.weeks.week_states import FIRST_EDITION
from refusals.errors import VerificationFailed
from releases.folders.sealed_folder import check_sealed
from releases.keys.key_ring import read_public_keys
from releases.ledger.listed_release import ListedRelease
from releases.ledger.release_id import ReleaseId


@dataclass(frozen=True)
class PublishedTables:
    """One release: its tables by name (`data`; of a quarter also `weeks`), the mart they are of, and its Mondays."""

    id: ReleaseId
    mart: str
    tables: dict[str, pa.Table]
    weeks: frozenset[date]


class EarlierReleases:
    """The releases that are there, each held against its seal and the ledger before a figure of it is believed.

    Which mart and which weeks a release is of is what its own report says, not what today's policy declares.
    """

    def __init__(self, home: Home, published: Iterable[ListedRelease]) -> None:
        self._home = home
        self._there = [release for release in published if release.withdrawn_at is None]
        self._reports: dict[ReleaseId, dict[str, Any]] = {}
        self._tables: dict[ReleaseId, PublishedTables] = {}
        self._drafts: list[PublishedTables] = []

    def of(self, mart: str, weeks: Collection[date]) -> list[PublishedTables]:
        """Those of a mart that share a week; drafts that were added are among them.

        Raises:
            VerificationFailed: a folder is not what was signed.
        """
        found = [self._read(release) for release in self.touching(weeks) if self.mart_of(release) == mart]
        return [one for one in [*found, *self._drafts] if one.mart == mart and one.weeks & set(weeks)]

    def add(self, draft: PublishedTables) -> None:
        """A draft counts as one that left before for whatever is drafted next."""
        self._drafts.append(draft)

    def mart_of(self, release: ListedRelease) -> str:
        """The mart whose figures a release tells."""
        return str(self._report(release)["mart"])

    def weeks_of(self, release: ListedRelease) -> frozenset[date]:
        """The Mondays that a release holds."""
        return frozenset(date.fromisoformat(week) for week in self._report(release)["weeks"])

    def edition_of(self, release: ListedRelease) -> int:
        """The edition of the rules by which a release tells its figures: the first, where its report says none."""
        return int(self._report(release)["rules"].get("edition", FIRST_EDITION))

    def touching(self, weeks: Collection[date]) -> list[ListedRelease]:
        """Those whose period has one of these weeks, of whichever mart, by their names alone."""
        return [release for release in self._there if set(weeks) & set(release.id.period.mondays)]

    def _read(self, release: ListedRelease) -> PublishedTables:
        if release.id not in self._tables:
            weeks, mart = self.weeks_of(release), self.mart_of(release)
            tables = {path.stem: pq.read_table(path) for path in sorted(release.folder.glob("*.parquet"))}
            self._tables[release.id] = PublishedTables(release.id, mart, tables, weeks)
        return self._tables[release.id]

    def _report(self, release: ListedRelease) -> dict[str, Any]:
        if release.id not in self._reports:
            try:
                entry = check_sealed(release.folder, read_public_keys(self._home))
            except VerificationFailed as error:
                raise VerificationFailed(f"release {release.id}: {error}") from error
            if entry.release_sha256 != release.sha256:
                raise VerificationFailed(f"release {release.id}: its folder is not the one that the ledger names")
            report = (release.folder / "disclosure-report.json").read_text(encoding="utf-8")
            self._reports[release.id] = json.loads(report)
        return self._reports[release.id]
