"""Which days a DAG run covers, and as of when: from its conf, from what triggered it, or from the calendar."""

import os
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from airflow.sdk.exceptions import AirflowSkipException

from dags.attempt import rows_kept_out_of_the_log
from dags.close import close_runs_built_by
from home.run import Run, plan_scheduled_run
from policy.errors import UsageError

CONFIG_SETTING = "CMN_CONFIG"
SECTIONS = {"app": "[app]", "ga4_export": "[ga4.export]"}

Conf = dict[str, str]


def plan_ingest(source: str, given: dict[str, Any] | None, due: datetime) -> Conf:
    """The conf of an ingest's run: what it was `given` (a backfill, `cmn run`), else the daily run of `CMN_CONFIG`.

    `due` is the moment for which the DAG run was scheduled. The ingests of one morning have it in common, so it names
    their run: the register then holds one run a day, with the counts of every source.

    Raises:
        AirflowSkipException: the config has no such source.
        StepRefused: the conf or the config cannot be used.
    """
    with rows_kept_out_of_the_log():
        run = _given_run(given) if given else _daily_run(due)
        if source not in run.settings.sources:
            raise AirflowSkipException(f"{run.settings.file} has no {SECTIONS[source]}: nothing to ingest")
        return run.conf()


def plan_build(given: dict[str, Any] | None, triggered_by: Iterable[Iterable[Any]]) -> Conf:
    """The conf of a build's run: what it was `given`, else what the ingests that triggered it hand over, else as daily.

    `triggered_by` are the asset events, asset by asset. Several ingests may have ended since the last build: the
    build then covers all their days, as of the latest of their moments, under the run id of that one; the other runs
    are closed, with a note of the run that builds for them.

    Raises:
        StepRefused: the conf or the config cannot be used, or the events speak of different configs.
    """
    with rows_kept_out_of_the_log():
        handed_over = _handed_over(triggered_by)
        if given:
            return _given_run(given).conf()
        if not handed_over:
            return plan_scheduled_run(_config()).conf()
        union = union_of(handed_over)
        close_runs_built_by(Run.from_conf(union), {conf["run_id"] for conf in handed_over})
        return union


def plan_after(given: dict[str, Any] | None, triggered_by: Iterable[Iterable[Any]]) -> Conf:
    """The conf of a run that follows another (releases, the portal): what it was `given`, else what that hands over.

    It reads no source, so days may be left out of what is given: they are then that of `as_of`.

    Raises:
        StepRefused: the conf or the config cannot be used, or the events speak of different configs.
    """
    with rows_kept_out_of_the_log():
        handed_over = _handed_over(triggered_by)
        if handed_over and not given:
            return union_of(handed_over)
        as_of = str((given or {}).get("as_of") or datetime.now(UTC).isoformat())
        return _given_run({"from": as_of[:10], "to": as_of[:10], **(given or {}), "as_of": as_of}).conf()


def union_of(confs: list[Conf]) -> Conf:
    """One conf for several: the days of all, the latest `as_of`, and the run id that goes with it.

    Raises:
        UsageError: they name different configs, so there is not one home to build.
    """
    configs = sorted({conf["config"] for conf in confs})
    if len(configs) > 1:
        raise UsageError(
            f"ingests of {' and '.join(configs)} ended together: trigger build_marts for each, with --conf naming it"
        )
    latest = max(confs, key=lambda conf: (datetime.fromisoformat(conf["as_of"]), conf["run_id"]))
    days = {"from": min(conf["from"] for conf in confs), "to": max(conf["to"] for conf in confs)}
    return Run.from_conf({**latest, **days}).conf()


def _handed_over(triggered_by: Iterable[Iterable[Any]]) -> list[Conf]:
    """The confs in the asset events; an event that somebody made by hand may have none."""
    return [event.extra for events in triggered_by for event in events if event.extra.get("config")]


def _given_run(given: dict[str, Any]) -> Run:
    """The run that a DAG run's conf describes; it may leave out the config that scheduled runs go by."""
    wrong = sorted(key for key, value in given.items() if not isinstance(value, str))
    if wrong:
        raise UsageError(f"conf: '{wrong[0]}' must be text")
    return Run.from_conf(given if "config" in given else {**given, "config": str(_config())})


def _daily_run(due: datetime) -> Run:
    return replace(plan_scheduled_run(_config()), run_id=f"{due.astimezone(UTC):%Y%m%dT%H%M%SZ}-daily")


def _config() -> Path:
    """The config that scheduled runs go by.

    Raises:
        UsageError: the environment names none.
    """
    config = os.environ.get(CONFIG_SETTING)
    if not config:
        raise UsageError(f"environment variable {CONFIG_SETTING} is not set: it names the cmn.toml of scheduled runs")
    return Path(config)
