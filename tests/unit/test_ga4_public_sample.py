"""The real rows of Google's public sample, against plain Python over the same files."""

import csv
import gzip
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from policy.region_table import REGION_NAMES_FILE
from policy.region_words import leaf_of_names
from tests.second_opinion.regions import plain
from tests.worlds.ga4_delivery import reading
from tests.worlds.public_sample import SAMPLE

pytestmark = pytest.mark.skipif(
    not SAMPLE.is_dir(), reason="the GA4 public sample is not there: name its folder's parent in CMN_SHARED_DATA"
)


def delivered() -> Iterator[dict]:
    for path in sorted(SAMPLE.glob("events_*.json.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            yield from map(json.loads, file)


def plain_region(names: dict[tuple[str, str], str], country: str | None, region: str | None) -> str:
    code = names.get(("", plain(country)))
    return names.get((code, plain(region)), f"{code}-?") if code else "??"


def table_of_names() -> dict[tuple[str, str], str]:
    with REGION_NAMES_FILE.open(newline="", encoding="utf-8") as file:
        return {(row["country_code"], plain(row["english_name"])): row["region_code"] for row in csv.DictReader(file)}


def test_every_real_row_is_read_as_plain_python_reads_it(tmp_path: Path) -> None:
    names = table_of_names()
    amsterdam = ZoneInfo("Europe/Amsterdam")
    expected: Counter[tuple] = Counter()
    places = set()
    for record in delivered():
        seconds, micros = divmod(int(record["event_timestamp"]), 1_000_000)
        at = datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros)
        geo = record["geo"]
        places.add((geo["country"], geo["region"]))
        expected[
            record["user_pseudo_id"], at, at.astimezone(amsterdam).date(),
            plain_region(names, geo["country"], geo["region"]), record["device"]["category"] or "unknown",
        ] += 1  # fmt: skip
    assert (expected.total(), len({key[0] for key in expected}), len(places)) == (5690, 4418, 396)

    folder = tmp_path / "ga4"
    folder.symlink_to(SAMPLE)
    with reading(folder, "2020-11-01", "2021-02-01", as_of=datetime(2021, 3, 1, tzinfo=UTC)) as con:
        columns = "user_pseudo_id, event_at, event_day, region_code, device_category"
        found = Counter(con.execute(f"select {columns} from ga4_events").fetchall())
        whole = "count(*), count(distinct event_row), count(analytics_storage), count(ga4_session), count(user_id)"
        assert con.execute(f"select {whole} from ga4_events").fetchone() == (5690, 5690, 0, 0, 0)
        assert con.execute("select count(*), count(*) filter (is_daily) from ga4_days").fetchone() == (92, 92)
        assert (
            con.execute("select * from bad_records").fetchall()
            == con.execute("select * from ga4_links").fetchall()
            == []
        )
    assert found == expected


@pytest.mark.clause("ga4-placed")
def test_at_least_99_percent_of_the_people_are_placed_by_the_names_they_came_with() -> None:
    """`(not set)` is no name; Puerto Rico is a country of ISO's and has no subdivisions there."""
    people: dict[tuple[str, str], set[str]] = {}
    for record in delivered():
        people.setdefault((record["geo"]["country"], record["geo"]["region"]), set()).add(record["user_pseudo_id"])
    everybody = set().union(*people.values())
    lost = {
        names: persons
        for names, persons in people.items()
        if names[1] not in ("(not set)", "") and leaf_of_names(*names)[-1] == "?"
    }
    not_placed = set().union(*lost.values())
    print(f"placed: {1 - len(not_placed) / len(everybody):.2%} of {len(everybody)} people; not by name: {sorted(lost)}")
    assert len(not_placed) * 100 <= len(everybody)
    assert not {country for country, _ in lost} & {"Ireland", "Poland", "France", "Sweden"}
