"""A drop folder small enough to reckon by hand: one week, thirty people, two sessions of half an hour each."""

import csv
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from demonstration.city_networks import write_city_database

MONDAY = date(2026, 3, 2)
SUNDAY = date(2026, 3, 8)
AS_OF = "2026-03-12T12:00:00+00:00"
PEOPLE = 30
SESSIONS = 2 * PEOPLE
MINUTES = 30 * SESSIONS

APPROVAL = """
[[approval]]
dataset = "usage_by_region_age"
reviewer = "the test's own reviewer"
approved_on = 2026-03-01
reference = "made-up persons"
"""


def write_small_drop(folder: Path) -> Path:
    """Writes sources and config into `folder`; returns the config. Its home is `folder/home`."""
    landing = folder / "landing"
    (landing / "sessions").mkdir(parents=True)
    people = [f"user-{number:02}" for number in range(PEOPLE)]
    _write(
        landing / "users.csv",
        ("user_id", "country", "birth_date", "registered_at", "closed_at"),
        [(user, "NL", "1990-05-17", "2026-01-01T09:00:00Z", "") for user in people],
    )
    _write(
        landing / "consents.csv",
        ("user_id", "purpose", "granted", "policy_version", "recorded_at"),
        [(user, "analytics", "true", "2024-02-19", "2026-01-01T09:00:00Z") for user in people],
    )
    first = datetime(2026, 3, 3, 10, tzinfo=UTC)
    starts = [
        (user, first + timedelta(days=day, minutes=number)) for number, user in enumerate(people) for day in (0, 2)
    ]
    _write(
        landing / "sessions" / "march.csv",
        ("session_id", "user_id", "started_at", "ended_at", "ip_address", "platform"),
        [
            (f"{user}-{start:%d}", user, start.isoformat(), (start + timedelta(minutes=30)).isoformat(), "", "android")
            for user, start in starts
        ],
    )
    write_city_database(folder / "city.mmdb")
    config = folder / "cmn.toml"
    config.write_text(
        'home = "home"\n[app]\nfiles = "landing"\n[geo]\nmmdb = "city.mmdb"\n[policy]\ndirectory = "policy"\n'
    )
    (folder / "policy").mkdir()
    (folder / "policy" / "releases.toml").write_text(APPROVAL)
    return config


def _write(file: Path, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    with file.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.writer(opened)
        writer.writerow(columns)
        writer.writerows(rows)
