"""dbt's own unit tests of the counting models: small tables with rows worked out by hand, run once for real."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from dbt_project import dbt_command
from home.layout import Home

INTERMEDIATE = "models/intermediate"
#: One change in each model, and the unit test that must see it.
FAULTS = {
    "local_clock_and_week_of_a_session": ("int_app__sessions_localised", "interval '5' day", "interval '6' day"),
    "home_region_and_age_of_a_person_week": ("int_app__person_weeks_placed", "region_code asc", "region_code desc"),
    "leaf_cells_with_their_two_largest": (
        "int_app__leaf_cells_counted",
        "second_largest('sessions')",
        "second_largest('duration_us')",
    ),
    "slots_with_the_place_and_the_axes_of_a_person_week": (
        "int_app__slots_counted",
        "platform asc nulls last",
        "platform desc nulls last",
    ),
    "positions_on_every_axis": ("int_app__axis_positions", "mod(hour_position, 24)", "mod(hour_position, 25)"),
    "slots_of_an_axis": ("int_app__axis_slots_summed", "sum(sessions)", "count(*)"),
    "transitions_of_an_axis": ("int_app__axis_transitions_counted", "lag(position, 1, -1)", "lag(position, 1, 0)"),
    "extents_of_an_axis": ("int_app__axis_extents_counted", "max(position)", "min(position)"),
    "heaviest_of_one_total_in_the_order_of_their_vectors": ("int_app__axis_heaviest", "vector asc", "person asc"),
    "place_and_measures_of_a_browser_week": (
        "int_ga4__person_weeks_placed",
        "device_category asc",
        "device_category desc",
    ),
    "leaf_cells_of_browsers_with_engaged_and_bounced_sessions": (
        "int_ga4__leaf_cells_counted",
        "second_largest('sessions - engaged_sessions')",
        "second_largest('engaged_sessions')",
    ),
}


def unit_tests(folder: Path, project: Path = dbt_command.PROJECT) -> dict[str, str]:
    """The outcome of each unit test, over a warehouse in which the models stand without a row."""
    home = Home(folder / "home")
    home.make()
    place = dbt_command.DbtPlace(home, home.warehouse, home.work / home.marts.name, project)
    dbt_command.build(place, "warehouse", {})
    result = dbt_command.invoke(place, "warehouse", ["test", "--select", "test_type:unit"])
    return {one.node.name: str(one.status) for one in result.result.results}


def test_every_counting_model_has_one_and_they_pass(tmp_path: Path) -> None:
    models = {path.stem for path in (dbt_command.PROJECT / INTERMEDIATE).glob("*.sql")}
    assert {model for model, *_ in FAULTS.values()} == models
    assert unit_tests(tmp_path) == dict.fromkeys(FAULTS, "pass")


def test_a_change_in_a_model_is_seen_by_its_unit_test(tmp_path: Path) -> None:
    project = tmp_path / "dbt_project"
    shutil.copytree(dbt_command.PROJECT, project, ignore=shutil.ignore_patterns("__pycache__"))
    for model, old, new in FAULTS.values():
        path = project / INTERMEDIATE / f"{model}.sql"
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, model
        path.write_text(text.replace(old, new), encoding="utf-8")
    assert unit_tests(tmp_path, project) == dict.fromkeys(FAULTS, "fail")


def test_a_run_leaves_them_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    executed: list[Any] = []
    of = dbt_command._executed
    monkeypatch.setattr(dbt_command, "_executed", lambda result: executed.extend(of(result)) or of(result))
    home = Home(tmp_path / "home")
    home.make()
    dbt_command.build(dbt_command.DbtPlace(home, home.warehouse, home.work / home.marts.name), "warehouse", {})
    assert {str(one.node.resource_type) for one in executed} == {"model", "test"}
