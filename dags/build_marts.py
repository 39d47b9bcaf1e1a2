"""### Build marts

**Purpose.** Freezes the weeks that are complete into anonymised cells, destroys records past their time, and builds the
marts that analysts open from all frozen cells. Weeks that froze under older rules are told by today's first.

**Owner.** data-team. **When.** After each ingest, and at 07:30, so that records go in time whatever a source delivers.
An ingest's asset event carries interval and `as_of` (a run that is triggered by an asset has no interval of its own).
Ingests that end while a build runs are built together.

**Reads.** `restricted/records`, `restricted/ga4_reports`, `cells/`, the policy.

**Writes.** `cells/` (only ever new files), `marts/marts.duckdb` (replaced in one rename, after the checks at the door
out), `reports/`, the register of runs. Then the releases follow.

**Safe to re-run?** Yes: a frozen week is never written again, and the same cells give the same marts.

**When it fails.** The last line of the task's log names what was refused. The marts that are there stay as they are.
"""

from collections.abc import Callable
from typing import Any

from airflow.sdk import AssetOrTimeSchedule, chain, dag, task

from dags.assets import APP_RECORDS, GA4_RECORDS, GA4_REPORTS, MARTS
from dags.schedule import DAILY_AT_THE_LATEST, every_dag


@dag(
    dag_id="build_marts",
    schedule=AssetOrTimeSchedule(timetable=DAILY_AT_THE_LATEST, assets=(APP_RECORDS | GA4_RECORDS | GA4_REPORTS)),
    doc_md=__doc__,
    **every_dag(tags=["marts", "personal-data"], priority_weight=10),
)
def build_marts() -> None:
    """Plans the run, then takes its steps one after the other, and closes it."""

    @task
    def plan(dag_run: Any = None, triggering_asset_events: Any = None) -> dict[str, str]:
        """Which days, as of when, under which config."""
        from dags.tasks.plan import plan_build

        return plan_build(dag_run, triggering_asset_events.values())

    @task
    def count_leaf_cells(conf: dict[str, str]) -> str:
        """Counts the person-weeks of the weeks that freeze now, by dbt."""
        from dags.tasks.attempt import attempt
        from freezing.counting import count_leaf_cells as step

        return attempt(step, conf)

    @task
    def freeze_weeks(conf: dict[str, str]) -> str:
        """Recodes leaf cells into cells of at least k persons, and commits them week by week."""
        from dags.tasks.attempt import attempt
        from freezing.freezing import freeze_weeks as step

        return attempt(step, conf)

    @task
    def apply_retention(conf: dict[str, str]) -> str:
        """Destroys records and keys past their time."""
        from dags.tasks.attempt import attempt
        from ingestion.store.retention import apply_retention as step

        return attempt(step, conf)

    @task(task_id="build_marts")
    def build(conf: dict[str, str]) -> str:
        """Rolls the frozen cells up into marts, by dbt, in a file aside."""
        from dags.tasks.attempt import attempt
        from marts.marts import build_marts as step

        return attempt(step, conf)

    @task
    def check_marts(conf: dict[str, str]) -> str:
        """The door out: no mart leaves that breaks a promise."""
        from dags.tasks.attempt import attempt
        from marts.marts import check_marts as step

        return attempt(step, conf)

    @task(outlets=[MARTS])
    def publish_marts(conf: dict[str, str], outlet_events: Any = None) -> str:
        """Swaps the marts in, in one rename; the asset event hands the run's conf to the releases."""
        from dags.tasks.attempt import attempt_and_tell
        from marts.marts import publish_marts as step

        return attempt_and_tell(step, conf, outlet_events[MARTS])

    @task
    def write_reports(conf: dict[str, str]) -> str:
        """Writes the data team's pages: counts only."""
        from dags.tasks.attempt import attempt
        from marts.reports import write_reports as step

        return attempt(step, conf)

    @task(task_id="close_run")
    def close(conf: dict[str, str]) -> str:
        """Notes in the register that the run is done."""
        from dags.tasks.attempt import attempt
        from dags.tasks.close import close_run

        return attempt(close_run, conf)

    conf = plan()
    steps: list[Callable[..., Any]] = [
        count_leaf_cells, freeze_weeks, apply_retention, build, check_marts, publish_marts, write_reports, close,
    ]  # fmt: skip
    chain(*(step(conf) for step in steps))


build_marts()
