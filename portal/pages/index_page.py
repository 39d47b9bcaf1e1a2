"""The first page: what there is, how fresh it is, and the promise."""

from typing import Any
from zoneinfo import ZoneInfo

from portal.dataset_status import DatasetStatus
from portal.figures.figure import Figure
from portal.pages.dataset_page import description_of, page_name, title_of
from portal.site_content import SiteContent
from portal.texts.texts import Texts
from portal.unapproved import UnapprovedDataset
from releases.ledger.listed_release import ListedRelease
from releases.ledger.states import State

#: Size of the small line beside a dataset's title, in its own units.
SPARK_WIDTH, SPARK_HEIGHT, SPARK_MARGIN = 120.0, 32.0, 3.0


def index_page(content: SiteContent, root: str, texts: Texts) -> dict[str, Any]:
    """What fills the template."""
    return {
        "title": texts("index.title"),
        "lead": texts("index.lead"),
        "k": content.k,
        "datasets": [_dataset(status, content.figures[status.declared.name], texts) for status in content.datasets],
        "not_published": [_not_published(one, content.policy.consent.timezone, texts) for one in content.unapproved],
    }


def _dataset(status: DatasetStatus, figures: tuple[Figure, ...], texts: Texts) -> dict[str, Any]:
    latest = status.latest
    return {
        "name": status.declared.name,
        "page": page_name(status),
        "title": title_of(status, texts),
        "description": description_of(status, texts),
        "weeks": _weeks(status, texts),
        "next_freeze": texts("index.from_then", day=status.next_freeze.date())
        if status.next_freeze
        else texts.written(None),
        "releases": _releases(status, texts),
        "latest": f"{latest.id.period.label}, {texts('dataset.version', version=latest.id.version)}" if latest else "",
        "spark": _spark(figures[0]) if figures else "",
    }


def _not_published(one: UnapprovedDataset, timezone: str, texts: Texts) -> dict[str, Any]:
    """A dataset of which nothing leaves, and what became of its releases; no figure, and no link to one."""
    title = one.name
    if one.declared is not None:
        title = one.declared.title_nl if texts.language == "nl" else one.declared.title
    return {"title": title, "releases": [_fate(release, ZoneInfo(timezone), texts) for release in one.releases]}


def _fate(release: ListedRelease, zone: ZoneInfo, texts: Texts) -> str:
    if release.withdrawn_at is None:
        return texts("index.held_back", release=str(release.id))
    day = texts.short_day(release.withdrawn_at.astimezone(zone).date())
    return texts("index.withdrawn", release=str(release.id), day=day, why=release.why)


def _releases(status: DatasetStatus, texts: Texts) -> str:
    """How many, and how many of them are withdrawn."""
    count = len(status.releases)
    withdrawn = sum(release.state == State.WITHDRAWN for release in status.releases)
    if not count:
        return texts("index.no_release")
    return texts("index.with_withdrawn", count=count, withdrawn=withdrawn) if withdrawn else texts.written(count)


def _weeks(status: DatasetStatus, texts: Texts) -> str:
    """How many weeks, from which to which."""
    weeks = status.weeks
    if not weeks:
        return texts("index.no_weeks")
    if len(weeks) == 1:
        return texts("index.one_week", first=texts.week(weeks[0]))
    return texts("index.weeks_from_to", count=len(weeks), first=texts.week(weeks[0]), last=texts.week(weeks[-1]))


def _spark(series: Figure) -> str:
    """The first measure of all weeks as the points of a line; nothing of a single week."""
    values = [float(value) for value in series.column(series.measures[0]) if isinstance(value, int | float)]
    if len(values) < 2:
        return ""
    lowest, spread = min(values), (max(values) - min(values)) or 1.0
    step = (SPARK_WIDTH - 2 * SPARK_MARGIN) / (len(values) - 1)
    height = SPARK_HEIGHT - 2 * SPARK_MARGIN
    points = (
        (SPARK_MARGIN + place * step, SPARK_HEIGHT - SPARK_MARGIN - height * (value - lowest) / spread)
        for place, value in enumerate(values)
    )
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
