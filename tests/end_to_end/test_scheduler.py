"""`airflow standalone` with these DAGs: an ingest is triggered; build, releases and portal follow by asset events."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from home.layout import Home
from home.register import Register
from tests.end_to_end.processes import ask, end_all, free_ports, wait_until
from tests.end_to_end.small_drop import AS_OF, MINUTES, MONDAY, PEOPLE, SESSIONS, SUNDAY, write_small_drop

ROOT = Path(__file__).resolve().parent.parent.parent
AIRFLOW = str(Path(sys.executable).with_name("airflow"))
OVER = ("success", "failed")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """What docs/operations.md sets before `airflow standalone`, and ports that are free here."""
    config = write_small_drop(tmp_path)
    api, worker, trigger, health = (str(port) for port in free_ports(4))
    pages = f"http://127.0.0.1:{api}"
    return {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "CMN_CONFIG": str(config),
        # From here on for the test alone.
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__API__PORT": api,
        "AIRFLOW__API__BASE_URL": pages,
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{pages}/execution/",
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": worker,
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": trigger,
        "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT": health,
    }


@pytest.fixture
def pages(environment: dict[str, str], tmp_path: Path) -> Iterator[str]:
    """The address of a running `airflow standalone`."""
    log = tmp_path / "standalone.log"
    with log.open("wb") as output:
        standalone = subprocess.Popen(
            [AIRFLOW, "standalone"], env=environment, cwd=tmp_path, stdout=output, stderr=output, start_new_session=True
        )
    try:
        address = environment["AIRFLOW__API__BASE_URL"]
        wait_until(lambda: _is_up(address), "airflow standalone is up", 120)
        yield address
    finally:
        end_all([standalone])


def _is_up(address: str) -> bool:
    try:
        health = ask(f"{address}/api/v2/monitor/health")
    except OSError:
        return False
    return all(health[part]["status"] == "healthy" for part in ("metadatabase", "scheduler", "dag_processor"))


def test_an_ingest_is_followed_by_build_releases_and_portal_of_the_same_interval(
    pages: str, environment: dict[str, str], tmp_path: Path
) -> None:
    token = ask(f"{pages}/auth/token")["access_token"]

    def get(path: str) -> Any:
        return ask(f"{pages}/api/v2/{path}", token)

    wait_until(lambda: len(get("dags")["dags"]) == 6, "the DAGs are listed", 60)
    assert get("importErrors")["total_entries"] == 0
    assert get("pools/duckdb_writer")["slots"] == 1, "made without being asked for"

    conf = f'{{"from": "{MONDAY}", "to": "{SUNDAY}", "as_of": "{AS_OF}"}}'
    subprocess.run(
        [AIRFLOW, "dags", "trigger", "ingest_app_usage", "--run-id", "by-hand", "--conf", conf],
        env=environment, cwd=tmp_path, check=True, capture_output=True, timeout=60,
    )  # fmt: skip

    def over(dag: str) -> Any:
        for run in get(f"dags/{dag}/dagRuns")["dag_runs"]:
            tasks = get(f"dags/{dag}/dagRuns/{run['dag_run_id']}/taskInstances")["task_instances"]
            assert all(task["state"] != "up_for_retry" for task in tasks), _logs(tmp_path)
            if run["state"] in OVER:
                return run
        return None

    ingest = wait_until(lambda: over("ingest_app_usage"), "the ingest is over", 90)
    assert ingest["state"] == "success", _logs(tmp_path)
    build = wait_until(lambda: over("build_marts"), "the build is over", 120)
    assert build["state"] == "success", _logs(tmp_path)
    assert build["run_type"] == "asset_triggered"

    def planned(dag: str, run: Any) -> Any:
        path = f"dags/{dag}/dagRuns/{run['dag_run_id']}/taskInstances/plan/xcomEntries/return_value?deserialize=true"
        return get(path)["value"]

    plan = planned("build_marts", build)
    assert plan == planned("ingest_app_usage", ingest)
    assert (plan["from"], plan["to"], plan["as_of"]) == (str(MONDAY), str(SUNDAY), AS_OF)

    for dag in ("release_weekly", "release_quarterly", "publish_portal"):
        follows = wait_until(lambda dag=dag: over(dag), f"{dag} is over", 120)
        assert (follows["state"], follows["run_type"]) == ("success", "asset_triggered"), _logs(tmp_path)
        assert planned(dag, follows) == plan

    with Register(Home(tmp_path / "home")) as register:
        (run,) = register.last_runs(2)
    assert (run["run_id"], run["exit_code"]) == (plan["run_id"], 0), "closed when its marts were published"
    assert run["counts"]["gate"] == {"app": {"passed": SESSIONS}}
    with duckdb.connect(str(tmp_path / "home" / "marts" / "marts.duckdb"), read_only=True) as marts:
        cells = marts.sql(
            "select week_start, sum(users), sum(sessions), sum(minutes) from usage_by_region_age_week group by all"
        ).fetchall()
    assert cells == [(MONDAY, PEOPLE, SESSIONS, MINUTES)]
    assert run["counts"]["releases"] == {"published": ["usage_by_region_age/2026-W10-v1"]}
    release = tmp_path / "home" / "releases" / "usage_by_region_age" / "2026-W10-v1"
    released = duckdb.sql(f"from '{release}/data.parquet'")
    assert released.aggregate("sum(users), sum(sessions), sum(minutes)").fetchone() == (PEOPLE, SESSIONS, MINUTES)
    # The portal is built after either kind of release, so the first time may have been before this one was there.
    page = tmp_path / "home" / "portal" / "usage_by_region_age.html"
    wait_until(lambda: "2026-W10" in page.read_text(), "the portal shows the release", 120)
    assert b"user-0" not in b"".join(file.read_bytes() for file in (tmp_path / "airflow").rglob("*") if file.is_file())


def _logs(folder: Path) -> str:
    """The ends of the task logs, for the message of a failed test."""
    return "\n".join(file.read_text()[-2000:] for file in (folder / "airflow" / "logs").rglob("attempt=*.log"))
