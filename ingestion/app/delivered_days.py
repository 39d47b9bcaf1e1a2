"""Which days of the app are known to have been delivered, and which are awaited still.

The app's files say in no name which days they hold, and a day without a session may be a quiet one or one of which the
delivery did not come. What tells is the records: a day is delivered when one record of it is, in whatever file and run,
or when one delivery holds busy days before and after it. Of the rest, a day among busy ones is awaited, and so is a
week of which nothing came at all; the quiet days of a small app are not.
"""

from datetime import date, timedelta

import duckdb

from home.register.register import Register
from home.run import Run
from home.weeks.week_states import days_between, monday_of, mondays_between
from ingestion.deliveries.delivery_counts import delivered_days, spanned_days

SOURCE = "app"


def note_delivered_days(con: duckdb.DuckDBPyConnection, register: Register, run: Run) -> None:
    """Notes in the register what was delivered of the days around the run's interval; needs `delivery_counts`.

    What is noted stays: a delivery may have left the drop folder when its week freezes.
    """
    first_day, last_day = _looked_at(run)
    known = register.delivered_days(SOURCE, first_day, last_day)
    counted = delivered_days(con, SOURCE, first_day, last_day)
    quiet = spanned_days(con, SOURCE, days_between(first_day, last_day), run.policy.deliveries.busy_day_records)
    found = dict.fromkeys(quiet, 0) | counted
    register.keep_delivered_days(
        SOURCE, {day: max(records, known.get(day, 0)) for day, records in found.items() if records != known.get(day)}
    )


def awaited_days(register: Register, run: Run) -> set[date]:
    """The days of the interval of which nothing was delivered though it was to be expected, and none were accepted."""
    policy = run.policy.deliveries
    known = register.delivered_days(SOURCE, *_looked_at(run))
    busy = [day for day, records in known.items() if records >= policy.busy_day_records]
    around = timedelta(days=policy.busy_within_days)
    weeks_with_something = {monday_of(day) for day in known}
    accepted = set(register.accepted_empty_days(SOURCE))
    awaited = set()
    for day in days_between(run.first_day, run.last_day):
        if day in known or day in accepted:
            continue
        busy_days = sum(abs(other - day) <= around for other in busy)
        if monday_of(day) not in weeks_with_something or 0 < policy.busy_days <= busy_days:
            awaited.add(day)
    return awaited


def _looked_at(run: Run) -> tuple[date, date]:
    around = timedelta(days=run.policy.deliveries.busy_within_days)
    mondays = list(mondays_between(run.first_day, run.last_day))
    return mondays[0] - around, mondays[-1] + timedelta(days=6) + around
