"""### Ingest GA4 reports

**Purpose.** Asks GA4's Data API for the reports of settled weeks (by region, by age) and keeps what it answers, with
what it says of sampling, thresholds and truncation.

**Owner.** data-team. **When.** Daily at 04:30 Europe/Amsterdam; covers the first open week's Monday to yesterday. A
week that is complete is not asked for again.

**Reads.** The property in `[ga4.reports]` of the config, over gRPC; the policy.

**Writes.** `restricted/ga4_reports`, the register of runs. Then `build_marts` follows.

**Safe to re-run?** Yes: what is complete stays, what was read when a quota ended is gone on with.

**Backfill.** Any interval in one run: conf `{"from": "2026-01-05", "to": "2026-03-29"}`; also `config`, `as_of`.

**When it fails.** A used-up quota is no failure: the task waits in the triggerer until it is back. Else the last line
of the task's log names the property or the setting, and how to mend it.
"""

from typing import Any

from airflow.sdk import dag, task

from dags.schedule import DAILY, every_dag
from dags.tasks.ingest_reports import IngestReports


@dag(dag_id="ingest_ga4_reports", schedule=DAILY, doc_md=__doc__, **every_dag(tags=["ingest", "personal-data"]))
def ingest_ga4_reports() -> None:
    """Plans the run, then does it."""

    @task
    def plan(dag_run: Any = None) -> dict[str, str]:
        """Which days, as of when, under which config."""
        from dags.tasks.plan import plan_ingest

        return plan_ingest("ga4_reports", dag_run)

    IngestReports(task_id="ingest", conf=plan(), doc_md=IngestReports.__doc__)


ingest_ga4_reports()
