"""### Ingest GA4 export

**Purpose.** Takes the day files of the GA4 export in, passes their rows through the consent gate, and keeps what may be
used, under a pseudonym.

**Owner.** data-team. **When.** Daily at 04:30 Europe/Amsterdam; covers the first open week's Monday to yesterday. Late
rewrites of a day file enter as long as its week is open.

**Reads.** The files in `[ga4.export]` of the config, the app's users and consents where `[app]` is there, the policy.

**Writes.** `restricted/records/ga4_export`, `restricted/quarantine`, the register of runs. Then `build_marts` follows.

**Safe to re-run?** Yes: the same files give the same store, in any order, however often.

**Backfill.** Any interval in one run: conf `{"from": "2026-01-05", "to": "2026-03-29"}`; also `config`, `as_of`.

**When it fails.** The last line of the task's log names the file, column or setting, and how to mend it. A refusal is
not retried; a lock held by another run is.
"""

from typing import Any

from airflow.sdk import dag, task

from dags.assets import GA4_RECORDS
from dags.schedule import DAILY, every_dag


@dag(dag_id="ingest_ga4_export", schedule=DAILY, doc_md=__doc__, **every_dag(tags=["ingest", "personal-data"]))
def ingest_ga4_export() -> None:
    """Plans the run, then does it."""

    @task
    def plan(dag_run: Any = None) -> dict[str, str]:
        """Which days, as of when, under which config."""
        from dags.tasks.plan import plan_ingest

        return plan_ingest("ga4_export", dag_run)

    @task(outlets=[GA4_RECORDS])
    def ingest(conf: dict[str, str], outlet_events: Any = None) -> str:
        """Reads, judges, gates and stores; its asset event hands the run's conf to `build_marts`."""
        from dags.tasks.attempt import attempt_and_tell
        from ingestion.ga4.batch import ingest_ga4_export as ingest_batch

        return attempt_and_tell(ingest_batch, conf, outlet_events[GA4_RECORDS])

    ingest(plan())


ingest_ga4_export()
