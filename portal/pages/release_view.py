"""Releases as a page shows them: their state, their files, and what became of them. Addresses are relative."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from policy.release_policy import ReleasePolicy
from portal.dataset_status import DatasetStatus
from portal.texts.texts import Texts
from releases.files.snippets import snippets
from releases.ledger.listed_release import ListedRelease
from releases.ledger.states import State

#: Files that a reader looks for, in this order; those of them that a release has are linked.
FILES = (
    "data.csv", "data.parquet", "weeks.csv", "weeks.parquet", "README.md", "datapackage.json",
    "disclosure-report.json", "CHECKSUMS.sha256", "TOMBSTONE.json",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FileLink:
    """A file and the way to it from a page."""

    name: str
    link: str


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """One release in a page's list. `successor`: the version in force, if it is not this one."""

    period: str
    version: int
    state: str
    published_on: str
    withdrawn_on: str
    why: str
    successor: str
    anchor: str
    successor_anchor: str
    sha256: str
    files: tuple[FileLink, ...]


def rows_of(status: DatasetStatus, root: str, timezone: str, texts: Texts) -> list[ReleaseRow]:
    """The releases of a dataset; `root`: the way from the page to the portal's folder."""
    return [_row(release, root, ZoneInfo(timezone), texts) for release in status.releases]


def citation_of(status: DatasetStatus, policy: ReleasePolicy, timezone: str) -> str:
    """The reference to a dataset's latest release, as its README gives it; empty where there is none."""
    release = status.latest
    if release is None:
        return ""
    issued = release.published_at.astimezone(ZoneInfo(timezone))
    title = f"{status.declared.title}, {release.id.period.label} (version {release.id.version})"
    where = f" {policy.base_url}/releases/{release.id}/" if policy.base_url else ""
    return f"{policy.publisher} ({issued.year}). {title} [Data set]. Release {release.id}.{where}"


def lines_of(release: ListedRelease, policy: ReleasePolicy) -> dict[str, str]:
    """By language, the line that loads a release; nothing where its table cannot be read."""
    table = release.folder / "data.csv"
    if not table.is_file():
        return {}
    with table.open(encoding="utf-8") as file:
        columns = file.readline().rstrip("\n").split(",")
    return snippets(
        columns, f"{policy.base_url}/releases/{release.id}/" if policy.base_url else f"releases/{release.id}/"
    )


def _row(release: ListedRelease, root: str, zone: ZoneInfo, texts: Texts) -> ReleaseRow:
    later = release.superseded_by
    withdrawn = release.withdrawn_at if release.state == State.WITHDRAWN else None
    return ReleaseRow(
        period=release.id.period.label,
        version=release.id.version,
        state=str(release.state),
        published_on=texts.short_day(release.published_at.astimezone(zone).date()),
        withdrawn_on=texts.short_day(withdrawn.astimezone(zone).date()) if withdrawn else "",
        why=release.why,
        successor=later.folder if later else "",
        anchor=release.id.folder,
        successor_anchor=later.folder if later else "",
        sha256=release.sha256,
        files=tuple(
            FileLink(name, f"{root}../releases/{release.id}/{name}")
            for name in FILES
            if (release.folder / name).is_file()
        ),
    )
