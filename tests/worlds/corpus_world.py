"""The cases of tests/promises/corpus/consent-cases as a home: what each moment delivers, and what is held then."""

import csv
import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.worlds.store_world import CONSENT_COLUMNS, SESSION_COLUMNS, USER_COLUMNS, World

PACKAGE = Path(__file__).parents[1] / "promises" / "corpus" / "consent-cases"
#: What stands in `after_…` where a record is not judged by itself: another of its session or its day counts, or none.
NOT_JUDGED = {"", "replaced", "same", "gone"}
#: Bad records: quarantined, and never before the gate.
BAD = {"ends_before_start", "too_long"}

Row = dict[str, str]
Counts = dict[str, int]


def table(name: str) -> list[Row]:
    """One of the package's tables."""
    with (PACKAGE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


class Series:
    """The cases that play at the same moments, all in one home: their ids are their own."""

    def __init__(self, name: str) -> None:
        cases = {row["case"] for row in table("cases") if row["series"] == name}
        self.moments = [row for row in table("moments") if row["series"] == name]
        self.users, self.consents, self.sessions, self.events = (
            [row for row in table(one) if row["case"] in cases]
            for one in ("users", "consents", "sessions", "ga4_events")
        )
        self.person_weeks = [row for row in table("person_weeks") if row["case"] in cases]

    def deliver(self, world: World, moment: int) -> None:
        """Writes what the sources hold at this moment, and nothing else."""
        users = delivered(self.users, moment)
        world._csv(
            "users.csv", USER_COLUMNS,
            [(row["user"], "", "", "NL", row["birth_date"], "", row["closed_at"]) for row in users],
        )  # fmt: skip
        consents = delivered(self.consents, moment)
        world._csv(
            "consents.csv", CONSENT_COLUMNS,
            [
                (row["user"], row["purpose"], {"yes": "true", "no": "false"}[row["granted"]], row["policy_version"],
                 row["recorded_at"])
                for row in consents
            ],
        )  # fmt: skip
        world.no_sessions()
        sessions = delivered(self.sessions, moment)
        world._csv(
            "sessions/all.csv", SESSION_COLUMNS,
            [
                (row["session"], row["user"], row["started_at"], row["ended_at"], "10.1.2.3", "ios")
                for row in sessions
            ],
        )  # fmt: skip
        for path in (world.root / "landing/ga4").iterdir():
            path.unlink()
        files = defaultdict(list)
        for row in delivered(self.events, moment):
            files[row["file"]].append(_event(row))
        for name, events in files.items():
            with gzip.open(world.root / f"landing/ga4/{name}.json.gz", "wt", encoding="utf-8") as file:
                file.writelines(json.dumps(event) + "\n" for event in events)

    def gate_counts(self, source: str, moment: int) -> Counts:
        """What the tables say of the gate: sessions by outcome, of GA4 rows, of what is delivered at this moment."""
        outcomes: Iterable[str]
        if source == "app":
            ids = {row["session"] for row in delivered(self.sessions, moment)}
            outcomes = {
                row["session"]: said for row in self.sessions
                if row["session"] in ids and (said := outcome(row, moment)) not in NOT_JUDGED
            }.values()  # fmt: skip
        else:
            outcomes = [
                said for row in delivered(self.events, moment) if (said := outcome(row, moment)) not in NOT_JUDGED
            ]
        named = Counter({"counted": "passed"}.get(said, said) for said in outcomes)
        return {said: number for said, number in named.items() if said not in BAD | {"open"}}

    def removed(self, source: str, moment: int) -> Counts:
        """Records that were counted a moment before and are not any more, by reason."""
        rows = self.sessions if source == "app" else self.events
        return dict(
            Counter(
                said
                for row in rows
                if moment > 1 and outcome(row, moment - 1) == "counted"
                if (said := outcome(row, moment)) not in NOT_JUDGED | {"counted"}
            )
        )

    def bad(self, moment: int) -> Counts:
        return dict(Counter(said for row in delivered(self.sessions, moment) if (said := outcome(row, moment)) in BAD))

    def held_sessions(self, moment: int) -> list[tuple[datetime, datetime, str]]:
        """Start, end and age group of every session that is to be held after this moment."""
        return sorted(
            (instant(row["started_at"]), instant(row["ended_at"]), row["age_group"])
            for row in self.sessions
            if outcome(row, moment) == "counted"
        )

    def held_events(self, moment: int) -> list[datetime]:
        return sorted(instant(row["event_at"]) for row in self.events if outcome(row, moment) == "counted")


def delivered(rows: Iterable[Row], moment: int) -> list[Row]:
    """Those that the sources hold at a moment: `delivered` lists the moments, empty for all."""
    return [row for row in rows if not row["delivered"] or str(moment) in row["delivered"].split()]


def outcome(row: Mapping[str, str], moment: int) -> str:
    return row[f"after_{moment}"]


def held_twice(rows: Iterable[Row]) -> list[tuple[str, ...]]:
    """Instants by which two records could not be told apart."""
    seen = Counter((row["started_at"], row["ended_at"]) if "started_at" in row else (row["event_at"],) for row in rows)
    return [key for key, number in seen.items() if number > 1]


def _event(row: Row) -> dict[str, Any]:
    return {
        "event_date": row["file"].rsplit("_", 1)[-1],
        "event_timestamp": str(int(instant(row["event_at"]).timestamp()) * 1_000_000),
        "event_name": "page_view",
        "event_params": [{"key": "ga_session_id", "value": {"int_value": row["ga_session_id"]}}],
        "user_id": row["user"] or None,
        "user_pseudo_id": row["browser"],
        "privacy_info": {"analytics_storage": row["consent_flag"] or None},
        "geo": {"country": "Netherlands", "region": "Gelderland"},
        "device": {"category": "mobile"},
        "stream_id": "1",
    }
