"""### Publish portal

**Purpose.** Writes what readers see: the catalogue of releases and the portal, then brings releases and portal to the
destinations of the config.

**Owner.** data-team. **When.** After the weekly or the quarterly releases (assets `weekly_releases`,
`quarterly_releases`).

**Reads.** `marts/marts.duckdb`, `releases/`, the policy: what is approved decides what is shown and delivered.

**Writes.** `releases/catalogue.jsonld`, `portal/`, the destinations, the register of runs.

**Safe to re-run?** Yes: the same marts and releases give the same pages, and a half-done upload is finished.

**When it fails.** The last line of the task's log names the destination and the mend; readers keep what they had,
but for a dataset whose approval has lapsed: that goes all the same.
"""

from typing import Any

from airflow.sdk import dag, task

from dags.assets import QUARTERLY_RELEASES, WEEKLY_RELEASES
from dags.schedule import every_dag


@dag(
    dag_id="publish_portal",
    schedule=(WEEKLY_RELEASES | QUARTERLY_RELEASES),
    doc_md=__doc__,
    **every_dag(tags=["release", "portal"], priority_weight=5, with_days=False),
)
def publish_portal() -> None:
    """Plans the run, takes its two steps, and closes it."""

    @task
    def plan(dag_run: Any = None, triggering_asset_events: Any = None) -> dict[str, str]:
        """As of when, under which config."""
        from dags.tasks.plan import plan_after

        return plan_after(dag_run, triggering_asset_events.values())

    @task
    def build_portal(conf: dict[str, str]) -> str:
        """Writes the catalogue and the pages."""
        from dags.tasks.attempt import attempt
        from portal.readers import build_portal as step

        return attempt(step, conf)

    @task
    def deliver_releases(conf: dict[str, str]) -> str:
        """Brings releases and portal to each destination."""
        from dags.tasks.attempt import attempt
        from releases.destinations.delivery import deliver_releases as step

        return attempt(step, conf)

    @task(task_id="close_run")
    def close(conf: dict[str, str]) -> str:
        """Notes in the register that the run is done, where it began with the releases."""
        from dags.tasks.attempt import attempt
        from dags.tasks.close import close_run

        return attempt(close_run, conf)

    conf = plan()
    build_portal(conf) >> deliver_releases(conf) >> close(conf)


publish_portal()
