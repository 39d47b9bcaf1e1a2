"""### Watch weeks

**Purpose.** Tells of weeks that should have frozen by now and did not, although nothing failed: a source that stopped
delivering, days that nobody ran over, a build that never came.

**Owner.** data-team. **When.** Daily at 09:00 Europe/Amsterdam, after the morning's ingests and builds.

**Reads.** The register of runs, the weeks' commits, the policy (`overdue_after_days` of `anonymity.toml`).

**Writes.** Nothing; mails `CMN_ALERT_EMAIL`, once a day as long as a week is overdue.

**Safe to re-run?** Yes: it only tells again.

**When it fails.** The mail server could not be reached, or the config cannot be used: the log's last line says which.
"""

from typing import Any

from airflow.sdk import dag, task

from dags.schedule import AFTER_THE_MORNING, every_dag


@dag(dag_id="watch_weeks", schedule=AFTER_THE_MORNING, doc_md=__doc__, **every_dag(tags=["watch"], with_days=False))
def watch_weeks() -> None:
    """Plans the run, then looks, then tells."""

    @task
    def plan(dag_run: Any = None) -> dict[str, str]:
        """As of when, under which config."""
        from dags.tasks.plan import plan_after

        return plan_after(dag_run, ())

    @task
    def find_overdue_weeks(conf: dict[str, str]) -> list[str]:
        """A line for each week that is overdue: source, Monday, days, and what to do."""
        from dags.tasks.watch import find_overdue_weeks as find

        return find(conf)

    @task
    def tell(lines: list[str], **context: Any) -> bool:
        """Mails them; returns whether a mail was sent."""
        from dags.tasks.alerts import tell_of_overdue_weeks

        return tell_of_overdue_weeks(lines, context)

    tell(find_overdue_weeks(plan()))


watch_weeks()
