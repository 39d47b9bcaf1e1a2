"""On a used-up quota the task waits in Airflow's triggerer; no worker sleeps, and what may not wait is told."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from refusals.errors import InputRefused, QuotaUsedUp, SourceUnavailable

GOES_ON_AT = datetime(2026, 11, 19, 7, tzinfo=UTC)


class Event:
    extra: dict[str, Any]


@pytest.fixture
def conf(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "cmn.toml").write_text('home = "h"\n[ga4.reports]\nproperty = "1"\nconsent_basis = "basic"\n')
    return {"config": str(tmp_path / "cmn.toml"), "run_id": "r", "from": "2026-10-19", "to": "2026-10-25"}


def task_of(bag: Any, conf: dict[str, str], may_wait: bool = True) -> Any:
    """The task of the DAG, with a conf in place of what `plan` will hand over."""
    from dags.tasks.ingest_reports import IngestReports

    (leaf,) = bag.dags["ingest_ga4_reports"].leaves
    assert type(leaf).__name__ == IngestReports.__name__ and leaf.may_wait
    return IngestReports(task_id="ingest", conf=conf, may_wait=may_wait)


def context() -> tuple[Event, dict[str, Any]]:
    from dags.assets import GA4_REPORTS

    event = Event()
    return event, {"outlet_events": {GA4_REPORTS: event}}


def step_raising(monkeypatch: pytest.MonkeyPatch, error: Exception | None) -> list[str]:
    from ingestion.ga4_reports import report_batch

    done: list[str] = []

    def step(run: Any) -> None:
        done.append(run.run_id)
        if error is not None:
            raise error

    monkeypatch.setattr(report_batch, "ingest_ga4_reports", step)
    return done


@pytest.mark.clause("reports-quota")
def test_it_defers_until_the_quota_is_back_and_then_does_the_same_run(
    bag: Any, conf: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.sdk.exceptions import TaskDeferred

    task = task_of(bag, conf)
    step_raising(monkeypatch, QuotaUsedUp("property 1: tokens", GOES_ON_AT))
    with pytest.raises(TaskDeferred) as deferred:
        task.execute(context()[1])
    path, kwargs = deferred.value.trigger.serialize()
    assert path == "airflow.providers.standard.triggers.temporal.DateTimeTrigger"
    assert kwargs["moment"] == GOES_ON_AT and not kwargs["end_from_trigger"]
    assert deferred.value.timeout is None
    # The triggerer brings it back by the method that was named, with its event.
    done = step_raising(monkeypatch, None)
    event, given = context()
    assert task.resume_execution(deferred.value.method_name, {"event": GOES_ON_AT}, given) == "r"
    assert done == ["r"]
    assert {key: event.extra[key] for key in conf} == conf
    # The quota may be used up once more.
    step_raising(monkeypatch, QuotaUsedUp("property 1: tokens", GOES_ON_AT + timedelta(hours=1)))
    with pytest.raises(TaskDeferred):
        task.resume_execution(deferred.value.method_name, {"event": GOES_ON_AT}, given)


@pytest.mark.parametrize(
    ("error", "kind"),
    [(SourceUnavailable("property 1"), "StepFailed"), (InputRefused("property 1"), "StepRefused")],
)
def test_nothing_else_defers(
    bag: Any, conf: dict[str, str], monkeypatch: pytest.MonkeyPatch, error: Exception, kind: str
) -> None:
    step_raising(monkeypatch, error)
    with pytest.raises(Exception, match="property 1") as raised:
        task_of(bag, conf).execute(context()[1])
    assert type(raised.value).__name__ == kind


def test_within_the_command_it_does_not_wait(bag: Any, conf: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    step_raising(monkeypatch, QuotaUsedUp("property 1: tokens", GOES_ON_AT))
    with pytest.raises(Exception, match="goes on at 2026-11-19 07:00 UTC") as raised:
        task_of(bag, conf, may_wait=False).execute(context()[1])
    assert isinstance(raised.value.original, QuotaUsedUp)
