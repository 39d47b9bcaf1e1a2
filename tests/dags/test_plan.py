"""Which days a DAG run covers: given, handed over by asset events, or daily."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from home.register.register import Register
from home.run import Run

#: The moment that a DAG run was scheduled for.
DUE = datetime(2026, 2, 12, 3, 30, tzinfo=UTC)


def conf_of(config: Path, first: str, last: str, as_of: str, run_id: str) -> dict[str, str]:
    return {"config": str(config), "run_id": run_id, "from": first, "to": last, "as_of": as_of}


def dag_run(conf: Any = None, run_type: str = "manual", **picked: Any) -> SimpleNamespace:
    """A DAG run as a task sees it: triggered by hand, with nothing picked unless said."""
    nothing = {"logical_date": None, "data_interval_start": None, "data_interval_end": None}
    return SimpleNamespace(conf=conf, run_type=run_type, **{"run_after": DUE, **nothing, **picked})


def events(*confs: dict[str, Any]) -> list[SimpleNamespace]:
    return [SimpleNamespace(extra=conf) for conf in confs]


def refused(function: Any, *arguments: Any) -> str:
    """The message with which the task fails, without a retry."""
    from dags.tasks.attempt import StepRefused

    with pytest.raises(StepRefused) as caught:
        function(*arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_given_conf_is_taken_as_it_is(config: Path) -> None:
    from dags.tasks.plan import plan_build, plan_ingest

    given = conf_of(config, "2026-01-05", "2026-03-29", "2026-04-02T04:00:00+00:00", "r1")
    assert plan_ingest("app", dag_run(given)) == given
    other = conf_of(config, "2025-01-06", "2025-01-12", "2025-02-01T00:00:00+00:00", "r0")
    assert plan_build(dag_run(given), [events(other)]) == given, "a conf by hand goes before what triggered the run"


def test_given_conf_may_leave_out_config_run_id_and_as_of(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dags.tasks.plan import plan_ingest

    monkeypatch.setenv("CMN_CONFIG", str(config))
    before = datetime.now(UTC)
    conf = plan_ingest("app", dag_run({"from": "2026-01-05", "to": "2026-03-29"}))
    assert (conf["config"], conf["from"], conf["to"]) == (str(config), "2026-01-05", "2026-03-29")
    assert conf["run_id"]
    assert before <= datetime.fromisoformat(conf["as_of"]) <= datetime.now(UTC)


@pytest.mark.clause("command-run")
@pytest.mark.parametrize("nothing", [None, {}])
def test_without_conf_the_daily_run_ends_yesterday(config: Path, nothing: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from dags.tasks.plan import plan_build, plan_ingest

    monkeypatch.setenv("CMN_CONFIG", str(config))
    yesterday = (datetime.now(ZoneInfo("Europe/Amsterdam")) - timedelta(days=1)).date()
    run = dag_run(nothing)
    for conf in (plan_ingest("app", run), plan_build(run, []), plan_build(run, [events({})])):
        assert conf["to"] == yesterday.isoformat()
        assert datetime.fromisoformat(conf["from"]).weekday() == 0


def test_several_events_are_built_together(config: Path) -> None:
    from dags.tasks.plan import plan_build

    late = conf_of(config, "2026-02-02", "2026-02-08", "2026-02-12T05:00:00+01:00", "late")  # 04:00 UTC
    early = conf_of(config, "2026-01-05", "2026-02-09", "2026-02-12T04:30:00+01:00", "early")  # 03:30 UTC
    backfill = conf_of(config, "2025-12-29", "2026-01-04", "2026-02-12T03:59:59+00:00", "backfill")
    union = conf_of(config, "2025-12-29", "2026-02-09", "2026-02-12T04:00:00+00:00", "late")
    assert plan_build(dag_run({}), [events(early, late), events(backfill)]) == union
    assert plan_build(dag_run({}), [events(backfill), events(late, early)]) == union, "in any order"


def test_the_ingests_of_one_morning_are_one_run(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dags.tasks.plan import plan_build, plan_ingest

    both = config.read_text() + '[ga4.export]\nfiles = "landing/ga4"\nconsent_basis = "basic"\n'
    config.write_text(both)
    monkeypatch.setenv("CMN_CONFIG", str(config))
    app, ga4 = plan_ingest("app", dag_run({})), plan_ingest("ga4_export", dag_run({}))
    assert app["run_id"] == ga4["run_id"] == "20260212T033000Z-daily"
    assert plan_build(dag_run({}), [events(app), events(ga4)])["run_id"] == app["run_id"]
    assert plan_ingest("app", dag_run({}, run_after=DUE + timedelta(days=1)))["run_id"] != app["run_id"]


def test_runs_that_another_builds_for_are_closed_with_a_note(config: Path) -> None:
    from dags.tasks.close import close_run
    from dags.tasks.plan import plan_build

    confs = [
        conf_of(config, "2026-02-02", "2026-02-08", f"2026-02-12T0{hour}:00:00+00:00", f"r{hour}") for hour in (1, 2)
    ]
    runs = [Run.from_conf(conf) for conf in confs]
    runs[0].home.make()
    with Register(runs[0].home) as register:
        for run in runs:
            register.start_run(run)
    union = plan_build(dag_run({}), [events(*confs)])

    def outcome(run_id: str) -> tuple[Any, Any]:
        with Register(runs[0].home) as register:
            row = register.run(run_id)
        return row["exit_code"], row["message"]

    assert outcome("r1") == (0, "its marts are built by run r2")
    assert outcome("r2") == (None, None), "not before its marts are published"
    close_run(Run.from_conf(union))
    assert outcome("r2") == (0, "")


def test_as_of_is_compared_as_an_instant_not_as_text(config: Path) -> None:
    from dags.tasks.plan import plan_build

    greater_text = conf_of(config, "2026-02-02", "2026-02-08", "2026-02-12T05:00:00+03:00", "a")  # 02:00 UTC
    later = conf_of(config, "2026-02-02", "2026-02-08", "2026-02-12T04:00:00+00:00", "b")
    assert plan_build(dag_run({}), [events(greater_text, later)])["run_id"] == "b"


def test_events_of_two_configs_are_refused_by_name(config: Path, tmp_path: Path) -> None:
    from dags.tasks.plan import plan_build

    moment = "2026-02-12T04:00:00+00:00"
    one = conf_of(config, "2026-02-02", "2026-02-08", moment, "a")
    two = conf_of(tmp_path / "other.toml", "2026-02-02", "2026-02-08", moment, "b")
    message = refused(plan_build, dag_run({}), [events(one, two)])
    assert "other.toml" in message and "cmn.toml" in message and "--conf" in message


def test_a_source_that_is_not_configured_skips_and_says_so(config: Path) -> None:
    from airflow.sdk.exceptions import AirflowSkipException

    from dags.tasks.plan import plan_ingest

    given = conf_of(config, "2026-01-05", "2026-01-11", "2026-01-15T00:00:00+00:00", "r")
    with pytest.raises(AirflowSkipException, match=r"cmn\.toml has no \[ga4\.export\]"):
        plan_ingest("ga4_export", dag_run(given))


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"from": "2026-02-30"}, "'from'"),
        ({"to": "05-01-2026"}, "'to'"),
        ({"from": ""}, "'from'"),
        ({"from": "2026-01-12"}, "'from' and 'to'"),
        ({"as_of": "2026-01-15T00:00:00"}, "'as_of'"),
        ({"as_of": "yesterday"}, "'as_of'"),
        ({"from": 20260105}, "'from'"),
        ({"until": "2026-01-05"}, "'until'"),
        ({"config": "/nowhere/cmn.toml"}, "/nowhere/cmn.toml"),
    ],
)
def test_wrong_conf_fails_with_one_line_that_names_it(config: Path, wrong: dict[str, Any], named: str) -> None:
    from dags.tasks.plan import plan_build, plan_ingest

    given = conf_of(config, "2026-01-05", "2026-01-11", "2026-01-15T00:00:00+00:00", "r") | wrong
    assert named in refused(plan_ingest, "app", dag_run(given))
    assert named in refused(plan_build, dag_run(given), [])


def test_no_conf_and_no_config_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    from dags.tasks.plan import plan_build, plan_ingest

    monkeypatch.delenv("CMN_CONFIG", raising=False)
    assert "CMN_CONFIG is not set" in refused(plan_ingest, "app", dag_run(None))
    assert "CMN_CONFIG is not set" in refused(plan_build, dag_run({}), [])


def test_releases_and_portal_take_over_what_the_marts_hand_on(config: Path) -> None:
    from dags.tasks.plan import plan_after

    earlier = conf_of(config, "2026-01-12", "2026-01-18", "2026-01-23T04:00:00+00:00", "r1")
    later = conf_of(config, "2026-01-05", "2026-01-11", "2026-01-24T04:00:00+00:00", "r2")
    assert plan_after(dag_run(None), [events(later)]) == later
    assert plan_after(dag_run({}), [events(earlier), events(later)]) == {**later, "to": "2026-01-18"}
    assert plan_after(dag_run(earlier), [events(later)]) == earlier, "a conf by hand goes before what triggered the run"


def test_releases_need_no_days_since_they_read_no_source(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dags.tasks.plan import plan_after

    monkeypatch.setenv("CMN_CONFIG", str(config))
    conf = plan_after(dag_run({"as_of": "2026-01-24T04:00:00+00:00", "run_id": "r3"}), [])
    assert conf == conf_of(config, "2026-01-24", "2026-01-24", "2026-01-24T04:00:00+00:00", "r3")
    before = datetime.now(UTC)
    by_hand = plan_after(dag_run(None), [])
    assert before <= datetime.fromisoformat(by_hand["as_of"]) <= datetime.now(UTC)
    assert "'as_of'" in refused(plan_after, dag_run({"as_of": "yesterday"}), [])


def test_a_portal_by_hand_is_closed_in_the_register(bag: Any) -> None:
    """Of a run that begins with the releases nobody else would note that it is over."""
    dag = bag.dags["publish_portal"]
    assert [task.task_id for task in dag.leaves] == ["close_run"]
    assert dag.get_task("close_run").upstream_task_ids >= {"deliver_releases"}


AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def test_what_is_left_empty_in_the_form_is_as_in_a_daily_run(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dags.tasks.plan import plan_build, plan_ingest

    monkeypatch.setenv("CMN_CONFIG", str(config))
    empty = {"from": None, "to": None, "as_of": "", "config": None}
    later = conf_of(config, "2026-02-02", "2026-02-08", "2026-02-12T05:00:00+00:00", "late")
    yesterday = str((datetime.now(AMSTERDAM) - timedelta(days=1)).date())
    assert plan_ingest("app", dag_run(empty))["to"] == yesterday
    assert plan_build(dag_run(empty), [events(later)]) == later
    as_of = plan_ingest("app", dag_run({**empty, "as_of": "2026-02-12T05:00:00+01:00"}))
    assert (as_of["from"], as_of["to"]) == ("2026-02-02", "2026-02-11"), "last week's Monday to the day before"


def test_an_interval_that_somebody_picks_is_used(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dags.tasks.plan import plan_build, plan_ingest

    monkeypatch.setenv("CMN_CONFIG", str(config))
    # Local midnight of 5 January to local midnight of 12 January, the end not included.
    start, end = datetime(2026, 1, 4, 23, tzinfo=UTC), datetime(2026, 1, 11, 23, tzinfo=UTC)
    picked = {"logical_date": start, "data_interval_start": start, "data_interval_end": end}
    for conf in (plan_ingest("app", dag_run({}, **picked)), plan_build(dag_run({}, **picked), [])):
        assert (conf["from"], conf["to"]) == ("2026-01-05", "2026-01-11")
    same = {"from": "2026-01-05", "to": "2026-01-11"}
    assert plan_ingest("app", dag_run(same, **picked))["to"] == "2026-01-11"
    message = refused(plan_ingest, "app", dag_run({**same, "to": "2026-01-12"}, **picked))
    assert "2026-01-05 to 2026-01-11" in message and "one of the two" in message


def test_a_logical_date_of_an_earlier_day_is_that_morning_s_run(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dags.tasks.plan import plan_ingest

    monkeypatch.setenv("CMN_CONFIG", str(config))
    before = datetime.now(UTC)
    local = (before.astimezone(AMSTERDAM) - timedelta(days=14)).replace(hour=0, minute=30)  # in UTC the day before
    moment = local.astimezone(UTC)
    picked = {"logical_date": moment, "data_interval_start": moment, "data_interval_end": moment}
    last_day = local.date() - timedelta(days=1)
    last_week = last_day - timedelta(days=last_day.weekday() + 7)
    conf = plan_ingest("app", dag_run({}, **picked))
    assert (conf["from"], conf["to"]) == (str(last_week), str(last_day))
    assert datetime.fromisoformat(conf["as_of"]) >= before, "consent is judged as of now"
    days = {"from": "2026-01-05", "to": "2026-01-11"}
    assert f"logical date {local.date()}" in refused(plan_ingest, "app", dag_run(days, **picked))


def test_the_logical_date_that_the_form_fills_in_is_nobody_s_choice(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dags.tasks.plan import plan_after, plan_ingest

    monkeypatch.setenv("CMN_CONFIG", str(config))
    now = datetime.now(UTC)
    picked = {"logical_date": now, "data_interval_start": now, "data_interval_end": now}
    days = {"from": "2026-01-05", "to": "2026-01-11"}
    assert plan_ingest("app", dag_run(days, **picked))["from"] == "2026-01-05"
    yesterday = str((datetime.now(AMSTERDAM) - timedelta(days=1)).date())
    assert plan_ingest("app", dag_run(None, **picked))["to"] == yesterday
    assert plan_after(dag_run({}, **picked), [])["config"] == str(config)


def test_a_logical_date_ahead_is_refused(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dags.tasks.plan import plan_ingest

    monkeypatch.setenv("CMN_CONFIG", str(config))
    ahead = dag_run({}, logical_date=datetime.now(UTC) + timedelta(days=3))
    assert "lies ahead" in refused(plan_ingest, "app", ahead)


def test_a_backfill_is_refused_with_the_way_that_was_meant(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dags.tasks.plan import plan_after, plan_build, plan_ingest

    monkeypatch.setenv("CMN_CONFIG", str(config))
    backfill = dag_run({}, run_type="backfill")
    for message in (
        refused(plan_ingest, "app", backfill),
        refused(plan_build, backfill, []),
        refused(plan_after, backfill, []),
    ):
        assert "trigger the DAG once" in message and "'from' and 'to'" in message


def test_what_would_change_nothing_is_refused_where_no_source_is_read(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dags.tasks.plan import plan_after

    monkeypatch.setenv("CMN_CONFIG", str(config))
    moment = datetime(2026, 2, 11, tzinfo=UTC)
    for end in (moment, moment + timedelta(days=7)):
        picked = {"logical_date": moment, "data_interval_start": moment, "data_interval_end": end}
        assert "covers no days" in refused(plan_after, dag_run({}, **picked), [])


def test_counts_in_an_asset_event_are_no_part_of_the_conf(config: Path) -> None:
    from dags.tasks.plan import plan_after, plan_build

    conf = conf_of(config, "2026-02-02", "2026-02-08", "2026-02-12T05:00:00+00:00", "r")
    handed_on = {**conf, "counts": {"gate": {"app": {"passed": 3}}}}
    assert plan_build(dag_run(None), [events(handed_on)]) == conf
    assert plan_after(dag_run(None), [events(handed_on)]) == conf
