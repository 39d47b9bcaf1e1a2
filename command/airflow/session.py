"""Airflow within this process: runs DAGs one after the other, as the scheduler would, without any of its servers.

Its metadata and logs lie in the home (`airflow_home.py`); of a run they hold its conf (path, id, dates).
"""

import gc
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from catalogue.catalogue import SOURCE
from command.airflow.airflow_home import (
    DAGS_FOLDER,
    are_metadata_whole,
    discard_metadata,
    prepare,
    settings_for,
    stamp_of,
)
from command.airflow.quiet_dags import QuietDags
from command.airflow.shortcuts import dags_read_once, serve_newest_api_only
from home.layout import Home
from home.run import Run
from refusals.errors import DiskFull, Refusal, Stopped

#: These follow the marts: where the build is refused, there is nothing new for them, as under the scheduler.
RELEASES = ("release_weekly", "release_quarterly")
#: Whatever was refused before, the last shows readers what is approved now: an approval may have lapsed.
AFTER_THE_BUILD = (*RELEASES, "publish_portal")
DAILY_DAGS = (*(source.ingest for source in SOURCE.values()), "build_marts", *AFTER_THE_BUILD)

#: Airflow makes some ten million short-lived objects while it starts: looking for cycles so often costs a second.
COLLECT_AFTER = 100_000


def run_dags(run: Run, dag_ids: Sequence[str] = DAILY_DAGS) -> None:
    """Runs each DAG with `run`'s conf, in this process and thread; of one in which nothing is new, its steps alone.

    A refusal stops its own DAG, not those that follow: a batch is one source, and what must leave the store by today
    leaves it whatever another source delivers; but no releases follow a refused build. Any other error stops all, a
    full disk among them.

    Nothing of Airflow's reaches stdout or stderr; what the steps themselves write to `sys.stderr` does. Must be called
    from the main thread (Airflow sets signal handlers).

    Raises:
        BaseException: what the first failing task raised, as the same object, its traceback with it; of refusals the
            first, once all DAGs have run.
        UsageError: the home's path cannot hold a database.
        RuntimeError: a DAG did not end well although no task of its raised; it names the log.
    """
    log = prepare(run.home, run.run_id)
    at_sigterm = signal.getsignal(signal.SIGTERM)
    quiet, bag = QuietDags(run), None
    refusals: dict[str, Refusal] = {}
    with ExitStack() as airflow:
        for dag_id in dag_ids:
            if "build_marts" in refusals and dag_id in RELEASES:
                continue
            try:
                if quiet.has(dag_id):
                    quiet.take(dag_id)
                    continue
                if bag is None:
                    bag = airflow.enter_context(_started(run.home, log))
                _run_dag(bag.dags[dag_id], run, log, at_sigterm)
            except DiskFull:
                raise
            except Refusal as refusal:
                refusals[dag_id] = refusal
    first = next(iter(refusals.values()), None)
    if first is not None and len(refusals) > 1:
        raise type(first)("\n".join(str(refusal) for refusal in refusals.values()))
    if first is not None:
        raise first


@contextmanager
def _started(home: Home, log: Path) -> Iterator[Any]:
    """Airflow, with the DAGs known to it."""
    with _environment(home), _output_to(log):
        bag = _load_dags(home)
        with dags_read_once():
            yield bag


def _run_dag(dag: Any, run: Run, log: Path, at_sigterm: Any) -> None:
    """`at_sigterm`: the caller's own handler, which Airflow's takes the place of."""
    raised: list[BaseException] = []

    def keep(context: Any) -> None:
        raised.append(context["exception"])

    def end_at_sigterm() -> None:
        if callable(at_sigterm):
            at_sigterm(signal.SIGTERM, None)
        raise Stopped(signal.SIGTERM)

    for task in dag.tasks:
        task.retries = 0  # who calls sees the error at once, and may call again
        task.execution_timeout = None
        task.may_wait = False  # of IngestReports: no process sleeps until a quota is back
        task.on_failure_callback = [keep]
        task.on_kill = end_at_sigterm  # Airflow takes SIGTERM over, and calls this
    ended = dag.test(run_conf=run.conf())
    for error in raised:
        raise getattr(error, "original", error)
    if str(ended.state) != "success":
        raise RuntimeError(f"DAG {dag.dag_id} ended as {ended.state}: see {log}")


@contextmanager
def _environment(home: Home) -> Iterator[None]:
    """Puts the settings into the environment, where Airflow reads them, in place of any that stand there."""
    theirs = {name: value for name, value in os.environ.items() if name.startswith("AIRFLOW_")}
    handler = signal.getsignal(signal.SIGTERM)
    thresholds = gc.get_threshold()
    for name in theirs:
        del os.environ[name]
    settings = settings_for(home)
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
        with suppress(OSError):  # a full disk: the log ends there, and the command's own output must not
            sys.stdout.flush()
        sys.stdout = kept_stdout
        os.dup2(kept_descriptor, 1)
        os.close(kept_descriptor)


def _load_dags(home: Home) -> Any:
    """The DAGs, known to the metadata, which is made where it is not there whole.

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
    stamp = stamp_of(home)
    if not are_metadata_whole(home, airflow.__version__):
        from airflow.utils.db import initdb

        discard_metadata(home)  # half made, of another version, damaged, or old
        initdb()
        stamp.write_text(airflow.__version__)

    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import BundleDagBag, sync_bag_to_db

    serve_newest_api_only()
    DagBundlesManager().sync_bundles_to_db()
    bag = BundleDagBag(dag_folder=str(DAGS_FOLDER), bundle_path=DAGS_FOLDER, bundle_name="dags-folder")
    if bag.import_errors:
        raise RuntimeError(f"DAG file {next(iter(bag.import_errors))} does not import")
    sync_bag_to_db(bag, "dags-folder", None)
    return bag
