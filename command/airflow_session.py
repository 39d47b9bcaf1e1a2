"""Airflow within this process: runs DAGs one after the other, as the scheduler would, without any of its servers.

What Airflow needs lies in `restricted/airflow` of the home: a SQLite file with its metadata, and one log file a run.
Neither holds more of a run than its conf (path, id, dates).
"""

import gc
import os
import secrets
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from home.layout import PRIVATE_DIRECTORY, PRIVATE_FILE, Home
from home.run import Run

DAILY_DAGS = ("ingest_app_usage", "ingest_ga4_export", "build_marts")
DAGS_FOLDER = Path(__file__).resolve().parent.parent / "dags"

LOGS_KEPT = 100
METADATA_KEPT_SECONDS = 90 * 24 * 3600
TERMINATED = 128 + signal.SIGTERM

#: Airflow makes some ten million short-lived objects while it starts: looking for cycles so often costs a second.
COLLECT_AFTER = 100_000


def run_dags(run: Run, dag_ids: Sequence[str] = DAILY_DAGS) -> None:
    """Runs each DAG with `run`'s conf, in this process and thread; stops at the first that fails.

    Nothing of Airflow's reaches stdout or stderr; what the steps themselves write to `sys.stderr` does. Must be called
    from the main thread (Airflow sets signal handlers).

    Raises:
        BaseException: what the first failing task raised, as the same object, its traceback with it.
        RuntimeError: a DAG did not end well although no task of its raised; it names the log.
    """
    log = _prepare_home(run.home, run.run_id)
    with _environment(run.home), _output_to(log):
        bag = _load_dags(run.home)
        for dag_id in dag_ids:
            _run_dag(bag.dags[dag_id], run, log)


def _run_dag(dag: Any, run: Run, log: Path) -> None:
    raised: list[BaseException] = []

    def keep(context: Any) -> None:
        raised.append(context["exception"])

    def end_at_sigterm() -> NoReturn:
        raise SystemExit(TERMINATED)

    for task in dag.tasks:
        task.retries = 0  # who calls sees the error at once, and may call again
        task.execution_timeout = None
        task.on_failure_callback = [keep]
        task.on_kill = end_at_sigterm  # Airflow takes SIGTERM over, and calls this
    ended = dag.test(run_conf=run.conf())
    for error in raised:
        raise getattr(error, "original", error)
    if str(ended.state) != "success":
        raise RuntimeError(f"DAG {dag.dag_id} ended as {ended.state}: see {log}")


def _prepare_home(home: Home, run_id: str) -> Path:
    """Makes the folders and this run's log file, and clears away what is too old. Returns the log file."""
    home.make()
    logs = home.airflow / "logs"
    logs.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
    stamp = _stamp(home)
    if stamp.exists() and time.time() - stamp.stat().st_mtime > METADATA_KEPT_SECONDS:
        # The register is what remembers runs. Airflow's own memory of them only grows, so it starts anew.
        stamp.unlink()
        _metadata(home).unlink(missing_ok=True)
    for old in sorted(logs.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)[LOGS_KEPT - 1 :]:
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    # An empty file of settings, lest Airflow writes its own, with keys in it that nothing here needs.
    for file in (home.airflow / "airflow.cfg", logs / f"{run_id}.log"):
        file.touch(mode=PRIVATE_FILE)
    return logs / f"{run_id}.log"


def _metadata(home: Home) -> Path:
    return home.airflow / "airflow.db"


def _stamp(home: Home) -> Path:
    """Names the Airflow version whose tables the metadata file has; written when they are complete."""
    return home.airflow / "airflow.version"


def _settings(home: Home) -> dict[str, str]:
    """Airflow's settings: this home, no examples, no usage statistics, no server."""
    folder = home.airflow.absolute()
    return {
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW_CONFIG": str(folder / "airflow.cfg"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS_FOLDER),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__AUTH_MANAGER": "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(folder / "no-passwords"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(folder / "no-plugins"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{_metadata(home).absolute()}",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(folder / "logs"),
        "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FOLDER_PERMISSIONS": "0o700",
        "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FILE_PERMISSIONS": "0o600",
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(32),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }


@contextmanager
def _environment(home: Home) -> Iterator[None]:
    """Puts the settings into the environment, where Airflow reads them, in place of any that stand there."""
    theirs = {name: value for name, value in os.environ.items() if name.startswith("AIRFLOW_")}
    handler = signal.getsignal(signal.SIGTERM)
    thresholds = gc.get_threshold()
    for name in theirs:
        del os.environ[name]
    settings = _settings(home)
    os.environ.update(settings)
    gc.set_threshold(COLLECT_AFTER, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        signal.signal(signal.SIGTERM, handler)
        for name in settings:
            os.environ.pop(name, None)
        os.environ.update(theirs)


@contextmanager
def _output_to(log: Path) -> Iterator[None]:
    """Leads file descriptor 1 and `sys.stdout` into the log, so that nothing else's output is among a command's own."""
    sys.stdout.flush()
    kept_descriptor, kept_stdout = os.dup(1), sys.stdout
    # Airflow's handlers keep this object, so it is not closed.
    sys.stdout = log.open("a", encoding="utf-8", buffering=1)
    os.dup2(sys.stdout.fileno(), 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stdout = kept_stdout
        os.dup2(kept_descriptor, 1)
        os.close(kept_descriptor)


def _load_dags(home: Home) -> Any:
    """The DAGs, known to the metadata, which is made or brought up to date only where it must be.

    Raises:
        RuntimeError: a DAG file does not import, or Airflow serves another home in this process.
    """
    before = os.umask(0o077)
    try:
        return _load_dags_privately(home)
    finally:
        os.umask(before)


def _load_dags_privately(home: Home) -> Any:
    import airflow
    from airflow import settings

    if os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] != settings.SQL_ALCHEMY_CONN:
        settings.dispose_orm()
        settings.configure_vars()
        settings.configure_orm()
    stamp = _stamp(home)
    if not stamp.exists() or stamp.read_text() != airflow.__version__:
        from airflow.utils.db import initdb

        initdb()
        stamp.write_text(airflow.__version__)

    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import BundleDagBag, sync_bag_to_db

    _serve_newest_api_only()
    DagBundlesManager().sync_bundles_to_db()
    bag = BundleDagBag(dag_folder=str(DAGS_FOLDER), bundle_path=DAGS_FOLDER, bundle_name="dags-folder")
    if bag.import_errors:
        raise RuntimeError(f"DAG file {next(iter(bag.import_errors))} does not import")
    sync_bag_to_db(bag, "dags-folder", None)
    return bag


def _serve_newest_api_only() -> None:
    """Spares two seconds: Airflow builds its task API in nine dialects, and tasks in this process speak the newest.

    The two before it stay, since routes that are marked as older must exist in one of them.
    """
    import airflow.api_fastapi.execution_api.versions as dialects
    from cadwyn import HeadVersion, Version, VersionBundle

    newest, older, oldest = dialects.bundle.versions[:3]
    if len(dialects.bundle.versions) > 3:
        for change in (*newest.changes, *older.changes):
            change._bound_version_bundle = None  # each may be part of one bundle only
        dialects.bundle = VersionBundle(HeadVersion(), newest, older, Version(oldest.value))
