"""`dbt source freshness` over files that a run would name: how old the newest record and the newest frozen week are."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dbt_project import dbt_command
from home.layout import Home


def written(folder: Path, column: str, days: int) -> str:
    """A file whose newest row is so many days old, and the one before it a week older."""
    newest = datetime.now(UTC) - timedelta(days=days)
    times = [newest - timedelta(days=7), newest]
    path = folder / f"{column}-{days}.parquet"
    pq.write_table(pa.table({column: [time.date() for time in times] if column == "week_start" else times}), path)
    return str(path)


# A week's records are counted 3 days after its Sunday; its cells are the newest for 17 days of its Monday.
@pytest.mark.parametrize(
    ("days", "app", "cells"), [(3, "pass", "pass"), (6, "warn", "pass"), (20, "error", "warn"), (26, "error", "error")]
)
def test_freshness(tmp_path: Path, days: int, app: str, cells: str) -> None:
    files = {
        "records": {
            "app": [written(tmp_path, "started_at", days)],
            "ga4_export": [written(tmp_path, "event_at", days)],
        },
        "frozen_cells": {"usage_week": [written(tmp_path, "week_start", days)]},
    }
    told = freshness(tmp_path, files)
    assert (told["app"], told["ga4_export"], told["usage_week"]) == (app, app, cells)


def freshness(folder: Path, files: dict[str, Any]) -> dict[str, str]:
    home = Home(folder / "home")
    home.make()
    place = dbt_command.DbtPlace(home, home.warehouse, home.work / home.marts.name)
    result = dbt_command.invoke(place, "marts", ["source", "freshness", "--vars", json.dumps({"files": files})])
    return {one.node.name: str(one.status) for one in result.result.results}
