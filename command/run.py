"""`cmn run`: the same DAGs as the scheduler's, in this process, over one interval."""

import argparse
import json
import sys
import time

from catalogue.catalogue import SOURCE
from command.summary import readable, run_summary
from home.built_from import forget_what_was_built
from home.disk import full_disk_told
from home.lock import held
from home.register.register import Register, keep_failure, step_listeners
from home.run import Run
from home.settings.settings import Settings


def run_command(options: argparse.Namespace) -> int:
    """Runs the interval and prints its summary."""
    conf = {"config": str(options.config), "from": options.first_day, "to": options.last_day}
    if options.as_of:
        conf["as_of"] = options.as_of
    run = Run.from_conf(conf)
    summary = run_interval(run, rebuild=options.rebuild)
    print(json.dumps(summary) if options.as_json else readable(summary))
    return 0


def run_interval(run: Run, *, rebuild: bool = False) -> dict[str, object]:
    """Ingests every configured source, builds and publishes marts, releases and portal. Returns the run's summary.

    What has not changed is not built again, unless `rebuild` asks for it.

    Raises:
        Refusal: as the steps do; what was published before stays as it was.
    """
    from command.airflow.session import AFTER_THE_BUILD

    _show_progress()
    dags = [
        "subject_requests",
        *(SOURCE[source].ingest for source in run.settings.sources),
        "build_marts",
        *AFTER_THE_BUILD,
    ]
    with full_disk_told(run.home, "the run"):
        run.home.make()
        with held(run.home):
            if rebuild:
                forget_what_was_built(run.home)
            _run_all(run, dags)
    return summary_of(run.settings, run.run_id)


def _run_all(run: Run, dags: list[str]) -> None:
    from command.airflow.session import run_dags

    with Register(run.home) as register:
        register.start_run(run)
    begun = time.monotonic()
    try:
        run_dags(run, dags)
        with Register(run.home) as register:
            register.add_counts(run.run_id, "seconds", "total", round(time.monotonic() - begun, 3))
            register.finish_run(run.run_id, 0, "")
    except BaseException as error:
        keep_failure(run, error)
        raise


def summary_of(settings: Settings, run_id: str) -> dict[str, object]:
    """The summary of one run by its id."""
    with Register(settings.home) as register:
        row = register.run(run_id)
    return run_summary(settings, row)


class _Progress:
    """Names each step on the terminal as it begins."""

    def __init__(self) -> None:
        self._begun = time.monotonic()

    def __call__(self, step: str) -> None:
        print(f"{time.monotonic() - self._begun:6.1f} s  {step}", file=sys.__stderr__, flush=True)


def _show_progress() -> None:
    """Names each step on stderr as it begins, where that is a terminal."""
    if sys.stderr.isatty() and not any(isinstance(listener, _Progress) for listener in step_listeners):
        step_listeners.append(_Progress())
