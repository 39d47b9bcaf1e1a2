"""The GA4 export: which files count, the gate row by row, and person-weeks (contract section 5)."""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tests.second_opinion.delivered import Row, Unreadable, read
from tests.second_opinion.gate import REASONS, reason_to_drop
from tests.second_opinion.instants import local_day, monday
from tests.second_opinion.people import Bad, People
from tests.second_opinion.regions import Names

FILE = re.compile(r"events_(fresh_|intraday_)?(\d{4})(\d\d)(\d\d).*\.(json|jsonl|parquet)(\.gz)?")
#: The final file of a day before the fresh one before the intraday one.
KINDS = (None, "fresh_", "intraday_")
SESSION_TEXT = re.compile(r"GS\d+\.\d+\.s(\d+)(?:\$.*)?|s(\d+)\$.*|GS1\.\d+\.(\d+)(?:\..*)?")
VIEWS = {"page_view", "screen_view"}


@dataclass
class Browsing:
    """One person's rows of one week that passed."""

    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    sessions: set[tuple[str, str, str]] = field(default_factory=set)
    engaged: set[tuple[str, str, str]] = field(default_factory=set)
    views: int = 0
    length: int = 0

    @property
    def rows(self) -> int:
        return self.pairs.total()

    @property
    def place(self) -> tuple[str, str]:
        return min(self.pairs, key=lambda pair: (-self.pairs[pair], pair))


@dataclass
class ExportOpinion:
    bad_rows: Bad
    gate: Counter[str]
    person_weeks: dict[tuple[date, str], Browsing]
    dropped: dict[date, list[str]]


def chosen_files(folder: Path) -> dict[date, list[Path]]:
    """The files that count for each date of the export."""
    by_day: dict[date, dict[str | None, list[Path]]] = defaultdict(lambda: defaultdict(list))
    for file in sorted(folder.iterdir()):
        match = FILE.fullmatch(file.name)
        if match:
            day = date(int(match[2]), int(match[3]), int(match[4]))
            by_day[day][match[1]].append(file)
    return {day: next(kinds[kind] for kind in KINDS if kinds[kind]) for day, kinds in by_day.items()}


@dataclass(frozen=True)
class Rules:
    """What a row is held against: the people, the names of regions, and who was seen with which account."""

    people: People
    names: Names
    accounts: dict[str, set[str]]
    person_of: dict[str, str]
    as_of: int
    basis: str


def export_opinion(
    folder: Path, people: People, names: Names, *, first: date, last: date, as_of: int, basis: str = "consent_mode"
) -> ExportOpinion:
    """Everything that the run should find in the export's events of the days from `first` to `last`."""
    opinion = ExportOpinion(set(), Counter(), {}, defaultdict(list))
    files = chosen_files(folder)
    accounts = _accounts(folder)
    rules = Rules(people, names, accounts, _persons(accounts), as_of, basis)
    margin = timedelta(days=1)
    for day in sorted(files):
        if not first - margin <= day <= last + margin:
            continue
        for file in files[day]:
            for row in read(file):
                if isinstance(row, Unreadable):
                    opinion.bad_rows.add(("unreadable", (row.line,)))
                    continue
                at = _whole(row.get("event_timestamp"))
                if at is None:
                    reason = "missing_field" if row.get("event_timestamp") is None else "bad_timestamp"
                    opinion.bad_rows.add((reason, (repr(sorted(row.items(), key=str)),)))
                elif first <= local_day(at) <= last:
                    _count(opinion, row, at, rules)
    return opinion


def _count(opinion: ExportOpinion, row: Row, at: int, rules: Rules) -> None:
    pseudo = row.get("user_pseudo_id")
    week = monday(local_day(at))
    reason = _reason(row, at, rules)
    opinion.gate[reason or "passed"] += 1
    if reason:
        opinion.dropped[week].append(rules.person_of.get(pseudo or "", pseudo or ""))
        return
    person = rules.person_of.get(pseudo, pseudo)
    browsing = opinion.person_weeks.setdefault((week, person), Browsing())
    geo, device = row.get("geo") or {}, row.get("device") or {}
    region = rules.names.leaf(geo.get("country"), geo.get("region"))
    browsing.pairs[region, device.get("category") or "unknown"] += 1
    parameters = {entry["key"]: entry["value"] for entry in row.get("event_params") or []}
    session = _session_number(parameters.get("ga_session_id"))
    if session is not None:
        key = (pseudo, str(row.get("stream_id")), session)
        browsing.sessions.add(key)
        if _text(parameters.get("session_engaged")) == "1":
            browsing.engaged.add(key)
    browsing.views += row.get("event_name") in VIEWS
    browsing.length += 1000 * int(_text(parameters.get("engagement_time_msec")) or 0)


def _reason(row: Row, at: int, rules: Rules) -> str | None:
    flag = (row.get("privacy_info") or {}).get("analytics_storage")
    if flag != "Yes" and not (flag is None and rules.basis == "basic"):
        return "consent_flag"
    pseudo = row.get("user_pseudo_id")
    if pseudo is None:
        return "no_id"
    reasons = {
        reason_to_drop(rules.people, user_id, at, at, rules.as_of) for user_id in rules.accounts.get(pseudo, ())
    } - {None}
    return min(reasons, key=REASONS.index) if reasons else None


def _accounts(folder: Path) -> dict[str, set[str]]:
    """The accounts with which each browser was ever seen, in any file of the folder."""
    accounts: dict[str, set[str]] = defaultdict(set)
    for file in sorted(folder.iterdir()):
        if FILE.fullmatch(file.name):
            for row in read(file):
                if not isinstance(row, Unreadable) and row.get("user_pseudo_id") and row.get("user_id"):
                    accounts[row["user_pseudo_id"]].add(row["user_id"])
    return accounts


def _persons(accounts: dict[str, set[str]]) -> dict[str, str]:
    """Browsers that share an account, at first or at second hand, are one person: named by the first browser."""
    browsers: dict[str, set[str]] = defaultdict(set)
    for pseudo, users in accounts.items():
        for user_id in users:
            browsers[user_id].add(pseudo)
    person_of: dict[str, str] = {}
    for pseudo in sorted(accounts):
        reached, waiting = set(), [pseudo]
        while waiting and pseudo not in person_of:
            current = waiting.pop()
            if current not in reached:
                reached.add(current)
                waiting.extend(other for user_id in accounts[current] for other in browsers[user_id])
        person_of.update(dict.fromkeys(reached, pseudo))
    return person_of


def _whole(value: object) -> int | None:
    return int(str(value)) if re.fullmatch(r"-?\d+", str(value)) else None


def _text(value: dict[str, Any] | None) -> str | None:
    """A parameter's value, whichever type it was sent as."""
    if value is None:
        return None
    return next((str(value[kind]) for kind in ("string_value", "int_value") if value.get(kind) not in (None, "")), None)


def _session_number(value: dict[str, Any] | None) -> str | None:
    text = _text(value)
    match = SESSION_TEXT.fullmatch(text) if text else None
    return (match[1] or match[2] or match[3]) if match else text
