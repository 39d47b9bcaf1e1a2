"""Thirteen whole weeks of Google's public sample: every person-week in a cell of at least ten, or every row dropped."""

import csv
import gzip
import json
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from policy.region_table import REGION_NAMES_FILE
from tests.end_to_end.runs import called, rows, told
from tests.second_opinion.regions import plain
from tests.worlds.public_sample import SAMPLE

pytestmark = pytest.mark.skipif(
    not SAMPLE.is_dir(), reason="the GA4 public sample is not there: name its folder's parent in CMN_SHARED_DATA"
)

FIRST, LAST = date(2020, 11, 2), date(2021, 1, 31)


def run(home: Path, consent_basis: str) -> dict:
    home.mkdir()
    config = home / "cmn.toml"
    config.write_text(f'home = "."\n[ga4.export]\nfiles = "{SAMPLE}"\nconsent_basis = "{consent_basis}"\n')
    return told(called(["run", "--config", str(config), "--from", str(FIRST), "--to", str(LAST), "--json"]))


def placed_persons() -> tuple[int, dict[date, Counter[tuple[str, str]]]]:
    """Rows in the interval, and per week how many persons are at each pair of region and device: a plain count."""
    with REGION_NAMES_FILE.open(newline="", encoding="utf-8") as file:
        names = {(row["country_code"], plain(row["english_name"])): row["region_code"] for row in csv.DictReader(file)}
    events: dict[tuple[date, str], Counter[tuple[str, str]]] = defaultdict(Counter)
    delivered = 0
    for path in sorted(SAMPLE.glob("events_*.json.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for record in map(json.loads, file):
                at = datetime.fromtimestamp(int(record["event_timestamp"]) // 1_000_000, UTC)
                day = at.astimezone(ZoneInfo("Europe/Amsterdam")).date()
                if not FIRST <= day <= LAST:
                    continue
                delivered += 1
                country = names.get(("", plain(record["geo"]["country"])))
                region = names.get((country, plain(record["geo"]["region"])), f"{country}-?") if country else "??"
                device = record["device"]["category"] or "unknown"
                events[day - timedelta(day.weekday()), record["user_pseudo_id"]][region, device] += 1
    weeks: dict[date, Counter[tuple[str, str]]] = defaultdict(Counter)
    for (monday, _), pairs in events.items():
        most = max(pairs.values())
        weeks[monday][min(pair for pair, times in pairs.items() if times == most)] += 1
    return delivered, weeks


@pytest.mark.clause("promise-1", "promise-3", "mart-ga4-engagement")
def test_every_person_week_is_in_one_cell_of_at_least_ten(tmp_path: Path) -> None:
    delivered, weeks = placed_persons()
    summary = run(tmp_path / "home", "basic")
    assert summary["gate"] == {"ga4_export": {"passed": delivered}}
    assert summary["weeks"]["ga4_export"]["frozen"] == [str(FIRST + timedelta(7 * number)) for number in range(13)]
    left = {monday: Counter(pairs) for monday, pairs in weeks.items()}
    for row in rows(tmp_path / "home/marts/marts.duckdb", "ga4_engagement_week"):
        covered = [
            pair for pair in left[row["week_start"]]
            if pair[0] in row["region_members"] and row["device_category"] in {pair[1], "all"}
        ]  # fmt: skip
        assert row["users"] == sum(left[row["week_start"]].pop(pair) for pair in covered)
        assert row["users"] >= 10
    assert not any(left.values()), "no person-week is left without a cell"


@pytest.mark.clause("ga4-gate")
def test_without_the_flag_every_row_is_dropped(tmp_path: Path) -> None:
    delivered, _ = placed_persons()
    summary = run(tmp_path / "home", "consent_mode")
    assert summary["gate"] == {"ga4_export": {"consent_flag": delivered}}
    assert rows(tmp_path / "home/marts/marts.duckdb", "ga4_engagement_week") == []
    assert not list((tmp_path / "home/restricted/records").rglob("*.parquet"))
