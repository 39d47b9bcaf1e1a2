"""What every DAG here has in common: when it runs, how it fails, whom it tells."""

from datetime import timedelta
from typing import Any

from airflow.sdk import CronTriggerTimetable, Param

from dags.tasks.alerts import failure_alerts

OWNER = "data-team"

#: One slot, since DuckDB has one writer; `dags/pool.py` makes it.
POOL = "duckdb_writer"

#: After GA4's daily export, which is there some hours after midnight of the property. A new installation waits for
#: the next 04:30 (the zero); one that was down at 04:30 runs when it is back.
DAILY = CronTriggerTimetable("30 4 * * *", timezone="Europe/Amsterdam", run_immediately=timedelta(0))

#: Retention does not wait for a source: marts are built once a day even where every ingest was refused.
DAILY_AT_THE_LATEST = CronTriggerTimetable("30 7 * * *", timezone="Europe/Amsterdam", run_immediately=timedelta(0))

#: After the morning's ingests and builds have begun, and before people work.
EVERY_MORNING = CronTriggerTimetable("0 8 * * *", timezone="Europe/Amsterdam", run_immediately=timedelta(0))

#: When what the night should have brought must be there.
AFTER_THE_MORNING = CronTriggerTimetable("0 9 * * *", timezone="Europe/Amsterdam", run_immediately=timedelta(0))

#: How a run may come about: not by Airflow's own backfill, which makes a run a day, each over the same open weeks.
RUN_TYPES = ("scheduled", "manual", "operator_triggered", "asset_triggered", "asset_materialization")


def run_params(*, with_days: bool) -> dict[str, Param]:
    """The form of a run that somebody triggers; what is left empty is as in a scheduled run.

    `with_days`: the DAG covers an interval; those that read no source have none.
    """
    days = {
        "from": _day("First day", "Local day, included. Give both days, or neither."),
        "to": _day("Last day", "Local day, included. Any interval is one run: this is how days of long ago are read."),
    }
    others = {
        "as_of": Param(
            None,
            type=["null", "string"],
            format="date-time",
            title="As of",
            description="The moment that stands in for now: consent, freezing and retention go by it. Empty: now.",
        ),
        "config": Param(
            None,
            type=["null", "string"],
            title="Config",
            description="Path of another cmn.toml, on the machine that runs the tasks. Empty: that of CMN_CONFIG.",
        ),
    }
    return {**(days if with_days else {}), **others}


def _day(title: str, description: str) -> Param:
    return Param(None, type=["null", "string"], format="date", title=title, description=description)


def every_dag(tags: list[str], priority_weight: int = 1, *, with_days: bool = True) -> dict[str, Any]:
    """Arguments of a DAG; its tasks take one slot of the writer's pool, and wait 5, 10, 20 minutes before a retry.

    A build has the higher priority: once begun, it goes before an ingest that waits for the same slot.
    """
    return {
        "params": run_params(with_days=with_days),
        "allowed_run_types": RUN_TYPES,
        "catchup": False,
        "max_active_runs": 1,
        "is_paused_upon_creation": False,
        "tags": ["connect-me-now", *tags],
        "default_args": {
            "owner": OWNER,
            "pool": POOL,
            "priority_weight": priority_weight,
            "weight_rule": "absolute",
            "retries": 3,
            "retry_delay": timedelta(minutes=5),
            "retry_exponential_backoff": 2,
            "max_retry_delay": timedelta(hours=1),
            "execution_timeout": timedelta(hours=2),
            "on_failure_callback": failure_alerts(),
        },
    }
