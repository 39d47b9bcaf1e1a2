"""Weeks: their bounds, and what became of each.

A week is named by its Monday and belongs to the policy's time zone. What became of it (frozen, withheld,
retracted) is said by its commit, one small JSON file a source and week; a cube file that no commit names does
not exist for anyone, so all cubes of a week appear in one rename.
"""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from home.layout import Home

WEEK = timedelta(days=7)

State = Literal["frozen", "withheld", "retracted"]


@dataclass(frozen=True, slots=True)
class WeekCommit:
    """What became of one week of one source, for good.

    `files` maps each cube to the SHA-256 of its file; empty unless frozen. `k` and `dominance_p` are the rules it was
    frozen under.
    """

    week: date
    source: str
    state: State
    why: str
    k: int
    dominance_p: int
    files: dict[str, str] = field(default_factory=dict)


def monday_of(day: date) -> date:
    """The Monday of the day's ISO week."""
    return day - timedelta(days=day.weekday())


def mondays_between(first_day: date, last_day: date) -> Iterator[date]:
    """The Mondays of all weeks that the days touch, in order."""
    monday = monday_of(first_day)
    while monday <= last_day:
        yield monday
        monday += WEEK


def days_between(first_day: date, last_day: date) -> list[date]:
    """All days from the first to the last, both included."""
    return [first_day + timedelta(days=number) for number in range((last_day - first_day).days + 1)]


def local_midnight(day: date, timezone: str) -> datetime:
    """The instant at which a local day begins."""
    return datetime.combine(day, time(), ZoneInfo(timezone)).astimezone(UTC)


def may_settle_at(monday: date, freeze_after_days: int, timezone: str) -> datetime:
    """From this instant on, a run can count the week's days as ingested."""
    return local_midnight(monday + WEEK + timedelta(days=freeze_after_days), timezone)


def records_end_at(monday: date, record_weeks: int, timezone: str) -> datetime:
    """From this instant on, the week's record-level data must be gone."""
    return local_midnight(monday + WEEK * (1 + record_weeks), timezone)


def settled_weeks(home: Home, source: str) -> dict[date, WeekCommit]:
    """The weeks of a source about which the last word is spoken, by Monday, in order."""
    folder = _folder(home, source)
    commits = (_read(path) for path in sorted(folder.glob("????-??-??.json")))
    return {commit.week: commit for commit in commits}


def commit_week(home: Home, commit: WeekCommit) -> None:
    """Settles a week in one rename. Only a retraction may replace what stands."""
    folder = _folder(home, commit.source)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{commit.week.isoformat()}.json"
    if path.exists() and commit.state != "retracted":
        raise ValueError(f"{commit.source} week {commit.week} is settled already")
    content = {
        "week": commit.week.isoformat(),
        "source": commit.source,
        "state": commit.state,
        "why": commit.why,
        "k": commit.k,
        "dominance_p": commit.dominance_p,
        "files": commit.files,
    }
    aside = path.with_suffix(".json.new")
    with aside.open("w", encoding="utf-8") as file:
        json.dump(content, file, indent=1, sort_keys=True)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Makes renames in a folder last through a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def complete_weeks(ingested: Iterable[date]) -> list[date]:
    """The Mondays of which all seven days are among the ingested ones, in order."""
    days = set(ingested)
    mondays = sorted({monday_of(day) for day in days})
    return [monday for monday in mondays if all(day in days for day in days_between(monday, monday + WEEK)[:-1])]


def _folder(home: Home, source: str) -> Path:
    return home.cells / "weeks" / source


def _read(path: Path) -> WeekCommit:
    content = json.loads(path.read_text(encoding="utf-8"))
    return WeekCommit(**{**content, "week": date.fromisoformat(content["week"])})
