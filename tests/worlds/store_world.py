"""A small home for tests of what is stored: sources written by hand, and the real ingest steps run over them."""

import csv
import gzip
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from home.register.register import Register
from home.run import Run
from ingestion.app.batch import ingest_app
from ingestion.ga4.batch import ingest_ga4_export

VERSION = "2024-02-19"
USER_COLUMNS = ("user_id", "first_name", "email", "country", "birth_date", "registered_at", "closed_at")
CONSENT_COLUMNS = ("user_id", "purpose", "granted", "policy_version", "recorded_at")
SESSION_COLUMNS = ("session_id", "user_id", "started_at", "ended_at", "ip_address", "platform")

CONFIG = """
home = "."
[app]
files = "landing/app"
[ga4.export]
files = "landing/ga4"
consent_basis = "consent_mode"
[geo]
mmdb = "landing/geo/city.mmdb"
"""


class World:
    """One home. Each method that writes replaces what it wrote before."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for folder in ("landing/app/sessions", "landing/ga4", "landing/geo"):
            (root / folder).mkdir(parents=True)
        (root / "cmn.toml").write_text(CONFIG)
        writer = MMDBWriter(6, "Places-City", ipv4_compatible=True)
        place = {"country": {"iso_code": "NL"}, "subdivisions": [{"iso_code": "GE"}]}
        writer.insert_network(IPSet(["10.0.0.0/8"]), place)
        writer.to_db_file(str(root / "landing/geo/city.mmdb"))
        self.users("anna", "bert")
        self.consents(("anna", True, "2026-01-01T00:00:00Z"), ("bert", True, "2026-01-01T00:00:00Z"))

    def users(self, *ids: str, **closed_at: str) -> None:
        rows = [(i, "Voornaam", f"{i}@example.org", "BE", "1990-05-17", "", closed_at.get(i, "")) for i in ids]
        self._csv("users.csv", USER_COLUMNS, rows)

    def births(self, **births: str) -> None:
        rows = [(i, "Voornaam", f"{i}@example.org", "BE", born, "", "") for i, born in births.items()]
        self._csv("users.csv", USER_COLUMNS, rows)

    def consents(self, *entries: tuple[str, bool, str]) -> None:
        rows = [(who, "analytics", str(granted).lower(), VERSION, when) for who, granted, when in entries]
        self._csv("consents.csv", CONSENT_COLUMNS, rows)

    def sessions(self, *rows: tuple[str, str, str, str], file: str = "sessions/1.csv") -> None:
        """Rows of (session id, user id, start, end)."""
        self._csv(file, SESSION_COLUMNS, [(*row, "10.1.2.3", "ios") for row in rows])

    def refused_sessions(self) -> None:
        """A delivery that is not what its name says."""
        (self.root / "landing/app/sessions/page.csv").write_text("<!DOCTYPE html><html></html>")

    def no_sessions(self) -> None:
        for file in (self.root / "landing/app/sessions").iterdir():
            file.unlink()

    def events(self, day: str, *events: tuple[str, str | None, str], name: str = "events_{}.json.gz") -> None:
        """One day file; events of (pseudo id, user id, instant)."""
        path = self.root / "landing/ga4" / name.format(day.replace("-", ""))
        with gzip.open(path, "wt", encoding="utf-8") as file:
            for pseudo, user, moment in events:
                file.write(json.dumps(_event(pseudo, user, moment)) + "\n")

    def run(self, first: str, last: str, as_of: str, ingest: Iterable[str] = ("app",)) -> dict[str, Any]:
        """Ingests, and returns the run's counts."""
        conf = {"config": str(self.root / "cmn.toml"), "from": first, "to": last, "as_of": as_of}
        run = Run.from_conf(conf)
        run.home.make()
        self.last = run
        for source in ingest:
            (ingest_app if source == "app" else ingest_ga4_export)(run)
        with Register(run.home) as register:
            return dict(register.run(run.run_id)["counts"])

    def stored(self, source: str = "app") -> list[dict[str, Any]]:
        """Every stored record, week by week."""
        files = sorted((self.root / "restricted/records" / source).glob("*.parquet"))
        return [row for file in files for row in pq.read_table(file).to_pylist()]

    def starts(self) -> list[str]:
        """The starts of all stored sessions, in order."""
        return sorted(f"{row['started_at'].astimezone(UTC):%m-%dT%H:%M}" for row in self.stored())

    def _csv(self, name: str, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
        with (self.root / "landing/app" / name).open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([columns, *rows])


def _event(pseudo: str, user: str | None, moment: str) -> dict[str, Any]:
    instant = datetime.fromisoformat(moment)
    return {
        "event_date": f"{instant:%Y%m%d}",
        "event_timestamp": str(int(instant.timestamp() * 1_000_000)),
        "event_name": "page_view",
        "event_params": [{"key": "ga_session_id", "value": {"int_value": "7"}}],
        "user_id": user,
        "user_pseudo_id": pseudo,
        "privacy_info": {"analytics_storage": "Yes"},
        "geo": {"country": "Netherlands", "region": "Gelderland"},
        "device": {"category": "mobile"},
        "stream_id": "1",
    }
