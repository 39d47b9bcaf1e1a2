"""Deliveries of the app for tests: rows of plain text, written in any format, and read back as judged tables."""

import csv
import gzip
import io
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from home.duck import open_duckdb
from home.settings.settings import Settings, load_settings
from ingestion.app.source import read_app_people, read_app_sessions

Row = Mapping[str, str | None]

AS_OF = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
USER_COLUMNS = ("user_id", "country", "birth_date", "registered_at", "closed_at")
CONSENT_COLUMNS = ("user_id", "purpose", "granted", "policy_version", "recorded_at")
SESSION_COLUMNS = ("session_id", "user_id", "started_at", "ended_at", "ip_address", "platform")

USER: Row = {
    "user_id": "u1",
    "country": "NL",
    "birth_date": "1990-05-17",
    "registered_at": "2025-01-01T00:00:00Z",
    "closed_at": None,
}
CONSENT: Row = {
    "user_id": "u1",
    "purpose": "analytics",
    "granted": "true",
    "policy_version": "2024-02-19",
    "recorded_at": "2025-01-01T00:00:00Z",
}
SESSION: Row = {
    "session_id": "s1",
    "user_id": "u1",
    "started_at": "2026-10-20T10:00:00+02:00",
    "ended_at": "2026-10-20T10:30:00+02:00",
    "ip_address": "192.0.2.7",
    "platform": "ios",
}
FORMATS = ("csv", "jsonl", "parquet", "csv.gz", "jsonl.gz", "parquet.gz")


def content(form: str, rows: Sequence[Row], columns: Sequence[str]) -> bytes:
    """The rows as a file of that format, every value as text."""
    plain = form.removesuffix(".gz")
    if plain == "csv":
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(columns)
        writer.writerows([row[column] or "" for column in columns] for row in rows)
        data = text.getvalue().encode()
    elif plain == "jsonl":
        lines = [json.dumps({column: row[column] for column in columns}) for row in rows]
        data = ("\n".join(lines) + "\n").encode()  # a file without a byte is no delivery
    else:
        buffer = io.BytesIO()
        pq.write_table(pa.table({c: pa.array([row[c] for row in rows], pa.string()) for c in columns}), buffer)
        data = buffer.getvalue()
    return gzip.compress(data) if form.endswith(".gz") else data


def app_folder(home: Path) -> Path:
    folder = home / "landing" / "app"
    (folder / "sessions").mkdir(parents=True, exist_ok=True)
    return folder


def deliver(
    home: Path,
    sessions: Sequence[Row] = (),
    users: Sequence[Row] = (USER,),
    consents: Sequence[Row] = (CONSENT,),
    form: str = "csv",
) -> Path:
    """Writes one file of each kind; returns the drop folder."""
    folder = app_folder(home)
    (folder / f"users.{form}").write_bytes(content(form, users, USER_COLUMNS))
    (folder / f"consents.{form}").write_bytes(content(form, consents, CONSENT_COLUMNS))
    (folder / "sessions" / f"day.{form}").write_bytes(content(form, sessions, SESSION_COLUMNS))
    return folder


def settings_for(home: Path, app: str = 'files = "landing/app"') -> Settings:
    """Settings with `app` as the lines of their [app] section; the home is made."""
    home.mkdir(exist_ok=True)
    config = home / "cmn.toml"
    config.write_text(f'home = "."\n[app]\n{app}\n[geo]\nmmdb = "city.mmdb"\n')
    settings = load_settings(config)
    settings.home.make()
    return settings


def read_all(home: Path, app: str = 'files = "landing/app"', as_of: datetime = AS_OF) -> duckdb.DuckDBPyConnection:
    """A connection with the app's judged tables."""
    settings = settings_for(home, app)
    con = open_duckdb(settings.home)
    read_app_people(con, settings)
    read_app_sessions(con, settings, as_of)
    return con


def rows_of(con: duckdb.DuckDBPyConnection, query: str) -> list[tuple[object, ...]]:
    return con.execute(query).fetchall()


def limited(home: Path, **changed: int) -> str:
    """The [app] section of a home whose policy changes these limits."""
    (home / "policy").mkdir(parents=True, exist_ok=True)
    (home / "policy" / "limits.toml").write_text("".join(f"{name} = {value}\n" for name, value in changed.items()))
    return 'files = "landing/app"\n[policy]\ndirectory = "policy"'
