"""Which weeks of a run are asked for: settled ISO weeks that nothing is known of, or nothing that may stay."""

from datetime import date

from home.register.register import Register
from home.run import Run
from home.weeks.report_weeks import ReportWeek, read_report_week
from home.weeks.week_states import WEEK, days_between, mondays_between, settled_weeks
from refusals.errors import StateDamaged

SOURCE = "ga4_reports"


def weeks_of_run(run: Run) -> list[date]:
    """The interval's weeks that are over for good at `as_of`, and about which the last word is not spoken."""
    settled = settled_weeks(run.home, SOURCE)
    touched = mondays_between(run.first_day, run.last_day)
    return [monday for monday in touched if monday not in settled and run.settles(monday)]


def is_due(run: Run, monday: date) -> bool:
    """Whether the week is to be asked for. What is complete is not asked for again; what is damaged is."""
    stored = stored_week(run, monday)
    if stored is not None and stored.is_complete:
        return False
    with Register(run.home) as register:
        return not set(days_of(monday)) <= set(register.accepted_empty_days(SOURCE))


def stored_week(run: Run, monday: date) -> ReportWeek | None:
    """What is stored of a week; None: nothing, or nothing that can be relied on, and then it is asked for again."""
    try:
        return read_report_week(run.home, monday)
    except StateDamaged:
        return None


def days_of(monday: date) -> list[date]:
    """The seven days of a week."""
    return days_between(monday, monday + WEEK)[:-1]
