"""### Release weekly

**Purpose.** Publishes every frozen week of the approved datasets that was not released yet: what researchers receive.

**Owner.** data-team. **When.** After the marts were swapped in (asset `marts`).

**Reads.** `cells/`, `marts/marts.duckdb`, the policy (`releases.toml`), earlier releases.

**Writes.** `releases/` (whole folders and the signed ledger), the register of runs. What older rules
told is withdrawn before, and published anew. Then `publish_portal` follows.

**Safe to re-run?** Yes: what is released stays as it is, and a release that was interrupted is finished.

**When it fails.** The last line of the task's log names the figures that would leak, or the rule at the door out.
Nothing of a refused release is left, and the others are published.
"""

from typing import Any

from airflow.sdk import dag, task

from dags.assets import MARTS, WEEKLY_RELEASES
from dags.schedule import every_dag


@dag(
    dag_id="release_weekly",
    schedule=[MARTS],
    doc_md=__doc__,
    **every_dag(tags=["release"], priority_weight=5, with_days=False),
)
def release_weekly() -> None:
    """Plans the run, then does it."""

    @task
    def plan(dag_run: Any = None, triggering_asset_events: Any = None) -> dict[str, str]:
        """As of when, under which config."""
        from dags.tasks.plan import plan_after

        return plan_after(dag_run, triggering_asset_events.values())

    @task(outlets=[WEEKLY_RELEASES])
    def publish_weeks(conf: dict[str, str], outlet_events: Any = None) -> str:
        """Drafts, audits and publishes what is due."""
        from dags.tasks.attempt import attempt_and_tell
        from releases.due.release_step import publish_weeks as step

        return attempt_and_tell(step, conf, outlet_events[WEEKLY_RELEASES])

    publish_weeks(plan())


release_weekly()
