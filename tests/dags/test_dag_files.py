"""What every DAG file must have, and must not."""

import ast
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.readers.dag_files import task_functions

ROOT = Path(__file__).resolve().parent.parent.parent
DAG_FILES = [
    *sorted((ROOT / "dags").glob("ingest_*.py")),
    *sorted((ROOT / "dags").glob("release_*.py")),
    ROOT / "dags" / "build_marts.py",
    ROOT / "dags" / "publish_portal.py",
    ROOT / "dags" / "subject_requests.py",
    ROOT / "dags" / "watch_weeks.py",
]
DAG_IDS = {file.stem for file in DAG_FILES}
TASK_LINES = 5


def tasks_of(bag: Any) -> list[Any]:
    return [task for dag in bag.dags.values() for task in dag.tasks]


def module_level_imports(file: Path) -> set[str]:
    names = set()
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(str(node.module))
    return names


def test_the_bag_has_these_dags_without_error_or_warning(bag: Any) -> None:
    assert bag.import_errors == {}
    assert bag.captured_warnings == {}
    assert set(bag.dags) == DAG_IDS


def test_dags_do_not_catch_up_nor_overlap_and_say_what_they_do(bag: Any) -> None:
    for dag in bag.dags.values():
        assert not dag.catchup
        assert dag.max_active_runs == 1
        assert "connect-me-now" in dag.tags
        for word in ("**Purpose.**", "**Owner.**", "**Reads.**", "**Writes.**", "**Safe to re-run?**"):
            assert word in dag.doc_md, (dag.dag_id, word)


def test_ingests_run_daily_at_half_past_four_in_amsterdam_and_the_build_after_either(bag: Any) -> None:
    for dag_id in ("ingest_app_usage", "ingest_ga4_export", "ingest_ga4_reports"):
        timetable = bag.dags[dag_id].timetable
        assert (timetable.expression, str(timetable.timezone)) == ("30 4 * * *", "Europe/Amsterdam")
    condition = bag.dags["build_marts"].timetable.asset_condition
    assert type(condition).__name__ == "AssetAny"
    assert {asset.name for asset in condition.objects} == {"app_records", "ga4_records", "ga4_reports"}


def test_releases_follow_the_marts_and_the_portal_follows_either(bag: Any) -> None:
    (marts,) = [task for task in bag.dags["build_marts"].tasks if task.outlets]
    assert (marts.task_id, [each.name for each in marts.outlets]) == ("publish_marts", ["marts"])
    for dag_id, asset in (("release_weekly", "weekly_releases"), ("release_quarterly", "quarterly_releases")):
        (after,) = bag.dags[dag_id].timetable.asset_condition.objects
        (last,) = bag.dags[dag_id].leaves
        assert (after.name, [each.name for each in last.outlets]) == ("marts", [asset])
    condition = bag.dags["publish_portal"].timetable.asset_condition
    assert type(condition).__name__ == "AssetAny"
    assert {asset.name for asset in condition.objects} == {"weekly_releases", "quarterly_releases"}


def test_each_dag_has_a_form_and_no_airflow_backfill(bag: Any) -> None:
    no_days = {"release_weekly", "release_quarterly", "publish_portal", "subject_requests", "watch_weeks"}
    for dag in bag.dags.values():
        params = [dag.params.get_param(name) for name in dag.params]
        forms = {name: param.schema for name, param in zip(dag.params, params, strict=True)}
        expected = {"as_of", "config"} | (set() if dag.dag_id in no_days else {"from", "to"})
        assert set(forms) == expected, dag.dag_id
        formats = {"from": "date", "to": "date", "as_of": "date-time"}
        assert {name: schema["format"] for name, schema in forms.items() if "format" in schema} == {
            name: formats[name] for name in expected if name in formats
        }
        assert all("null" in param.schema["type"] and param.description and param.value is None for param in params)
        allowed = {each.value for each in dag.allowed_run_types}
        assert "backfill" not in allowed and {"scheduled", "manual", "asset_triggered"} <= allowed


def test_every_task_has_owner_retries_pool_timeout_and_docs(bag: Any) -> None:
    for task in tasks_of(bag):
        where = f"{task.dag_id}.{task.task_id}"
        assert task.owner == "data-team", where
        assert task.retries == 3 and task.retry_exponential_backoff > 1, where
        assert task.pool == "duckdb_writer", where
        assert task.execution_timeout is not None, where
        assert task.doc_md, where


def test_each_ingest_ends_with_its_asset(bag: Any) -> None:
    assets = {
        "ingest_app_usage": "app_records",
        "ingest_ga4_export": "ga4_records",
        "ingest_ga4_reports": "ga4_reports",
    }
    for dag_id, asset in assets.items():
        (last,) = bag.dags[dag_id].leaves
        assert [each.name for each in last.outlets] == [asset]


def test_the_build_takes_its_steps_in_the_order_of_the_architecture(bag: Any) -> None:
    dag = bag.dags["build_marts"]
    order, (task,) = [], dag.roots
    while task is not None:
        order.append(task.task_id)
        after = sorted(task.downstream_list, key=lambda each: len(each.upstream_task_ids))
        # Every step takes its conf from `plan`, so that one is upstream of all: the next has no other predecessor open.
        task = next((each for each in after if each.upstream_task_ids <= set(order)), None)
    assert order == [
        "plan", "count_leaf_cells", "freeze_weeks", "apply_retention", "build_marts", "check_marts", "publish_marts",
        "write_reports", "close_run",
    ]  # fmt: skip


@pytest.mark.parametrize("file", DAG_FILES, ids=lambda file: file.stem)
def test_a_task_is_five_lines_and_imports_inside(file: Path) -> None:
    functions = task_functions(file.read_text())
    assert functions
    assert {name: lines for name, lines in functions.items() if lines > TASK_LINES} == {}


def test_a_task_of_six_lines_would_be_found() -> None:
    source = "@task(retries=1)\ndef long():\n" + '    """Docs."""\n' + "    x = 1\n" * 6
    assert task_functions(source) == {"long": 6}


@pytest.mark.parametrize("file", sorted((ROOT / "dags").rglob("*.py")), ids=lambda file: file.stem)
def test_only_the_task_sdk_is_imported_where_dags_are_parsed(file: Path) -> None:
    allowed = {"airflow.sdk", "airflow.sdk.exceptions"}
    if file.stem == "pool":  # the plugin, which the processes load once, not the parser
        allowed |= {"airflow.listeners", "airflow.plugins_manager"}
    imported = {name for name in module_level_imports(file) if name.split(".")[0] not in sys.stdlib_module_names}
    assert {name for name in imported if name.startswith("airflow")} <= allowed
    others = {name.split(".")[0] for name in imported} - {"airflow"}
    assert others <= ({"dags"} if file in DAG_FILES else {"dags", "catalogue", "home", "policy", "refusals"})


def test_airflow_reads_dag_files_and_passes_over_what_they_share() -> None:
    passed_over = set((ROOT / "dags" / ".airflowignore").read_text().splitlines()[1:])
    others = {file.name for file in (ROOT / "dags").glob("*.py")} - {file.name for file in DAG_FILES}
    assert passed_over == others | {"tasks/"}
