"""What somebody asked of a DAG run: by its form or conf, or by a logical date or an interval that they picked.

Nothing that is picked is passed over in silence: it is used, or refused with the way that was meant.
"""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from home.run import parse_day
from refusals.errors import UsageError

MANUAL, BACKFILL = "manual", "backfill"
BY_THE_FORM = "name the days in the form: 'from' and 'to' (--conf '{\"from\": …, \"to\": …}')"
INSTANT = timedelta(microseconds=1)


def conf_given(dag_run: Any) -> dict[str, Any]:
    """The conf of the run without what was left empty in the form.

    Raises:
        UsageError: the run is one of a backfill, which would make a run a day, each over the same open weeks.
    """
    if dag_run.run_type == BACKFILL:
        raise UsageError(f"Airflow's backfill makes a run a day: trigger the DAG once instead, and {BY_THE_FORM}")
    given = dag_run.conf or {}
    return {key: value for key, value in given.items() if value is not None and value != ""}


def days_picked(dag_run: Any, given: dict[str, Any], timezone: str) -> tuple[date, date] | None:
    """The first and last local day that somebody picked other than by the conf; None where nobody did.

    An interval (`data_interval_start` to `data_interval_end`, the end not included) gives the days that it touches. A
    logical date of an earlier day is no interval: None, see `day_picked`.

    Raises:
        UsageError: it contradicts the days in the conf.
    """
    if dag_run.run_type != MANUAL or not _is_interval(dag_run):
        return None
    zone = ZoneInfo(timezone)
    first = dag_run.data_interval_start.astimezone(zone).date()
    last = (dag_run.data_interval_end - INSTANT).astimezone(zone).date()
    if "from" in given and "to" in given and (_day(given, "from"), _day(given, "to")) != (first, last):
        raise UsageError(
            f"the data interval covers {first} to {last}, and the form or conf names other days: give one of the two"
        )
    return first, last


def day_picked(dag_run: Any, given: dict[str, Any], timezone: str) -> date | None:
    """The local day of the logical date that somebody picked, where it is not today's; None where nobody did.

    The trigger form fills in the present moment, so today's is nobody's choice.

    Raises:
        UsageError: it lies ahead, or the conf names days as well.
    """
    picked: datetime | None = dag_run.logical_date
    if dag_run.run_type != MANUAL or picked is None or _is_interval(dag_run):
        return None
    zone = ZoneInfo(timezone)
    day, today = picked.astimezone(zone).date(), datetime.now(zone).date()
    if day == today:
        return None
    if day > today:
        raise UsageError(f"the logical date {day} lies ahead: leave it as it is, and {BY_THE_FORM}")
    if "from" in given or "to" in given:
        raise UsageError(f"the logical date {day} was picked beside days in the form or conf: give one of the two")
    return day


def refuse_what_has_no_use(dag_run: Any, timezone: str) -> None:
    """For DAGs that read no source: an interval or an earlier logical date would change nothing.

    Raises:
        UsageError: somebody picked one.
    """
    if days_picked(dag_run, {}, timezone) or day_picked(dag_run, {}, timezone):
        raise UsageError("this DAG reads no source and covers no days: leave logical date and interval as they are")


def _is_interval(dag_run: Any) -> bool:
    start, end = dag_run.data_interval_start, dag_run.data_interval_end
    return start is not None and end is not None and start < end


def _day(given: dict[str, Any], key: str) -> date:
    return parse_day(str(given[key]), key)
