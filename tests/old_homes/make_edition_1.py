"""Makes `edition-1.tar.xz`: a home as the software wrote it that had the rules of edition 1. See README.md.

It is run by that software, so it uses nothing of this project but what commit 1e5021c has.
"""

import csv
import gzip
import json
import lzma
import random
import subprocess
import sys
import tarfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from demonstration.city_database import write_city_database

#: 2026-W38 and 2026-W39, the last two weeks of 2026-Q3, freeze; 2026-W40 is delivered after the run, for a later one.
WEEKS = [date(2026, 9, 14), date(2026, 9, 21)]
LATER = date(2026, 9, 28)
AS_OF = "2026-10-02T06:00:00+00:00"
DATASETS = ("usage_by_region_age", "usage_by_hour", "session_length_by_age", "ga4_engagement")
PEOPLE, BROWSERS = 240, 110

#: Numbers of networks in the demonstration's city database, and regions as GA4 writes them.
NETWORKS = [1] * 4 + [0] * 3 + [4, 4, 8, 12, 14, 17]
PLACES = [("Netherlands", "North Holland")] * 3 + [("Netherlands", "South Holland")] * 2 + [("Belgium", "Brussels")]
BIRTHS = [
    "2009-03-01", "2005-05-17", "2004-08-09", "1998-02-11", "1995-12-30", "1985-06-06", "1968-01-20", "1950-10-10",
]  # fmt: skip

CONFIG = """\
home = "home"
[app]
files = "landing/app"
[ga4.export]
files = "landing/ga4"
consent_basis = "consent_mode"
[geo]
mmdb = "city.mmdb"
[policy]
directory = "policy"
"""
APPROVAL = """\
[[approval]]
dataset = "{dataset}"
reviewer = "Privacy reviewer of the foundation"
approved_on = 2026-09-01
reference = "minutes of the board, item 3"
"""


def write_people(folder: Path, draw: random.Random) -> None:
    """People and their consents."""
    births = [draw.choice(BIRTHS) for _ in range(PEOPLE)]
    write_csv(
        folder / "users.csv",
        ("user_id", "country", "birth_date", "registered_at", "closed_at"),
        [(f"user-{number:03}", "NL", birth, "2026-01-01T09:00:00Z", "") for number, birth in enumerate(births)],
    )
    write_csv(
        folder / "consents.csv",
        ("user_id", "purpose", "granted", "policy_version", "recorded_at"),
        [
            (f"user-{number:03}", purpose, "true", "2024-02-19", "2026-01-01T09:00:00Z")
            for number in range(PEOPLE)
            for purpose in ("analytics", "parental")
        ],
    )


def write_sessions(folder: Path, week: date, draw: random.Random) -> None:
    """Nine in ten come in a week; most of them once, some two or three times."""
    sessions = []
    for number in range(PEOPLE):
        network = NETWORKS[number * 7 % len(NETWORKS)]
        for _ in range(draw.choice([1, 1, 1, 2, 3]) if draw.random() < 0.9 else 0):
            day = datetime.combine(week + timedelta(days=draw.randrange(7)), datetime.min.time(), UTC)
            start = day + timedelta(hours=draw.choice([6, 10, 16, 18, 20]), minutes=draw.randrange(60))
            end = start + timedelta(seconds=draw.choice([20, 59, 90, 299, 700, 1500, 4000]))
            name, address = f"{week:%m%d}-{len(sessions)}", f"77.{network}.{draw.randrange(240)}.7"
            sessions.append((name, f"user-{number:03}", start.isoformat(), end.isoformat(), address, "ios"))
    columns = ("session_id", "user_id", "started_at", "ended_at", "ip_address", "platform")
    write_csv(folder / "sessions" / f"{week}.csv", columns, sessions)


