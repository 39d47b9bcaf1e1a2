"""What may no longer be kept is destroyed: records, the key of their time, old quarantine."""

from datetime import date

from catalogue.catalogue import SOURCES
from home.keys import destroy_week_key, weeks_with_keys
from home.lock import held
from home.register.register import Register, recorded_step
from home.run import Run
from home.weeks.report_weeks import remove_report_week, report_weeks_to_destroy
from home.weeks.week_states import WeekCommit, commit_week, records_end_at, settled_weeks
from ingestion.store.quarantine import expire_quarantine
from ingestion.store.record_store import remove_week, weeks_to_destroy

REPORTS = "ga4_reports"


def apply_retention(run: Run) -> None:
    """Destroys the records, the reports and the key of every week whose time is over; drops quarantine past its days.

    A week of which records are destroyed before it froze is withheld for good: what is left of it would be a selection.
    """
    retention, anonymity = run.policy.retention, run.policy.anonymity
    with held(run.home), recorded_step(run, "apply_retention"):
        expired = {
            (source, monday)
            for source in SOURCES
            for monday in weeks_to_destroy(run.home, source)
            if _is_over(run, monday)
        }
        expired |= {(REPORTS, monday) for monday in report_weeks_to_destroy(run.home) if _is_over(run, monday)}
        for source, monday in sorted(expired):
            if monday not in settled_weeks(run.home, source):
                why = "its records reached the end of their retention before it froze"
                commit_week(run.home, WeekCommit(monday, source, "withheld", why, anonymity.k, anonymity.dominance_p))
            if source == REPORTS:
                remove_report_week(run.home, monday)
            else:
                remove_week(run.home, source, monday)
            with Register(run.home) as register:
                register.add_to_counts(run.run_id, "destroyed", source, {"weeks": 1})
        for monday in weeks_with_keys(run.home):
            if _is_over(run, monday):
                destroy_week_key(run.home, monday)
        expire_quarantine(run.home, run.as_of, retention.quarantine_days)


def _is_over(run: Run, monday: date) -> bool:
    return run.as_of >= records_end_at(monday, run.policy.retention.record_weeks, run.policy.consent.timezone)
