"""Airflow within the command's process: the same DAGs, errors as they are, stdout left alone, no value kept."""

import json
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.dags.session_trial import CANARY

STEPS = [
    "ingest_app", "ingest_ga4_export", "ingest_ga4_reports", "count_leaf_cells", "freeze_weeks", "apply_retention",
    "build_marts", "check_marts", "publish_marts", "write_reports", "publish_weeks", "publish_quarters", "build_portal",
    "deliver_releases",
]  # fmt: skip


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str, Path]:
    """What the trials said on stdout, as JSON, and on stderr; and where their homes are."""
    folder = tmp_path_factory.mktemp("session")
    ended = subprocess.run(
        [sys.executable, "-m", "tests.dags.session_trial", str(folder)],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    return json.loads(ended.stdout), ended.stderr, folder


@pytest.mark.clause("command-run")
def test_every_step_runs_once_in_order_in_this_process(trial: Any) -> None:
    for name in ("well", "again", "other home"):
        answer = trial[0][name]
        assert answer["raised"] == "NoneType", answer
        assert answer["steps"] == STEPS
        assert answer["here"] and answer["run_ids"] == 1


def test_nothing_is_on_stderr(trial: Any) -> None:
    assert trial[1] == ""


@pytest.mark.parametrize(
    ("name", "kind", "steps"),
    [
        ("refused", "InputRefused", [*STEPS[:5], "build_portal", "deliver_releases"]),
        # No process sleeps until a quota is back: all else is done, and who calls is told.
        ("quota", "QuotaUsedUp", STEPS),
        ("unexpected", "ValueError", STEPS[:1]),
        ("interrupted", "KeyboardInterrupt", STEPS[:1]),
    ],
)
def test_the_first_error_comes_back_as_it_is_and_ends_the_run(
    trial: Any, name: str, kind: str, steps: list[str]
) -> None:
    answer = trial[0][name]
    assert answer["raised"] == kind
    assert answer["is_planted"], "the very object"
    assert answer["steps"] == steps


def test_sigterm_ends_the_run(trial: Any) -> None:
    answer = trial[0]["terminated"]
    assert (answer["raised"], answer["message"], answer["steps"]) == ("Stopped", "stopped by SIGTERM", STEPS[:1])
    assert trial[0]["settings are as before"]


def test_a_home_where_no_database_can_lie_is_refused_by_name(trial: Any) -> None:
    answer = trial[0]["impossible home"]
    assert answer["raised"] == "UsageError" and "'home'" in answer["message"]


@pytest.mark.clause("home-private")
def test_metadata_and_logs_hold_no_value_and_are_the_owners_alone(trial: Any) -> None:
    airflow = trial[2] / "one" / "home" / "restricted" / "airflow"
    files = [file for file in airflow.rglob("*") if file.is_file()]
    assert {"airflow.db", "airflow.cfg", "airflow.version"} <= {file.name for file in files}
    assert len(list((airflow / "logs").iterdir())) == 7, "one log a run"
    for file in files:
        assert CANARY.encode() not in file.read_bytes(), file
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    for folder in (airflow, airflow / "logs"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert (airflow / "airflow.cfg").read_text() == "", "no keys"


def test_every_run_is_a_dag_run_of_its_own_with_the_runs_conf(trial: Any) -> None:
    with sqlite3.connect(trial[2] / "one" / "home" / "restricted" / "airflow" / "airflow.db") as db:
        runs = db.execute("select dag_id, run_id, conf from dag_run").fetchall()
    assert len({(dag, run) for dag, run, _ in runs}) == len(runs) == 3 * 7 + 5 + 3, (
        "three whole runs, one without releases, three that ended early"
    )
    for _, _, conf in runs:
        assert sorted(json.loads(conf)) == ["as_of", "config", "from", "run_id", "to"]


def test_old_logs_and_metadata_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from command.airflow import airflow_home
    from home.layout import Home

    monkeypatch.setattr(airflow_home, "LOGS_KEPT", 3)
    home = Home(tmp_path / "home")
    for number in range(5):
        airflow_home.prepare(home, f"r{number}")
    assert len(list((home.airflow / "logs").iterdir())) == 3
    stamp = airflow_home.stamp_of(home)
    stamp.touch()
    airflow_home.prepare(home, "r6")
    assert stamp.exists()
    monkeypatch.setattr(airflow_home, "METADATA_KEPT_SECONDS", -1)
    airflow_home.prepare(home, "r7")
    assert not stamp.exists(), "without it, the metadata start anew"
