"""The same event delivered twice counts once; what was left out, and whose flag was another, is counted by day."""

from datetime import date, datetime

import duckdb

from home.sql import Sql, sql_file
from ingestion.ga4.judge import LAST_MICROSECOND, judged_events

DUPLICATES, FLAG_FLIPS = "duplicates", "flag_flips"


def find_repeats(con: duckdb.DuckDBPyConnection, timezone: str, as_of: datetime) -> None:
    """Makes `ga4_repeats` (`file_number`, `position`, `event_day`, `is_flip`), of `ga4_rows` those that do not count.

    Of several rows of one event counts one of the daily, else the fresh, else the intraday file; of these one without
    consent, since what is not sure is no consent; then the first by file and position.

    Makes `ga4_counts` (`event_day`, `what`, `events`), from `ga4_beside` (`kind_rank`, `sighting`, `is_yes`) too.
    """
    values = {"timezone": timezone, "as_of": as_of, "last_microsecond": LAST_MICROSECOND}
    con.execute(sql_file("ingestion.ga4", "repeated_events", judged_events=judged_events()), values)
    flipped = sql_file(
        "ingestion.ga4",
        "flipped_events",
        judged_events=judged_events(Sql("(select * from ga4_rows where sighting is not null)")),
    )
    con.execute(
        f"""
        create or replace temp table ga4_counts as
        select event_day, '{DUPLICATES}' as what, count(*) as events from ga4_repeats group by event_day
        union all
        select event_day, '{FLAG_FLIPS}', count(*)
        from (select event_day from ga4_repeats where is_flip union all select event_day from ({flipped}))
        group by event_day
        """,
        values,
    )


def repeats_counted(con: duckdb.DuckDBPyConnection, first_day: date, last_day: date) -> dict[str, int]:
    """How many rows of the interval were left out as duplicates, and how many events had another flag elsewhere."""
    counted = con.execute(
        "select what, sum(events)::bigint from ga4_counts where event_day between ? and ? group by what",
        [first_day, last_day],
    ).fetchall()
    return {DUPLICATES: 0, FLAG_FLIPS: 0} | dict(counted)
