"""What every DAG here has in common: when it runs, how it fails, whom it tells."""

import os
from datetime import timedelta
from typing import Any

from airflow.sdk import CronTriggerTimetable

OWNER = "data-team"

#: One slot, since DuckDB has one writer; `dags/pool.py` makes it.
POOL = "duckdb_writer"

#: Who is told of a failed task; no mail where it is not set. Airflow's connection `smtp_default` says how it is sent.
ALERT_SETTING = "CMN_ALERT_EMAIL"

#: After GA4's daily export, which is there some hours after midnight of the property. A new installation waits for
#: the next 04:30 (the zero); one that was down at 04:30 runs when it is back.
DAILY = CronTriggerTimetable("30 4 * * *", timezone="Europe/Amsterdam", run_immediately=timedelta(0))

#: Retention does not wait for a source: marts are built once a day even where every ingest was refused.
DAILY_AT_THE_LATEST = CronTriggerTimetable("30 7 * * *", timezone="Europe/Amsterdam", run_immediately=timedelta(0))

_MESSAGE = (
    "<p>Task <b>{{ ti.task_id }}</b> of <b>{{ ti.dag_id }}</b> failed for good at its try {{ ti.try_number }}, "
    'in run {{ run_id }}.</p><p>What to mend stands at the end of <a href="{{ ti.log_url }}">its log</a>.</p>'
)


def failure_alerts() -> list[Any]:
    """Airflow's own mail notifier when `CMN_ALERT_EMAIL` is set (several addresses parted by commas), else none.

    The message names DAG, task, run and log, and quotes nothing.
    """
    to = [address.strip() for address in os.environ.get(ALERT_SETTING, "").split(",") if address.strip()]
    if not to:
        return []
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier

    subject = "[connect-me-now] {{ ti.dag_id }}.{{ ti.task_id }} failed"
    return [SmtpNotifier(to=to, subject=subject, html_content=_MESSAGE)]


def every_dag(tags: list[str], priority_weight: int = 1) -> dict[str, Any]:
    """Arguments of a DAG; its tasks take one slot of the writer's pool, and wait 5, 10, 20 minutes before a retry.

    A build has the higher priority: once begun, it goes before an ingest that waits for the same slot.
    """
    return {
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
