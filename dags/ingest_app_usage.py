"""### Ingest app usage

**Purpose.** Takes the app's users, consents and sessions in, passes them through the consent gate, and keeps what may
be used, under a pseudonym.

**Owner.** data-team. **When.** Daily at 04:30 Europe/Amsterdam; covers the first open week's Monday to yesterday.

**Reads.** The source in `[app]` of the config (drop folder or database), the city database, the policy.

**Writes.** `restricted/records/app`, `restricted/quarantine`, the register of runs. Then `build_marts` follows.

**Safe to re-run?** Yes: the same delivery gives the same store, in any order, however often.

**Backfill.** Any interval in one run: conf `{"from": "2026-01-05", "to": "2026-03-29"}`; also `config`, `as_of`.

**When it fails.** The last line of the task's log names the file, column or setting, and how to mend it. A refusal is
not retried; a lock held by another run, or a lost connection, is.
"""

from typing import Any

from airflow.sdk import dag, task

from dags.assets import APP_RECORDS
from dags.schedule import DAILY, every_dag


@dag(dag_id="ingest_app_usage", schedule=DAILY, doc_md=__doc__, **every_dag(tags=["ingest", "personal-data"]))
def ingest_app_usage() -> None:
    """Plans the run, then does it."""

    @task
    def plan(dag_run: Any = None) -> dict[str, str]:
        """Which days, as of when, under which config."""
        from dags.tasks.plan import plan_ingest

        return plan_ingest("app", dag_run)

    @task(outlets=[APP_RECORDS])
    def ingest(conf: dict[str, str], outlet_events: Any = None) -> str:
        """Reads, judges, gates and stores; its asset event hands the run's conf to `build_marts`."""
        from dags.tasks.attempt import attempt_and_tell
        from ingestion.app.batch import ingest_app

        return attempt_and_tell(ingest_app, conf, outlet_events[APP_RECORDS])

    ingest(plan())


ingest_app_usage()
