"""Weeks of GA4's reports as they are stored, made of people who travel and have an age that Google knows or not."""

import random
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa

from home.lock import held
from home.register.register import Register
from home.run import Run
from home.weeks.report_weeks import BREAKDOWNS, ROWS, ReportFacts, ReportWeek, write_report_week
from home.weeks.week_states import days_between

BRACKETS = ("18-24", "25-34", "35-44", "45-54", "55-64", "65+", "unknown")
PLACES = ("NL-NH", "NL-ZH", "NL-UT", "NL-GR", "NL-?", "BE-VAN", "BE-?", "DE-NW", "??")


def reported_rows(seed: int, persons: int) -> list[dict[str, Any]]:
    """What six reports tell of so many made-up people; those who travelled are in a row of each place."""
    rng = random.Random(seed)  # noqa: S311  # repeatable on purpose
    who: dict[tuple[str, str, str], list[tuple[int, int]]] = {}
    for person in range(persons):
        bracket = rng.choices(BRACKETS, (9, 7, 5, 3, 2, 1, 4))[0]
        weights = (40, 25, 12, 4, 6, 3, 3, 2, 3)
        for place in set(rng.choices(PLACES, weights, k=rng.choice([1, 1, 1, 2]))):
            country = "??" if place == "??" else place[:2]
            for key in (
                ("region_age", place, bracket), ("country_age", country, bracket), ("region", place, "all"),
                ("country", country, "all"), ("age", "001", bracket), ("all", "001", "all"),
            ):  # fmt: skip
                who.setdefault(key, []).append((person, rng.randrange(1, 6)))
    rows = []
    for (report, region, bracket), visits in who.items():
        sessions = sum(number for _, number in visits)
        rows.append(
            {
                "report": report,
                "region_code": region,
                "age_bracket": bracket,
                "users": len({person for person, _ in visits}),
                "sessions": sessions,
                "engaged_sessions": sessions * 2 // 3,
                "views": 4 * sessions + 1,
                "duration_us": sessions * 97_000_000,
            }
        )
    return rows


def stored_week(monday: date, rows: list[dict[str, Any]], **facts: Any) -> ReportWeek:
    """A week of these rows; `facts`: what Google says of each report besides."""
    reports = {
        name: ReportFacts(
            **{"rows": sum(row["report"] == name for row in rows), "time_zone": "Europe/Amsterdam", **facts}
        )
        for name in BREAKDOWNS
    }
    return ReportWeek(
        week=monday,
        property_id="123",
        consent_basis="basic",
        fetched_at=datetime(2026, 11, 19, 6, tzinfo=UTC),
        reports=reports,
        rows=pa.Table.from_pylist(rows, ROWS),
    )


def store_report_week(run: Run, week: ReportWeek) -> None:
    """Stores it, and says that its days are ingested, as the source does."""
    days = days_between(week.week, date.fromordinal(week.week.toordinal() + 6))
    with held(run.home):
        with Register(run.home):
            pass  # made while the home is empty, as by whoever ingests
        write_report_week(run.home, week)
        with Register(run.home) as register:
            register.cover_days("ga4_reports", days, days)
