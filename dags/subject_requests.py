"""### Subject requests

**Purpose.** Works off what people ask of their own data: opens the requests that the app delivers, carries out those
whose person was identified, removes what is left of old ones, and tells of deadlines before they pass and after.

**Owner.** data-team. **When.** Daily at 08:00 Europe/Amsterdam.

**Reads.** `requests.*` of the source in `[app]`, the register, the policy (`rights.toml`).

**Writes.** The register; what a request asks for: stored records, tombstones, receipts and packages. Mails
`CMN_ALERT_EMAIL`, once a day while a deadline is near or has passed.

**Safe to re-run?** Yes: a request is opened once and carried out once; what a kill cut short is finished.

**When it fails.** The log's last line names what was refused, or the place where a verification found something; no
receipt is written then, and the request stays open.
"""

from typing import Any

from airflow.sdk import dag, task

from dags.schedule import EVERY_MORNING, every_dag


@dag(
    dag_id="subject_requests",
    schedule=EVERY_MORNING,
    doc_md=__doc__,
    **every_dag(tags=["rights", "personal-data"], with_days=False),
)
def subject_requests() -> None:
    """Plans the run, works off, looks for deadlines, tells."""

    @task
    def plan(dag_run: Any = None) -> dict[str, str]:
        """As of when, under which config."""
        from dags.tasks.plan import plan_after

        return plan_after(dag_run, ())

    @task
    def work_off(conf: dict[str, str]) -> str:
        """Opens, carries out, removes."""
        from dags.tasks.attempt import attempt
        from rights.working_off import work_off_requests as step

        return attempt(step, conf)

    @task(trigger_rule="all_done")
    def find_deadlines(conf: dict[str, str]) -> list[str]:
        """A line for each deadline that is near or has passed, also where the work was refused."""
        from dags.tasks.watch import find_deadlines_of_requests as find

        return find(conf)

    @task
    def tell(lines: list[str], **context: Any) -> bool:
        """Mails them; returns whether a mail was sent."""
        from dags.tasks.alerts import tell_of_deadlines

        return tell_of_deadlines(lines, context)

    conf = plan()
    deadlines = find_deadlines(conf)
    work_off(conf) >> deadlines
    tell(deadlines)


subject_requests()
