"""Which days a DAG run covers, and as of when: from its conf, from what triggered it, or from the calendar."""

import os
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.sdk.exceptions import AirflowSkipException

from dags.tasks.asked_for import conf_given, day_picked, days_picked, refuse_what_has_no_use
from dags.tasks.attempt import rows_kept_out_of_the_log
from dags.tasks.close import close_runs_built_by
from home.run import CONF_KEYS, Run, parse_instant, plan_scheduled_run
from home.settings.settings import Settings, load_settings
from refusals.errors import UsageError

CONFIG_SETTING = "CMN_CONFIG"
SECTIONS = {"app": "[app]", "ga4_export": "[ga4.export]", "ga4_reports": "[ga4.reports]"}

Conf = dict[str, str]


def plan_ingest(source: str, dag_run: Any) -> Conf:
    """The conf of an ingest's run: what it was asked for (a backfill, `cmn run`), else the daily run of `CMN_CONFIG`.

    The ingests of one morning have the moment in common for which they were scheduled, so it names their run: the
    register then holds one run a day, with the counts of every source.

    Raises:
        AirflowSkipException: the config has no such source.
        StepRefused: the conf, the days picked or the config cannot be used.
    """
    with rows_kept_out_of_the_log():
        run = _run_asked_for(dag_run) or _daily_run(dag_run.run_after)
        if source not in run.settings.sources:
            raise AirflowSkipException(f"{run.settings.file} has no {SECTIONS[source]}: nothing to ingest")
        return run.conf()


def plan_build(dag_run: Any, triggered_by: Iterable[Iterable[Any]]) -> Conf:
    """The conf of a build's run: what it was asked for, else what the ingests before it hand over, else as daily.

    `triggered_by` are the asset events, asset by asset. Several ingests may have ended since the last build: the
    build then covers all their days, as of the latest of their moments, under the run id of that one; the other runs
    are closed, with a note of the run that builds for them.

    Raises:
        StepRefused: the conf, the days picked or the config cannot be used, or the events speak of different configs.
    """
    with rows_kept_out_of_the_log():
        handed_over = _handed_over(triggered_by)
        if asked_for := _run_asked_for(dag_run):
            return asked_for.conf()
        if not handed_over:
            return plan_scheduled_run(_config()).conf()
        union = union_of(handed_over)
        close_runs_built_by(Run.from_conf(union), {conf["run_id"] for conf in handed_over})
        return union


def plan_after(dag_run: Any, triggered_by: Iterable[Iterable[Any]]) -> Conf:
    """The conf of a run that follows another (releases, the portal): what it was given, else what that hands over.

    It reads no source, so days may be left out of what is given: they are then that of `as_of`.

    Raises:
        StepRefused: the conf or the config cannot be used, the events speak of different configs, or somebody picked
            a logical date or an interval, which would change nothing.
    """
    with rows_kept_out_of_the_log():
        given, handed_over = conf_given(dag_run), _handed_over(triggered_by)
        if handed_over and not given:
            return union_of(handed_over)
        as_of = str(given.get("as_of") or datetime.now(UTC).isoformat())
        run = _given_run({"from": as_of[:10], "to": as_of[:10], **given, "as_of": as_of})
        refuse_what_has_no_use(dag_run, run.policy.consent.timezone)
        return run.conf()


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
    """The confs in the asset events, without the counts beside them; an event made by hand may have none."""
    extras = [event.extra for events in triggered_by for event in events if event.extra.get("config")]
    return [{key: extra[key] for key in CONF_KEYS if key in extra} for extra in extras]


def _run_asked_for(dag_run: Any) -> Run | None:
    """The run that somebody asked for: by conf, by an interval, or by the logical date of an earlier day.

    Such a day's run covers what the daily run of its morning would; consent is judged as of now all the same.
    """
    given = conf_given(dag_run)
    if not given and dag_run.logical_date is None:
        return None
    by_default = _given_settings(given)
    timezone = by_default.policy.consent.timezone
    if days := days_picked(dag_run, given, timezone):
        given |= {"from": str(days[0]), "to": str(days[1])}
    elif day := day_picked(dag_run, given, timezone):
        run = plan_scheduled_run(by_default.file, last_day=day - timedelta(days=1))
        given |= {"from": str(run.first_day), "to": str(run.last_day)}
    elif given and set(given) <= {"config", "as_of"}:
        as_of = parse_instant(str(given["as_of"]), "as_of") if "as_of" in given else None
        return plan_scheduled_run(by_default.file, as_of)
    return _given_run(given) if given else None


def _given_settings(given: dict[str, Any]) -> Settings:
    config = given.get("config", "")
    if not isinstance(config, str):
        raise UsageError("conf: 'config' must be text")
    return load_settings(Path(config) if config else _config())


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
