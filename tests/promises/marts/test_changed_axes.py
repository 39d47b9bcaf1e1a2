"""Stretches that people decide on anew: later weeks have the new ones, and weeks that are frozen keep theirs."""

import json
from datetime import date
from pathlib import Path

import duckdb
import pytest

from freezing.counting import count_leaf_cells
from freezing.freezing import freeze_weeks
from home.run import Run
from marts.marts import build_marts, check_marts, publish_marts
from refusals.errors import MartsRefused
from releases.due.release_step import publish_weeks
from tests.worlds.record_files import AUTUMN, NEXT, ingest, make_run, population, store_sessions
from tests.worlds.release_home import APPROVAL

NEW = """
[length]
bounds = [0, 10]
earlier = [1, 5, 15, 30, 60]

[frequency]
bounds = [1, 3]
earlier = {frequency}

[platform]
words = ["web", "other", "unknown"]
earlier = {platform}
"""


def frozen(folder: Path, run_id: str, axes: str, week: object) -> Run:
    (folder / "policy").mkdir(parents=True, exist_ok=True)
    (folder / "policy" / "axes.toml").write_text(axes)
    run = make_run(folder, run_id)
    ingest(run, "app", [week])
    for step in (count_leaf_cells, freeze_weeks, build_marts):
        step(run)
    return run


def bands_of_release(run: Run, monday: date) -> tuple[list[int], list[int]]:
    """What a release of the week says its bands may begin and end at."""
    year, week, _ = monday.isocalendar()
    package = run.home.releases / "session_length_by_age" / f"{year}-W{week:02}-v1" / "datapackage.json"
    resource = next(one for one in json.loads(package.read_text())["resources"] if one["format"] == "csv")
    enums = {field["name"]: field["constraints"].get("enum") for field in resource["schema"]["fields"]}
    return enums["minutes_from"], enums["minutes_to"]


def test_a_frozen_week_keeps_its_stretches_as_long_as_the_policy_knows_them(tmp_path: Path) -> None:
    (tmp_path / "policy").mkdir()
    (tmp_path / "policy" / "releases.toml").write_text(APPROVAL.format(dataset="session_length_by_age"))
    people = [*population(7, [AUTUMN, NEXT], 300)]
    store_sessions(make_run(tmp_path), people)
    run = frozen(tmp_path, "run-1", "", AUTUMN)
    check_marts(run)
    publish_marts(run)
    run = frozen(tmp_path, "run-2", NEW.format(frequency=[], platform=[]), NEXT)
    with pytest.raises(MartsRefused, match=r"usage_by_frequency_week\.sessions_from\.begins_a_known_band"):
        check_marts(run)
    (tmp_path / "policy" / "axes.toml").write_text(NEW.format(frequency=[2, 4, 7, 14], platform=["android", "ios"]))
    run = make_run(tmp_path, "run-3")
    for step in (build_marts, check_marts, publish_marts):
        step(run)
    publish_weeks(run)
    for monday in (AUTUMN, NEXT):
        assert bands_of_release(run, monday) == ([0, 1, 5, 10, 15, 30, 60], [0, 4, 9, 14, 29, 59])
    with duckdb.connect(str(run.home.marts), read_only=True) as con:
        told = con.execute("select week_start, sessions_from from usage_by_frequency_week").fetchall()
    assert {first for week, first in told if week == AUTUMN} > {1, 2}
    assert {first for week, first in told if week == NEXT} == {1, 3}
