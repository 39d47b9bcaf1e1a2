"""`cmn doctor` names a file below restricted/ that no list knows: a copy of records would outlive every key."""

from pathlib import Path

import pytest

from command.main import main
from tests.worlds.release_home import make_frozen_home

STRAYS = ["records/app/copy.csv", "records/old/2026-09-14.parquet", "people.duckdb", "quarantine/notes.txt"]


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_frozen_home(tmp_path_factory.mktemp("home")).settings.file


def said(config: Path, capsys: pytest.CaptureFixture[str]) -> str:
    main(["doctor", "--config", str(config)])
    return next(line for line in capsys.readouterr().out.splitlines() if "restricted files are those of a run" in line)


def test_a_home_after_a_run_holds_nothing_else(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(config, capsys).startswith("ok ")


@pytest.mark.parametrize("stray", STRAYS)
def test_a_stray_file_is_named(config: Path, capsys: pytest.CaptureFixture[str], stray: str) -> None:
    path = config.parent / "home" / "restricted" / stray
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"")
    try:
        told = said(config, capsys)
    finally:
        path.unlink()
    assert told.startswith("mend ")
    assert str(path) in told
