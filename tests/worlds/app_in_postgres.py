"""Puts the app's delivered files into a PostgreSQL database, row for row, as an app would hold them."""

from pathlib import Path
from typing import Any

import psycopg

from tests.second_opinion.delivered import Unreadable, read
from tests.second_opinion.people import day

#: No table has a key: a database of deliveries repeats rows as files do.
TABLES = {
    "users": {
        "user_id": "text", "first_name": "text", "last_name": "text", "email": "text", "country": "text",
        "birth_date": "date", "registered_at": "timestamptz", "closed_at": "timestamptz",
    },
    "consents": {
        "user_id": "text", "purpose": "text", "granted": "boolean", "policy_version": "text",
        "recorded_at": "timestamptz",
    },
    "sessions": {
        "session_id": "text", "user_id": "text", "started_at": "timestamptz", "ended_at": "timestamptz",
        "ip_address": "text", "platform": "text",
    },
}  # fmt: skip


def load_into_postgres(url: str, app: Path) -> None:
    """Makes the three tables and fills them; what no date can be is null there, as it would be in an app."""
    files = {
        "users": sorted(app.glob("users.*")),
        "consents": sorted(app.glob("consents.*")),
        "sessions": sorted((app / "sessions").iterdir()),
    }
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        for table, columns in TABLES.items():
            kinds = ", ".join(f"{name} {kind}" for name, kind in columns.items())
            cursor.execute(f"create table {table} ({kinds})")
            with cursor.copy(f"copy {table} ({', '.join(columns)}) from stdin") as copy:
                for file in files[table]:
                    for row in read(file):
                        if isinstance(row, Unreadable):
                            raise AssertionError("no table can hold a line that does not parse")
                        copy.write_row([_typed(row.get(name), kind) for name, kind in columns.items()])


def _typed(value: Any, kind: str) -> Any:
    return day(value) if kind == "date" else value
