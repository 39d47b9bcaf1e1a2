"""The page of a dataset: its latest week, its figures, its releases."""

from typing import Any

from portal.dataset_status import DatasetStatus
from portal.pages.figure_view import view_of
from portal.pages.release_view import rows_of
from portal.site_content import SiteContent
from portal.texts.texts import Texts
from releases.ledger.states import State

#: How many numbers of the latest week stand at the top.
STATS = 3
#: How many releases are listed at once; withdrawn ones always are, since whoever has a copy must see it.
NEWEST = 12


def page_name(status: DatasetStatus) -> str:
    """The page's file."""
    return f"{status.declared.name}.html"


def title_of(status: DatasetStatus, texts: Texts) -> str:
    """The dataset's title in a language."""
    return status.declared.title_nl if texts.language == "nl" else status.declared.title


def description_of(status: DatasetStatus, texts: Texts) -> str:
    """The dataset's description in a language."""
    return status.declared.description_nl if texts.language == "nl" else status.declared.description


def dataset_page(content: SiteContent, status: DatasetStatus, root: str, texts: Texts) -> dict[str, Any]:
    """What fills the template."""
    figures = content.figures[status.declared.name]
    rows = rows_of(status, root, content.policy.consent.timezone, texts)
    shown = [row for place, row in enumerate(rows) if place < NEWEST or row.state == State.WITHDRAWN]
    series = figures[0] if figures else None
    latest = status.weeks[-1] if status.weeks else None
    return {
        "title": title_of(status, texts),
        "lead": description_of(status, texts),
        "charted": bool(figures),
        "mart": status.declared.mart,
        "is_ga4": status.declared.is_of_ga4,
        "latest_week": texts("dataset.latest", week=texts.week(latest), days=texts.days_of_week(latest))
        if latest
        else "",
        "stats": [
            {"label": texts(f"column.{measure}"), "value": texts.written(series.facts[measure])}
            for measure in series.measures[:STATS]
        ]
        if series
        else [],
        "figures": [view_of(figure, status.declared.name, status.declared.mart, texts) for figure in figures],
        "releases": shown,
        "earlier": [row for row in rows if row not in shown],
        "freeze_days": content.policy.anonymity.freeze_after_days,
        "missing": ", ".join(texts.week(monday) for monday in status.missing),
    }
