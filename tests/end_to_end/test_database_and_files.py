"""The same sources from files and from a PostgreSQL database give the same counts, marts and frozen bytes."""

from datetime import date
from pathlib import Path

import pytest

from demonstration import WeekSpan, make_sources, write_config
from tests.end_to_end.runs import called, cells, content, run_arguments, told
from tests.services.postgres import postgres_database  # noqa: F401 - a fixture
from tests.worlds.app_in_postgres import load_into_postgres


def made(home: Path) -> tuple[Path, WeekSpan]:
    span = make_sources(home / "landing", persons=400, weeks=1, first_day=date(2026, 10, 19), fit_for_a_database=True)
    return write_config(home), span


@pytest.mark.clause("database-values")
def test_a_database_gives_what_files_give(tmp_path: Path, postgres_database: str) -> None:  # noqa: F811
    from_files, span = made(tmp_path / "files")
    load_into_postgres(postgres_database, tmp_path / "files" / "landing" / "app")
    made(tmp_path / "database")
    from_database = write_config(tmp_path / "database", database=postgres_database)
    files, database = (
        told(called(run_arguments(config, span.first_day, span.last_day, span)))
        for config in (from_files, from_database)
    )
    for counts in ("gate", "quarantine", "still_open", "weeks"):
        assert files[counts] == database[counts]
    marts = [content(tmp_path / name / "marts" / "marts.duckdb") for name in ("files", "database")]
    assert marts[0] == marts[1]
    assert cells(tmp_path / "files") == cells(tmp_path / "database")
