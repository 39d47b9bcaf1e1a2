"""`cmn airflow` with these DAGs: an ingest is triggered; build, releases and portal follow by asset events."""

import os
import subprocess
import sys
import urllib.error
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from home.layout import Home
from home.register.register import Register
from tests.end_to_end.processes import (
    ask,
    command_line,
    descendants,
    end_all,
    free_ports,
    listening,
    wait_until,
)
from tests.end_to_end.small_drop import AS_OF, MINUTES, MONDAY, PEOPLE, SESSIONS, SUNDAY, write_small_drop

ROOT = Path(__file__).resolve().parent.parent.parent
#: Each of a row's users had two sessions, so as many more than users as there are: the tens of it are told, and 4.
TWICE_EACH = "(users + users // 10 * 10 + 4)"
AIRFLOW = str(Path(sys.executable).with_name("airflow"))
CMN = str(Path(sys.executable).with_name("cmn"))
OVER = ("success", "failed")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """What docs/operations.md sets before `cmn airflow`, and a port that is free here."""
    write_small_drop(tmp_path)
    (health,) = free_ports(1)
    return {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        # From here on for the test alone.
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT": str(health),
    }


@pytest.fixture
def server(environment: dict[str, str], tmp_path: Path) -> Iterator[tuple[str, int]]:
    """The address of a running `cmn airflow`, and its process id."""
    (port,) = free_ports(1)
    log = tmp_path / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [CMN, "airflow", "--config", "cmn.toml", "--port", str(port)],
            env=environment, cwd=tmp_path, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until(lambda: _is_up(address), "cmn airflow is up", 120)
        yield address, process.pid
        started = descendants(process.pid)
        assert len(started) > 4
        process.terminate()
        assert process.wait(60) == 0, log.read_text()[-2000:]
        assert [pid for pid in started if command_line(pid)] == [], "its processes end with it"
    finally:
        end_all([process])


def _is_up(address: str) -> bool:
    try:
        health = ask(f"{address}/api/v2/monitor/health")
    except OSError:
        return False
    return all(health[part]["status"] == "healthy" for part in ("metadatabase", "scheduler", "dag_processor"))


@pytest.mark.clause("command-airflow")
def test_an_ingest_is_followed_by_build_releases_and_portal_of_the_same_interval(
    server: tuple[str, int], environment: dict[str, str], tmp_path: Path
) -> None:
    pages, process = server
    _check_it_keeps_to_itself(process)
    token = ask(f"{pages}/auth/token")["access_token"]

    def get(path: str) -> Any:
        return ask(f"{pages}/api/v2/{path}", token)

    wait_until(lambda: len(get("dags")["dags"]) == 9, "the DAGs are listed", 60)
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

    # Airflow 3.3 answers 500 to whoever asks for asset events while a run that one of them started still waits in the
    # queue (a null start is not in its schema): the portal's second run may.
    wait_until(
        lambda: all(run["state"] in OVER for run in get("dags/~/dagRuns")["dag_runs"]), "no run is left to wait", 120
    )
    _check_counts_are_told(get, ingest, plan["run_id"])
    _check_a_backfill_is_refused(pages, token)

    with Register(Home(tmp_path / "home")) as register:
        (run,) = register.last_runs(2)
    assert (run["run_id"], run["exit_code"]) == (plan["run_id"], 0), "closed when its marts were published"
    assert run["counts"]["gate"] == {"app": {"passed": SESSIONS}}
    with duckdb.connect(str(tmp_path / "home" / "marts" / "marts.duckdb"), read_only=True) as marts:
        cells = marts.sql(
            f"select week_start, sum(users), sum(sessions - {TWICE_EACH}), sum(minutes)"
            " from usage_by_region_age_week group by all"
        ).fetchall()
    assert cells == [(MONDAY, PEOPLE, 0, MINUTES)]
    assert run["counts"]["releases"] == {"published": ["usage_by_region_age/2026-W10-v1"]}
    release = tmp_path / "home" / "releases" / "usage_by_region_age" / "2026-W10-v1"
    released = duckdb.sql(f"from '{release}/data.parquet'")
    assert released.aggregate(f"sum(users), sum(sessions - {TWICE_EACH}), sum(minutes)").fetchone() == (
        PEOPLE,
        0,
        MINUTES,
    )
    # The portal is built after either kind of release, so the first time may have been before this one was there.
    page = tmp_path / "home" / "portal" / "usage_by_region_age.html"
    wait_until(lambda: "2026-W10" in page.read_text(), "the portal shows the release", 120)
    assert b"user-0" not in b"".join(file.read_bytes() for file in (tmp_path / "airflow").rglob("*") if file.is_file())


def _logs(folder: Path) -> str:
    """The ends of the task logs, for the message of a failed test."""
    return "\n".join(file.read_text()[-2000:] for file in (folder / "airflow" / "logs").rglob("attempt=*.log"))


def _check_it_keeps_to_itself(process: int) -> None:
    addresses = listening(descendants(process))
    assert addresses and {host for host, _ in addresses} == {"127.0.0.1"}, addresses
    workers = [pid for pid in descendants(process) if "LocalExecutor" in command_line(pid)]
    assert len(workers) <= 2, "no idle workers for a pool of one slot"


def _check_counts_are_told(get: Any, ingest: Any, run_id: str) -> None:
    """In the asset events, and in the task's log as the pages show it (from the file itself, without a log server)."""
    extras = {event["name"]: event["extra"] for event in get("assets/events")["asset_events"]}
    assert extras["app_records"]["counts"]["gate"] == {"app": {"passed": SESSIONS}}
    assert extras["marts"]["counts"]["settled"] == {"app": {"frozen": 1}}
    assert all(extra["run_id"] == run_id for extra in extras.values())
    logged = get(f"dags/ingest_app_usage/dagRuns/{ingest['dag_run_id']}/taskInstances/ingest/logs/1")
    assert f"gate app: passed {SESSIONS}" in str(logged)


def _check_a_backfill_is_refused(pages: str, token: str) -> None:
    days = {"from_date": f"{MONDAY}T00:00:00Z", "to_date": f"{SUNDAY}T00:00:00Z"}
    with pytest.raises(urllib.error.HTTPError) as refused:
        ask(f"{pages}/api/v2/backfills", token, {"dag_id": "ingest_app_usage", **days})
    assert "does not allow backfill" in refused.value.read().decode()
