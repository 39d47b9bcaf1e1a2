"""The website's GA4 export: day files in the current schema of the BigQuery export, with its known quirks."""

import gzip
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pyarrow as pa

from demonstration.ga4_schema import event_json, event_parquet
from demonstration.places import PLACES
from demonstration.population import Population
from demonstration.week_span import SECOND_US, WeekSpan, generator, microseconds
from home.sql import sql_file

#: The property was left at its default zone, nine hours behind the readers': `event_date` is not their day.
PROPERTY_ZONE = ZoneInfo("America/Los_Angeles")
DEVICES = ("mobile", "desktop", "tablet", "smart tv", None)
#: Weekdays (of the property's date) whose file is Parquet; the others are JSON.
PARQUET_WEEKDAYS = (2, 5)

BAD_LINES = (
    '{"event_date": "20260101", "event_timestamp": "17',
    "<html>quota exceeded</html>",
)


def write_ga4_export(
    folder: Path, people: Population, span: WeekSpan, seed: int, without_bad_lines: bool = False
) -> None:
    """Day files from the day before the span to the third day after it; the last two are not final yet."""
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(config={"threads": 2}) as con:
        con.execute("set timezone = 'UTC'; set preserve_insertion_order = true")
        con.register("drawn", draw_events(people, span, seed))
        _name_events(con, people)
        con.execute(JSON_LINES.format(columns=event_json()))
        for number in range(-1, span.days + 3):
            day = span.first_day + timedelta(days=number)
            _write_day(con, folder, day, number, span)
    if not without_bad_lines:
        _add_bad_lines(folder, span)


