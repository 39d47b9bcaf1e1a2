"""A home with made-up record files, for tests of counting, freezing and marts. Expected values are plain Python."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from home.atomic_file import sha256_of
from home.register.register import Register
from home.run import Run
from home.settings.settings import load_settings
from home.state import replacing
from home.weeks.week_states import WEEK

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
AS_OF = datetime(2026, 11, 19, 6, tzinfo=UTC)

#: The week in which summer time ends: its Sunday, 25 October 2026, has the hour from 2 to 3 twice.
AUTUMN = date(2026, 10, 19)
NEXT = AUTUMN + WEEK

APP_SCHEMA = "person uuid, session uuid, started_at timestamptz, ended_at timestamptz, region_code varchar,\
 age_band varchar, platform varchar"
GA4_SCHEMA = "person uuid, gate_persons uuid[], session uuid, event_at timestamptz, file_date date,\
 region_code varchar, device_category varchar, is_engaged boolean, is_view boolean, engagement_us bigint"


@dataclass(frozen=True)
class Session:
    """One stored session of the app."""

    person: int
    started_at: datetime
    ended_at: datetime
    region_code: str
    age_band: str
    platform: str | None = None

    @property
    def duration_us(self) -> int:
        return (self.ended_at - self.started_at) // timedelta(microseconds=1)

    @property
    def week(self) -> date:
        day = self.started_at.astimezone(AMSTERDAM).date()
        return day - timedelta(days=day.weekday())


@dataclass(frozen=True)
class Event:
    """One stored row of the GA4 export."""

    person: int
    session: int | None
    event_at: datetime
    region_code: str
    device_category: str
    is_engaged: bool | None
    is_view: bool
    engagement_us: int | None

    @property
    def week(self) -> date:
        day = self.event_at.astimezone(AMSTERDAM).date()
        return day - timedelta(days=day.weekday())


def make_run(folder: Path, run_id: str = "run-1", k: int = 10) -> Run:
    """A run over an empty home with both sources configured."""
    (folder / "policy").mkdir(parents=True, exist_ok=True)
    (folder / "policy" / "anonymity.toml").write_text(f"k = {k}\ncount_step = {max(k, 10)}\n")
    config = folder / "cmn.toml"
    config.write_text(
        'home = "home"\n[app]\nfiles = "landing/app"\n[ga4.export]\nfiles = "landing/ga4"\n'
        'consent_basis = "consent_mode"\n[geo]\nmmdb = "city.mmdb"\n[policy]\ndirectory = "policy"\n'
    )
    run = Run(run_id, load_settings(config), AUTUMN, NEXT + WEEK, AS_OF)
    run.home.make()
    return run


def ingest(run: Run, source: str, weeks: Iterable[date]) -> None:
    """Says that all days of these weeks are ingested."""
    days = [monday + timedelta(days=day) for monday in weeks for day in range(7)]
    with Register(run.home) as register:
        register.cover_days(source, days, days)


def store_sessions(run: Run, sessions: Iterable[Session]) -> None:
    """Writes the record files of the app, one a week."""
    rows = [
        {
            "person": str(UUID(int=one.person)),
            "session": str(UUID(int=number)),
            "started_at": one.started_at,
            "ended_at": one.ended_at,
            "region_code": one.region_code,
            "age_band": one.age_band,
            "platform": one.platform,
            "week": one.week.isoformat(),
        }
        for number, one in enumerate(sessions)
    ]
    _store(run, "app", rows, APP_SCHEMA)


def store_events(run: Run, events: Iterable[Event]) -> None:
    """Writes the record files of the GA4 export, one a week."""
    rows = [
        {
            "person": str(UUID(int=one.person)),
            "gate_persons": [],
            "session": None if one.session is None else str(UUID(int=one.session)),
            "event_at": one.event_at,
            "file_date": one.event_at.date(),
            "region_code": one.region_code,
            "device_category": one.device_category,
            "is_engaged": one.is_engaged,
            "is_view": one.is_view,
            "engagement_us": one.engagement_us,
            "week": one.week.isoformat(),
        }
        for one in events
    ]
    _store(run, "ga4_export", rows, GA4_SCHEMA)


def _store(run: Run, source: str, rows: list[dict[str, object]], schema: str) -> None:
    folder = run.home.records / source
    folder.mkdir(exist_ok=True)
    with Register(run.home):
        pass  # made while the home is empty; what is stored below is then known as ingestion would have made it known
    columns = ", ".join(
        f"cast({name} as {kind}) as {name}" for name, kind in (pair.strip().split() for pair in schema.split(","))
    )
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        con.register("given", pa.Table.from_pylist(rows))
        for week in sorted({str(row["week"]) for row in rows}):
            con.execute(
                f"copy (select {columns} from given where week = '{week}' order by person)"
                f" to '{folder / (week + '.parquet')}' (format parquet)"
            )
    stored = {folder / f"{row['week']}.parquet" for row in rows}
    with replacing(run.home, {path: sha256_of(path) for path in stored}):
        pass


def local(week: date, day: int, hour: int, minute: int = 0, *, second: int = 0, fold: int = 0) -> datetime:
    """A local time of a week, `day` 0 for Monday; `fold` 1 for the second of an hour that is there twice."""
    naive = datetime.combine(week + timedelta(days=day), datetime.min.time())
    return naive.replace(hour=hour, minute=minute, second=second, tzinfo=AMSTERDAM, fold=fold).astimezone(UTC)


def population(seed: int, weeks: Iterable[date], persons: int = 400) -> list[Session]:
    """Random sessions with many ties: whole minutes, few regions, persons who move and have birthdays."""
    rng = random.Random(seed)  # noqa: S311  # repeatable on purpose
    regions = ["NL-NH", "NL-NH", "NL-NH", "NL-ZH", "NL-ZH", "NL-UT", "NL-GR", "NL-?", "BE-VAN", "DE-NW", "??"]
    bands = ["0-15", "16-17", "18-24", "18-24", "25-34", "25-34", "35-44", "45-54", "55-64", "65+"]
    sessions = []
    for week in weeks:
        for person in range(1, persons + 1):
            home, band = rng.choice(regions), rng.choice(bands)
            for _ in range(rng.choice([1, 1, 2, 3, 8])):
                start = local(
                    week, rng.randrange(7), rng.choice([0, 2, 2, 7, 8, 12, 18, 20, 22, 23]), rng.randrange(60)
                )
                start += timedelta(hours=rng.choice([0, 0, 0, 1]))  # over 3 o'clock, and over midnight
                length = timedelta(seconds=rng.choice([0, 30, 59, 60, 120, 299, 300, 900, 1800, 3599, 3600, 7200]))
                region = home if rng.random() < 0.8 else rng.choice(regions)
                at = band if rng.random() < 0.9 else rng.choice(bands)
                session = Session(person + 1000 * week.day, start, start + length, region, at)
                if session.week in (AUTUMN, NEXT):
                    sessions.append(session)
    return sessions


def browsing(seed: int, weeks: Iterable[date], persons: int = 300) -> list[Event]:
    """Random GA4 rows, sessions over Monday midnight and rows without a session id among them."""
    rng = random.Random(seed)  # noqa: S311  # repeatable on purpose
    events = []
    for week in weeks:
        for person in range(1, persons + 1):
            places = [(rng.choice(["NL-NH", "NL-ZH", "BE-?", "??"]), rng.choice(["desktop", "mobile", "tablet"]))]
            places.append((rng.choice(["NL-NH", "NL-ZH"]), rng.choice(["desktop", "mobile"])))
            for number in range(rng.choice([1, 2, 4, 6])):
                region, device = rng.choice(places)
                event = Event(
                    person + 1000 * week.day,
                    rng.choice([None, person * 10, person * 10 + 1, person * 10 + number]),
                    local(week, rng.randrange(7), rng.randrange(24), rng.randrange(60)),
                    region,
                    device,
                    rng.choice([None, False, True]),
                    rng.random() < 0.5,
                    rng.choice([None, 0, 1_500_000, 90_000_000]),
                )
                if event.week in (AUTUMN, NEXT):
                    events.append(event)
    return events
