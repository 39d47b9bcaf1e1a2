"""The quarantine holds what is needed to mend a source, and no value."""

import hashlib
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from home.duck import open_duckdb
from home.layout import Home
from home.lock import held
from ingestion.store.quarantine import expire_quarantine, make_bad_records, quarantine_counts, store_quarantine
from refusals.errors import UsageError
from tests.worlds.app_deliveries import CONSENT, SESSION, USER, deliver, read_all

AS_OF = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
KEY = b"k" * 32


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.make()
    return home


def store(
    home: Home, rows: list[tuple[str, str, str, int | None, str]], run_id: str = "run-1", key: bytes = KEY
) -> list[Path]:
    with held(home), open_duckdb(home) as con:
        make_bad_records(con)
        if rows:
            con.executemany("insert into bad_records values (?, ?, ?, ?, ?)", rows)
        store_quarantine(con, home, run_id, AS_OF, key)
    return sorted(home.quarantine.iterdir())


ROWS = [
    ("app", "bad_ip", "sessions/a.csv", 1, "identity 1"),
    ("app", "bad_ip", "sessions/b.csv", 9, "identity 1"),
    ("app", "missing_field", "sessions/a.csv", 2, "identity 2"),
    ("app_users", "missing_field", "users", None, "identity 3"),
]


@pytest.mark.clause("quarantine")
def test_what_is_stored(home: Home) -> None:
    (file,) = store(home, ROWS)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    expected = [
        {
            "source": source, "reason": reason, "file": name, "position": position,
            "digest": hashlib.sha256(KEY + identity.encode()).hexdigest()[:32], "recorded_at": AS_OF,
        }
        for source, reason, name, position, identity in ROWS
    ]  # fmt: skip
    assert pq.read_table(file).to_pylist() == expected


def test_the_digest_is_of_no_use_without_the_key(home: Home) -> None:
    (one,) = store(home, ROWS)
    digests = set(pq.read_table(one).column("digest").to_pylist())
    (two,) = store(home, ROWS, key=b"another key")
    assert digests.isdisjoint(pq.read_table(two).column("digest").to_pylist())


def test_a_repeated_run_replaces_its_file_and_a_clean_one_leaves_none(home: Home) -> None:
    assert store(home, []) == []
    assert len(store(home, ROWS)) == 1
    assert len(store(home, ROWS)) == 1
    assert len(store(home, ROWS, run_id="run-2")) == 2


def test_a_run_id_that_is_no_name_is_refused(home: Home) -> None:
    with pytest.raises(UsageError):
        store(home, ROWS, run_id="../elsewhere")


def test_counts_are_of_distinct_records(home: Home) -> None:
    with open_duckdb(home) as con:
        make_bad_records(con)
        make_bad_records(con)
        con.executemany("insert into bad_records values (?, ?, ?, ?, ?)", ROWS)
        assert quarantine_counts(con) == {"app": {"bad_ip": 1, "missing_field": 1}, "app_users": {"missing_field": 1}}


@pytest.mark.clause("quarantine")
def test_kept_for_14_days(home: Home) -> None:
    store(home, ROWS)
    (home.quarantine / "a reader's own note").touch()
    assert expire_quarantine(home, AS_OF + timedelta(days=14, microseconds=-1), days=14) == 0
    assert expire_quarantine(home, AS_OF + timedelta(days=14), days=14) == 1
    assert [file.name for file in home.quarantine.iterdir()] == ["a reader's own note"]


@pytest.mark.clause("quarantine")
def test_no_value_of_a_bad_record_is_on_disk(tmp_path: Path) -> None:
    canary = "canary-7c1f"
    deliver(
        tmp_path,
        sessions=[
            {**SESSION, "session_id": canary, "user_id": None},
            {**SESSION, "ip_address": canary},
            {**SESSION, "started_at": canary},
        ],
        users=[USER, {**USER, "user_id": canary, "closed_at": canary}],
        consents=[{**CONSENT, "user_id": canary, "purpose": canary}],
    )
    con = read_all(tmp_path)
    assert quarantine_counts(con) == {
        "app": {"bad_ip": 1, "bad_timestamp": 1, "missing_field": 1},
        "app_consents": {"bad_value": 1},
        "app_users": {"bad_timestamp": 1},
    }
    home = Home(tmp_path)
    with held(home):
        store_quarantine(con, home, "run-1", AS_OF, KEY)
    (file,) = (tmp_path / "restricted" / "quarantine").iterdir()
    assert canary not in str(pq.read_table(file).to_pylist())
    restricted = [file.read_bytes() for file in (tmp_path / "restricted").rglob("*") if file.is_file()]
    assert restricted
    assert all(canary.encode() not in data for data in restricted)
