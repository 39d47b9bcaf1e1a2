"""Weeks: their bounds, and what became of each.

A week is named by its Monday and belongs to the policy's time zone. What became of it (frozen, withheld,
retracted) is said by its commit, one small JSON file a source and week; a cube file that no commit names does
not exist for anyone, so all cubes of a week appear in one rename.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from home.atomic_file import write_private
from home.layout import Home
from home.state import check, damaged, replacing

WEEK = timedelta(days=7)
COMMITS = "????-??-??.json"

#: Of the rules by which weeks freeze today. 1: counts are exact. 2: sessions and views are told in steps.
RULES_EDITION = 2
FIRST_EDITION = 1
#: What a commit is taken to say that was written before it could say it.
BEFORE_EDITIONS = {"count_step": 1, "rules_edition": FIRST_EDITION}

WeekState = Literal["frozen", "withheld", "retracted"]


@dataclass(frozen=True, slots=True)
class BroughtOver:
    """How a frozen week is told under a later edition of the rules than its own, made of its frozen cells alone.

    `files` maps each cube that is told to the SHA-256 of its file; a cube that is not in it is told no more. Where it
    is empty, `why` says what kept the week from being told. `count_step`: as in WeekCommit.
    """

    rules_edition: int
    count_step: int
    files: dict[str, str] = field(default_factory=dict)
    why: str = ""


@dataclass(frozen=True, slots=True)
class WeekCommit:
    """What became of one week of one source, for good.

    `files` maps each cube to the SHA-256 of its file; empty unless frozen. `k` and `dominance_p` are the rules it was
    frozen under, `count_step` the width of the steps in which its frozen cells tell counts (1: exactly, as in weeks
    that froze before there were steps), `rules_edition` the edition of the rules by which its cells were made.
    `brought_over`: how it is told since, where a later edition asks for more. What leaves goes by `told_…`.
    """

    week: date
    source: str
    state: WeekState
    why: str
    k: int
    dominance_p: int
    files: dict[str, str] = field(default_factory=dict)
    count_step: int = 1
    rules_edition: int = RULES_EDITION
    brought_over: BroughtOver | None = None

    @property
    def told_edition(self) -> int:
        """The edition of the rules by which the week is told."""
        return self.brought_over.rules_edition if self.brought_over else self.rules_edition

    @property
    def told_step(self) -> int:
        """The width of the steps in which the week is told."""
        return self.brought_over.count_step if self.brought_over else self.count_step

    @property
    def told_files(self) -> dict[str, str]:
        """Each cube that is told, with the SHA-256 of its file."""
        return self.brought_over.files if self.brought_over else self.files

    @property
    def told_why(self) -> str:
        """What keeps a frozen week from being told; empty where nothing does."""
        return self.brought_over.why if self.brought_over else ""

    @property
    def is_of_older_rules(self) -> bool:
        """Whether it is frozen, and by an edition of the rules before today's."""
        return self.state == "frozen" and self.rules_edition < RULES_EDITION


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
    """The weeks of a source about which the last word is spoken, by Monday, in order.

    Raises:
        StateDamaged: a commit is missing, or is not as it was written.
    """
    folder = _folder(home, source)
    check(home, folder, COMMITS)
    commits = (_read(path) for path in sorted(folder.glob(COMMITS)))
    return {commit.week: commit for commit in commits}


def is_commit_damaged(home: Home, source: str, monday: date) -> bool:
    """Whether what became of the week cannot be read any more: only a retraction can follow then."""
    path = _path(home, source, monday)
    return any(damaged_path == path for damaged_path, _ in damaged(home, path.parent, path.name))


def commit_week(home: Home, commit: WeekCommit) -> None:
    """Settles a week in one rename. Only a retraction may replace what stands. The home's lock must be held."""
    path = _path(home, commit.source, commit.week)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and commit.state != "retracted":
        raise ValueError(f"{commit.source} week {commit.week} is settled already")
    _write(home, path, commit)


def commit_brought_over(home: Home, commit: WeekCommit, brought_over: BroughtOver) -> None:
    """Says in one rename how a frozen week is told from now on; all else of its commit stays. The home's lock must be
    held."""
    if commit.state != "frozen" or brought_over.rules_edition <= commit.told_edition:
        raise ValueError(f"{commit.source} week {commit.week} cannot be brought over")
    _write(home, _path(home, commit.source, commit.week), replace(commit, brought_over=brought_over))


def _write(home: Home, path: Path, commit: WeekCommit) -> None:
    facts: dict[str, object] = {
        "week": commit.week.isoformat(),
        "source": commit.source,
        "state": commit.state,
        "why": commit.why,
        "k": commit.k,
        "dominance_p": commit.dominance_p,
        "files": commit.files,
        "count_step": commit.count_step,
        "rules_edition": commit.rules_edition,
    }
    if commit.brought_over is not None:
        facts["brought_over"] = asdict(commit.brought_over)
    content = json.dumps(facts, indent=1, sort_keys=True).encode() + b"\n"
    with replacing(home, {path: hashlib.sha256(content).hexdigest()}):
        write_private(path, content)


def complete_weeks(ingested: Iterable[date]) -> list[date]:
    """The Mondays of which all seven days are among the ingested ones, in order."""
    days = set(ingested)
    mondays = sorted({monday_of(day) for day in days})
    return [monday for monday in mondays if all(day in days for day in days_between(monday, monday + WEEK)[:-1])]


def _folder(home: Home, source: str) -> Path:
    return home.cells / "weeks" / source


def _path(home: Home, source: str, monday: date) -> Path:
    return _folder(home, source) / f"{monday.isoformat()}.json"


def _read(path: Path) -> WeekCommit:
    content = {**BEFORE_EDITIONS, **json.loads(path.read_text(encoding="utf-8"))}
    if "brought_over" in content:
        content["brought_over"] = BroughtOver(**content["brought_over"])
    return WeekCommit(**{**content, "week": date.fromisoformat(content["week"])})
