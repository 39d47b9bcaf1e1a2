"""App sessions: judged, deduplicated, gated, and counted into person-weeks (contract sections 3 to 5)."""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date
from ipaddress import ip_address
from pathlib import Path

from tests.second_opinion.delivered import Row, Unreadable, read
from tests.second_opinion.gate import age, reason_to_drop
from tests.second_opinion.instants import DAY, NoInstant, instant, local, local_day, monday
from tests.second_opinion.people import Bad, People
from tests.second_opinion.regions import Addresses, Regions

COLUMNS = ("session_id", "user_id", "started_at", "ended_at", "ip_address", "platform")
PLATFORMS = ("android", "ios", "web", "other", "unknown")
AGE_BANDS = (0, 16, 18, 25, 35, 45, 55, 65)


@dataclass(frozen=True)
class Session:
    session_id: str
    user_id: str
    start: int
    end: int | None
    ip_address: str | None
    platform: str | None


@dataclass(frozen=True)
class Passed:
    """A session that passed the gate."""

    user_id: str
    start: int
    length: int
    region: str
    age_band: int  # the first year of the band
    platform: str | None  # a word in lower case; `other` where it was none


@dataclass
class PersonWeek:
    week: date
    person: str
    sessions: list[Passed] = field(default_factory=list)

    @property
    def length(self) -> int:
        return sum(session.length for session in self.sessions)

    @property
    def region(self) -> str:
        """Where the most session time was; of equals the first code."""
        time_in: Counter[str] = Counter()
        for session in self.sessions:
            time_in[session.region] += session.length
        return min(time_in, key=lambda code: (-time_in[code], code))

    @property
    def platform(self) -> str:
        """Where the most time was, of equals the first word; as the policy lists it, or `other`, or `unknown`."""
        time_on: Counter[str | None] = Counter()
        for session in self.sessions:
            time_on[session.platform] += session.length
        most = min(time_on, key=lambda word: (-time_on[word], word is None, word or ""))
        return "unknown" if most is None else most if most in PLATFORMS else "other"

    @property
    def age_band(self) -> int:
        return min(self.sessions, key=lambda session: session.start).age_band


@dataclass
class AppOpinion:
    bad_sessions: Bad
    still_open: int
    gate: Counter[str]
    person_weeks: dict[tuple[date, str], PersonWeek]
    dropped: dict[date, list[str]]  # by week, the user of each dropped session


def judge(row: Row, as_of: int) -> str | None:
    """The first reason for which a record is bad."""
    if row["session_id"] is None or row["user_id"] is None or row["started_at"] is None:
        return "missing_field"
    try:
        start = instant(row["started_at"])
        end = None if row["ended_at"] is None else instant(row["ended_at"])
    except NoInstant:
        return "bad_timestamp"
    if end is not None and end < start:
        return "ends_before_start"
    if end is not None and end - start > DAY:
        return "too_long"
    if start > as_of:
        return "in_future"
    try:
        if row["ip_address"] is not None:
            ip_address(row["ip_address"])
    except ValueError:
        return "bad_ip"
    return None


def read_sessions(folder: Path, as_of: int) -> tuple[dict[str, Session], Bad]:
    """Good sessions, one a session id; and the bad records."""
    best: dict[str, Session] = {}
    bad: Bad = set()
    for file in sorted(folder.iterdir()):
        for row in read(file):
            if isinstance(row, Unreadable):
                bad.add(("unreadable", (row.line,)))
                continue
            reason = judge(row, as_of)
            if reason:
                bad.add(
                    (reason, tuple(_same(row[column]) if column.endswith("_at") else row[column] for column in COLUMNS))
                )
                continue
            end = None if row["ended_at"] is None else instant(row["ended_at"])
            session = Session(
                row["session_id"], row["user_id"], instant(row["started_at"]), end, row["ip_address"], row["platform"]
            )
            rival = best.get(session.session_id)
            if rival is None or _rank(session) < _rank(rival):
                best[session.session_id] = session
    return best, bad


def _rank(session: Session) -> tuple[object, ...]:
    """Smaller counts: the latest end, closed before open, then the smallest row."""
    end = (1, 0) if session.end is None else (0, -session.end)
    return (*end, session.start, session.user_id, session.ip_address or "", session.platform or "")


def _same(moment: object) -> object:
    try:
        return instant(moment)
    except NoInstant:
        return moment


def app_opinion(
    folder: Path, people: People, addresses: Addresses, regions: Regions, *, first: date, last: date, as_of: int
) -> AppOpinion:
    """Everything that the run should find in the app's sessions of the days from `first` to `last`."""
    sessions, bad = read_sessions(folder, as_of)
    opinion = AppOpinion(bad, 0, Counter(), {}, defaultdict(list))
    for session in sessions.values():
        day = local_day(session.start)
        if not first <= day <= last:
            continue
        if session.end is None:
            opinion.still_open += 1
            continue
        reason = reason_to_drop(people, session.user_id, session.start, session.end, as_of)
        opinion.gate[reason or "passed"] += 1
        week = monday(day)
        if reason:
            opinion.dropped[week].append(session.user_id)
            continue
        user = people.users[session.user_id]
        known = addresses.leaf(session.ip_address) if session.ip_address else None
        region = known or regions.leaf(user.country, None) or "??"
        band = max(first_year for first_year in AGE_BANDS if first_year <= (age(user, session.start) or 0))
        word = None if session.platform is None else session.platform.lower()
        if word is not None and not re.fullmatch(r"[a-z][a-z0-9 _-]{0,31}", word):
            word = "other"
        passed = Passed(session.user_id, session.start, session.end - session.start, region, band, word)
        key = (week, session.user_id)
        opinion.person_weeks.setdefault(key, PersonWeek(week, session.user_id)).sessions.append(passed)
    return opinion


def hour_slot(session: Passed) -> tuple[str, int]:
    """Day type and local hour of the session's start."""
    clock = local(session.start)
    return ("weekend" if clock.weekday() >= 5 else "weekday", clock.hour)