def write_events(folder: Path, week: date, draw: random.Random) -> None:
    """Browsers with one to three sessions a week, of a few events each."""
    days: dict[date, list[str]] = {week + timedelta(days=day): [] for day in range(7)}
    for browser in range(BROWSERS):
        (country, region), device = draw.choice(PLACES), draw.choice(["desktop", "mobile", "mobile"])
        for _ in range(draw.choice([1, 1, 2, 3])):
            day = week + timedelta(days=draw.randrange(7))
            start = datetime.combine(day, datetime.min.time(), UTC) + timedelta(minutes=draw.randrange(400, 1200))
            is_engaged = draw.random() < 0.5
            for number in range(draw.choice([1, 2, 4])):
                days[day].append(json.dumps(event(browser, start, number, country, region, device, is_engaged)))
    for day, lines in days.items():
        text = "".join(line + "\n" for line in lines).encode()
        (folder / f"events_{day:%Y%m%d}.json.gz").write_bytes(gzip.compress(text, mtime=0))


def event(  # noqa: PLR0917
    browser: int, start: datetime, number: int, country: str, region: str, device: str, is_engaged: bool
) -> dict[str, object]:
    """One row of the BigQuery export, with what is read of it."""
    parameters = [
        {"key": "ga_session_id", "value": {"int_value": str(int(start.timestamp()))}},
        {"key": "session_engaged", "value": {"string_value": "1" if is_engaged else "0"}},
        {"key": "engagement_time_msec", "value": {"int_value": str(1500 * number)}},
    ]
    return {
        "event_date": f"{start:%Y%m%d}",
        "event_timestamp": str(int((start + timedelta(minutes=number)).timestamp()) * 1_000_000),
        "event_name": "user_engagement" if number % 2 else "page_view",
        "event_params": parameters,
        "user_pseudo_id": f"{1000 + browser}.{1600000000 + browser}",
        "privacy_info": {"analytics_storage": "Yes"},
        "device": {"category": device},
        "geo": {"country": country, "region": region},
        "stream_id": "1234567890",
        "platform": "WEB",
    }


def write_csv(file: Path, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """A CSV file with a header."""
    with file.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.writer(opened)
        writer.writerow(columns)
        writer.writerows(rows)


def make_home(folder: Path) -> None:
    """Sources, config and approvals; then one run of `cmn`, which freezes two weeks and releases them."""
    draw = random.Random(11)  # noqa: S311  # repeatable on purpose
    app, ga4 = folder / "landing" / "app", folder / "landing" / "ga4"
    for made in (app / "sessions", ga4, folder / "policy"):
        made.mkdir(parents=True)
    write_people(app, draw)
    for week in WEEKS:
        write_sessions(app, week, draw)
        write_events(ga4, week, draw)
    write_city_database(folder / "city.mmdb")
    (folder / "cmn.toml").write_text(CONFIG)
    (folder / "policy" / "releases.toml").write_text("".join(APPROVAL.format(dataset=one) for one in DATASETS))
    run = ["run", "--config", str(folder / "cmn.toml"), "--from", f"{WEEKS[0]}", "--to", "2026-09-27", "--as-of", AS_OF]
    subprocess.run([sys.executable, "-m", "command.main", *run], check=True)
    write_sessions(app, LATER, draw)
    write_events(ga4, LATER, draw)


def pack(folder: Path, archive: Path) -> None:
    """What the later software reads. Left out is what every run makes anew: reports, portal, Airflow's own home."""
    made_anew = [folder / "home" / name for name in ("reports", "portal", "restricted/airflow", "restricted/work")]

    def kept(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
        if any((folder / entry.name).is_relative_to(path) for path in made_anew):
            return None
        entry.uid = entry.gid = entry.mtime = 0
        entry.uname = entry.gname = ""
        return entry

    with (
        lzma.open(archive, "wb", preset=9 | lzma.PRESET_EXTREME) as packed,
        tarfile.open(fileobj=packed, mode="w") as tar,
    ):
        for path in sorted(folder.rglob("*")):
            tar.add(path, str(path.relative_to(folder)), recursive=False, filter=kept)


if __name__ == "__main__":
    into, packed_as = Path(sys.argv[1]), Path(sys.argv[2])
    into.mkdir(parents=True)
    make_home(into)
    pack(into, packed_as)
