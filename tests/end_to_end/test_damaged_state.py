"""`cmn run` over a home with damaged state: Airflow's own is made anew, ours is refused by name."""

import shutil
from pathlib import Path

import pytest

from tests.end_to_end.runs import as_installed, called, cells, told
from tests.end_to_end.small_drop import AS_OF, MONDAY, SUNDAY, write_small_drop


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    config = write_small_drop(tmp_path_factory.mktemp("finished") / "home-and-sources")
    told(as_installed(arguments(config)))
    return config


def arguments(config: Path) -> list[str]:
    return ["run", "--config", str(config), "--from", f"{MONDAY}", "--to", f"{SUNDAY}", "--as-of", AS_OF, "--json"]


@pytest.fixture
def config(finished: Path, tmp_path: Path) -> Path:
    shutil.copytree(finished.parent, tmp_path / "copy")
    return tmp_path / "copy" / finished.name


@pytest.mark.clause("home-rebuilt")
def test_airflows_own_metadata_are_made_anew(config: Path) -> None:
    """Cut by half; the marts deleted and a page of the portal emptied beside it: all is made from the rest."""
    home = config.parent / "home"
    before = cells(home)
    database = home / "restricted/airflow/airflow.db"
    database.write_bytes(database.read_bytes()[: database.stat().st_size // 2])
    (home / "marts/marts.duckdb").unlink()
    (home / "portal/index.html").write_bytes(b"")
    assert told(called(arguments(config)))["gate"] == {"app": {"passed": 60}}
    assert cells(home) == before
    assert (home / "marts/marts.duckdb").exists()
    assert b"<html" in (home / "portal/index.html").read_bytes()


@pytest.mark.clause("home-damage-is-named")
@pytest.mark.parametrize(
    "name", [f"restricted/keys/{MONDAY}.key", f"cells/weeks/app/{MONDAY}.json", "restricted/register.sqlite"]
)
def test_lost_state_ends_the_run_by_name(config: Path, name: str) -> None:
    home = config.parent / "home"
    records = {path: path.read_bytes() for path in (home / "restricted/records").rglob("*.parquet")}
    before = cells(home)
    (home / name).unlink()
    done = called(arguments(config))
    assert done.returncode == 1
    assert f"{name} is missing" in done.stderr
    assert "Traceback" not in done.stderr
    assert {path: path.read_bytes() for path in (home / "restricted/records").rglob("*.parquet")} == records
    assert cells(home) == before