def draw_events(people: Population, span: WeekSpan, seed: int) -> pa.Table:
    """Events as numbers, by time: who, which session of theirs, what, how long."""
    random = generator(seed, "ga4")
    browsers = int(len(people) * 0.33)
    owner = random.integers(0, len(people), browsers)
    first_us, last_us = int(span.midnights_us()[0]) - 86_400 * SECOND_US, span.as_of_us - 3600 * SECOND_US
    sessions_of = random.poisson(np.minimum(random.lognormal(np.log(0.17), 1.0, browsers), 12) * span.weeks)
    browser = np.repeat(np.arange(browsers), sessions_of)
    start = first_us + (random.random(len(browser)) ** 0.98 * (last_us - first_us)).astype(np.int64)
    events_of = 2 + random.poisson(2.6, len(browser))
    session = np.repeat(np.arange(len(browser)), events_of)
    position = np.arange(len(session)) - np.repeat(np.concatenate(([0], np.cumsum(events_of)[:-1])), events_of)
    gap = (random.lognormal(np.log(25), 1.3, len(session)) * SECOND_US).astype(np.int64)
    passed = np.cumsum(gap) - np.repeat(np.cumsum(gap)[np.flatnonzero(position == 0)], events_of)
    event_us = start[session] + passed
    travels = random.random(len(browser)) < 0.06
    place = np.where(travels, random.integers(0, len(PLACES), len(browser)), people.home_place[owner][browser])
    consent = random.choice(4, browsers, p=(0.8, 0.12, 0.05, 0.03))  # Yes, No, Unset, null
    return pa.table(
        {
            "browser": browser[session],
            "owner": owner[browser[session]],
            "neighbour": (owner[browser[session]] + 1) % len(people),
            "session": session,
            "position": position,
            "event_us": event_us,
            "start_us": start[session],
            "events": events_of[session],
            "place": place[session],
            "device": random.choice(5, browsers, p=(0.56, 0.34, 0.07, 0.02, 0.01))[browser][session],
            "consent": consent[browser][session],
            "has_account": (random.random(browsers) < 0.35)[browser][session],
            "is_signed_in": random.random(len(session)) < 0.6,
            "engagement_ms": np.minimum(gap // 1000, 1_800_000),
            "event_date": _property_dates(event_us),
        }
    )


def _property_dates(event_us: np.ndarray) -> pa.Array:
    """The property's calendar date of each instant, as `YYYYMMDD`."""
    first = datetime.fromtimestamp(int(event_us.min()) / 1e6, UTC).date() - timedelta(days=2)
    last = datetime.fromtimestamp(int(event_us.max()) / 1e6, UTC).date() + timedelta(days=2)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    midnights = np.array([microseconds(datetime.combine(day, time(0), PROPERTY_ZONE)) for day in days])
    names = pa.array([f"{day:%Y%m%d}" for day in days])
    return names.take(pa.array(np.searchsorted(midnights, event_us, side="right") - 1))


def _write_day(con: duckdb.DuckDBPyConnection, folder: Path, day: date, number: int, span: WeekSpan) -> None:
    """The day's final file, in one part or two; now and then with the provisional ones still beside it."""
    name = f"{day:%Y%m%d}"
    here = f"from event where event_date = '{name}'"
    if number > span.days + 1:
        _write(con, folder / f"events_intraday_{name}.json.gz", here)
        return
    if number > span.days:
        _write(con, folder / f"events_fresh_{name}.json.gz", here)
        return
    if number % 9 == 4:
        _write(con, folder / f"events_intraday_{name}.json.gz", f"{here} and session % 3 = 0")
        _write(con, folder / f"events_fresh_{name}.json.gz", f"{here} and session % 3 <> 1")
    if day.weekday() in PARQUET_WEEKDAYS:
        _write(con, folder / f"events_{name}.parquet", here)
    elif number % 11 == 3:
        _write(con, folder / f"events_{name}_000000000000.json.gz", f"{here} and browser % 2 = 0")
        _write(con, folder / f"events_{name}_000000000001.jsonl.gz", f"{here} and browser % 2 = 1")
    else:
        _write(con, folder / f"events_{name}.json.gz", here)


#: An event's line of JSON is the same in every file that it is in.
JSON_LINES = """
    create or replace temp table json_line as
    select event.event_date, event_us, row, session, browser, line
    from event
    join (
        select event_bundle_sequence_id, to_json(told) as line from (select {columns} from event) as told
    ) on row = event_bundle_sequence_id::bigint
"""


def _write(con: duckdb.DuckDBPyConnection, file: Path, rows: str) -> None:
    target = str(file).replace("'", "''")
    if file.suffix == ".parquet":
        con.execute(f"copy (select {event_parquet()} {rows} order by event_us, row) to '{target}' (format parquet)")
        return
    lines = con.execute(f"select line {rows.replace('from event', 'from json_line')} order by event_us, row").fetchall()
    if lines:  # Of a day without an event BigQuery makes no table.
        text = "".join(f"{line}\n" for (line,) in lines).encode()
        file.write_bytes(gzip.compress(text, compresslevel=3, mtime=0))


def _add_bad_lines(folder: Path, span: WeekSpan) -> None:
    """Lines that do not parse, the same in two files, and events whose time is missing or none."""
    files = sorted(folder.glob("events_2*.json.gz"))
    noted = [
        f'{{"event_date": "{span.first_day:%Y%m%d}", "event_name": "odd_event", "event_timestamp": {moment}}}'
        for moment in ("null", '"not a time"')
    ]
    for file, lines in ((files[1], BAD_LINES), (files[3], (*BAD_LINES, *noted))):
        text = gzip.decompress(file.read_bytes()) + "".join(line + "\n" for line in lines).encode()
        file.write_bytes(gzip.compress(text, compresslevel=3, mtime=0))


def _name_events(con: duckdb.DuckDBPyConnection, people: Population) -> None:
    """Makes the table `event` of the drawn numbers: identifiers, words and page addresses."""
    places = [(place.ga4_country, place.ga4_region, place.city or "") for place in PLACES] + [("", "", "")]
    countries, regions, cities = zip(*places, strict=True)
    con.register(
        "place_names", pa.table({"place": range(len(places)), "country": countries, "region": regions, "city": cities})
    )
    con.register("devices", pa.table({"device": range(len(DEVICES)), "device_category": pa.array(DEVICES)}))
    owners = {"owner": range(len(people)), "user_id": people.user_id, "email": people.email, "name": people.last_name}
    con.register("owners", pa.table(owners))
    con.execute(sql_file("demonstration", "named_events"))
