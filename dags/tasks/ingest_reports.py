"""The one task that may wait long: until a quota is back, in Airflow's triggerer, so that no worker sleeps."""

from typing import Any

from airflow.sdk import BaseOperator

from dags.assets import GA4_REPORTS


class IngestReports(BaseOperator):
    """Asks for the reports of a run, and goes on when the quota is back where it had ended.

    `conf` is the run's. `may_wait`: whether the task defers; `cmn run` does not, and is told instead.
    """

    template_fields = ("conf",)

    def __init__(self, *, conf: Any, may_wait: bool = True, **kwargs: Any) -> None:
        super().__init__(outlets=[GA4_REPORTS], **kwargs)
        self.conf = conf
        self.may_wait = may_wait

    def execute(self, context: Any) -> str:
        """Takes the step; its asset event hands the run's conf to `build_marts`.

        Raises:
            TaskDeferred: the quota is used up; the triggerer brings the task back at the moment that is told.
            StepRefused, StepFailed: see dags.tasks.attempt.
        """
        from airflow.providers.standard.triggers.temporal import DateTimeTrigger
        from airflow.sdk.exceptions import TaskDeferred

        from dags.tasks.attempt import StepFailed, attempt_and_tell
        from ingestion.ga4_reports.report_batch import ingest_ga4_reports
        from refusals.errors import QuotaUsedUp

        try:
            return attempt_and_tell(ingest_ga4_reports, self.conf, context["outlet_events"][GA4_REPORTS])
        except StepFailed as failed:
            if not isinstance(failed.original, QuotaUsedUp) or not self.may_wait:
                raise
            goes_on_at = failed.original.goes_on_at
            self.log.info("%s", failed)
        raise TaskDeferred(trigger=DateTimeTrigger(moment=goes_on_at), method_name=self.go_on.__name__)

    def go_on(self, context: Any, event: Any = None) -> str:
        """The quota is back: what was read before is there, and is not asked for again."""
        return self.execute(context)
