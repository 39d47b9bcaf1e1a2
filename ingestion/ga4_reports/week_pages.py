"""What was read of a week before a quota ended or a process died: kept aside in the work folder, page by page.

Nothing rests on it. Where it is missing, damaged, old, or of another property, the week is read from its beginning.
"""

import hashlib
import json
from collections.abc import Container, Mapping
from dataclasses import asdict
from datetime import date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd

from home.atomic_file import write_private
from home.layout import PRIVATE_DIRECTORY, Home
from home.weeks.report_weeks import BREAKDOWNS, MEASURES, ReportFacts
from ingestion.ga4_reports.report_pages import ReportPages

FOLDER = "ga4_reports"


def pages_file(home: Home, monday: date) -> Path:
    """Where a week's pages are kept."""
    return home.work / FOLDER / f"{monday.isoformat()}.json"


def keep_pages(
    home: Home, monday: date, property_id: str, begun_at: datetime, reports: Mapping[str, ReportPages]
) -> None:
    """Keeps all that was read of the week so far, whole or not at all."""
    path = pages_file(home, monday)
    path.parent.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
    said = {
        "property_id": property_id,
        "begun_at": begun_at.isoformat(),
        "reports": {
            name: {"facts": asdict(pages.facts), "rows": pages.rows.to_csv(index=False)}
            for name, pages in reports.items()
        },
    }
    content = json.dumps(said).encode()
    write_private(path, hashlib.sha256(content).hexdigest().encode() + b"\n" + content)


def kept_pages(
    home: Home, monday: date, property_id: str, now: datetime, most: timedelta
) -> tuple[datetime, dict[str, ReportPages]]:
    """When the week was begun (`now`, if it was not), and the pages of each report so far, by breakdown."""
    said = _said(pages_file(home, monday))
    if said is None:
        return now, {}
    begun_at = datetime.fromisoformat(said["begun_at"])
    if said["property_id"] != property_id or not now - most < begun_at <= now:
        return now, {}
    return begun_at, {name: _pages(name, one) for name, one in said["reports"].items()}


def discard_pages(home: Home, monday: date) -> None:
    """Removes them: the week is stored, or asked for no more."""
    pages_file(home, monday).unlink(missing_ok=True)


def discard_stale_pages(home: Home, done: Container[date], before: datetime) -> None:
    """Removes what nothing goes on with any more: of weeks that are done, begun before that moment, or damaged."""
    for path in (home.work / FOLDER).glob("*"):
        said = _said(path) if path.suffix == ".json" else None  # else: written aside by a process that died
        if said is None or datetime.fromisoformat(said["begun_at"]) <= before or date.fromisoformat(path.stem) in done:
            path.unlink()


def _said(path: Path) -> dict[str, Any] | None:
    """What a file of pages holds; None: it is not there, or not as it was written."""
    try:
        digest, _, content = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    is_whole = hashlib.sha256(content).hexdigest().encode() == digest
    return json.loads(content) if is_whole else None


def _pages(breakdown: str, said: Mapping[str, Any]) -> ReportPages:
    facts = said["facts"]
    types = {**dict.fromkeys(BREAKDOWNS[breakdown], "str"), **dict.fromkeys(MEASURES, "int64")}
    rows = pd.read_csv(StringIO(said["rows"]), dtype=types, keep_default_na=False, na_filter=False)
    return ReportPages(ReportFacts(**{**facts, "truncations": tuple(facts["truncations"])}), rows)
