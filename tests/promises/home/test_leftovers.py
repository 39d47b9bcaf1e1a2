"""What a killed run wrote aside under a name of its own is gone once the next one has the lock; nothing else is."""

import multiprocessing
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from home.layout import Home
from home.lock import held
from refusals.errors import AnotherRunHoldsTheLock

RUN = "20260312T120000Z-0a1b2c3d"
LEFT = (
    f"restricted/quarantine/20260312T120000.000000Z.{RUN}.app.parquet.new",
    "restricted/keys/2026-03-02.key.new",
    f"reports/runs/{RUN}.json.new",
    "reports/data-quality/door-in.json.new",
    "restricted/work/spill/duckdb_temp_storage-0.tmp",
)
KEPT = (
    f"restricted/quarantine/20260312T120000.000000Z.{RUN}.app.parquet",
    "restricted/keys/2026-03-02.key",
    f"reports/runs/{RUN}.json",
    "restricted/work/marts.duckdb",
    "landing/sessions/march.csv.new",
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.make()
    for name in LEFT + KEPT:
        (made.root / name).parent.mkdir(parents=True, exist_ok=True)
        (made.root / name).write_bytes(b"x")
    return made


def there(home: Home) -> set[str]:
    return {name for name in LEFT + KEPT if (home.root / name).exists()}


def test_the_next_one_that_takes_the_lock_removes_them(home: Home) -> None:
    with held(home):
        assert there(home) == set(KEPT)


def hold(root: Path, pipe: Connection) -> None:
    home = Home(root)
    with held(home):
        for name in LEFT:
            (home.root / name).parent.mkdir(parents=True, exist_ok=True)
            (home.root / name).write_bytes(b"x")
        pipe.send("held")
        pipe.recv()


def test_whoever_is_refused_the_lock_removes_nothing(home: Home) -> None:
    """They are then what a run under way is writing."""
    ours, theirs = multiprocessing.Pipe()
    other = multiprocessing.get_context("spawn").Process(target=hold, args=(home.root, theirs))
    other.start()
    ours.recv()
    with pytest.raises(AnotherRunHoldsTheLock), held(home):
        pass
    assert there(home) == set(LEFT + KEPT)
    ours.send("go")
    other.join()
