"""The demonstration comes to the bytes that it came to before: a change of the house is no change of what is told."""

import json
import shutil
from pathlib import Path

import duckdb

from tests.end_to_end.runs import Ran
from tests.golden.digests import KEPT, digests


def kept() -> dict[str, str]:
    return json.loads(KEPT.read_text(encoding="utf-8"))


def differences(home: Path) -> list[str]:
    """The names of what is another, new or gone. Where that was meant: `python -m tests.golden HOME`."""
    found, before = digests(home), kept()
    return sorted(name for name in found.keys() | before.keys() if found.get(name) != before.get(name))


def test_cells_marts_and_releases_are_what_they_were(ran: Ran) -> None:
    assert len(kept()) > 100
    assert differences(ran.home) == []


def test_a_changed_cell_mart_and_release_are_found(ran: Ran, tmp_path: Path) -> None:
    home = tmp_path / "home"
    for part in ("cells", "marts", "releases"):
        shutil.copytree(ran.home / part, home / part)
    cell, release = next(home.glob("cells/usage_by_hour_week/*.parquet")), next(home.glob("releases/*/*/data.csv"))
    for path in (cell, release):
        path.write_bytes(path.read_bytes()[:-1] + b"?")
    with duckdb.connect(str(home / "marts" / "marts.duckdb")) as con:
        con.execute("comment on column usage_week.users is 'another'")
    assert differences(home) == sorted([
        cell.relative_to(home).as_posix(), release.relative_to(home).as_posix(), "marts/columns",
    ])  # fmt: skip
