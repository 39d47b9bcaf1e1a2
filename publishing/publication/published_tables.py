"""What earlier releases told, read from their own folders: the audit takes a new one together with them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq

from publishing.releases.published import PublishedRelease
from publishing.releases.release_id import ReleaseId


@dataclass(frozen=True)
class PublishedTables:
    """One earlier release: its tables by name (`data`; of a quarter also `weeks`), and the Mondays that it holds."""

    id: ReleaseId
    tables: dict[str, pa.Table]
    weeks: frozenset[date]


def read_published(releases: Iterable[PublishedRelease]) -> list[PublishedTables]:
    """The tables of releases that are still there; of a withdrawn one nothing is."""
    return [_read(release) for release in releases if release.withdrawn_at is None]


def weeks_of(release: PublishedRelease) -> frozenset[date]:
    """The Mondays that a release holds."""
    report = json.loads((release.folder / "disclosure-report.json").read_text(encoding="utf-8"))
    return frozenset(date.fromisoformat(week) for week in report["weeks"])


def _read(release: PublishedRelease) -> PublishedTables:
    tables = {path.stem: pq.read_table(path) for path in sorted(release.folder.glob("*.parquet"))}
    return PublishedTables(release.id, tables, weeks_of(release))
