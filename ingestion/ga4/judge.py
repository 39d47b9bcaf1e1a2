"""GA4 events judged: the bad ones told without a value, the good ones brought to the columns that are handed on."""

from datetime import date, datetime
from typing import Final

import duckdb

from catalogue.devices import MERGED_WORDS
from home.sql import Sql, identifier, joined, literal, sql_file
from ingestion.ga4.regions import make_places

# A row's number is unique over all files: the file's number, then the position in it.
POSITION_BITS: Final = 40

LAST_MICROSECOND: Final = 253_402_300_799_999_999
"""Of the year 9999; a time in nanoseconds lies far beyond it."""

ALL_ROWS: Final = Sql("ga4_rows")

_VALUES: Final = (
    "event_timestamp", "user_pseudo_id", "user_id", "analytics_storage", "stream_id", "session_id", "is_engaged",
    "is_view", "engagement_us", "country", "region", "device_category",
)  # fmt: skip


def judged_events(rows: Sql = ALL_ROWS) -> Sql:
    """The query over `rows` of `ga4_rows`: needs `$timezone`, `$as_of` and `$last_microsecond`."""
    return sql_file("ingestion.ga4", "judged_events", rows=rows)


def quarantine_bad_events(con: duckdb.DuckDBPyConnection, source: str, timezone: str, as_of: datetime) -> None:
    """Adds the bad rows of `ga4_rows` to `bad_records`, each under the first reason that applies.

    `identity` is a SHA-256: of the line that does not parse, else of the values that are read, as text, so that one
    event is the same in every format.
    """
    values = joined(Sql(f"cast({identifier(name)} as varchar)") for name in _VALUES)
    con.execute(
        f"""
        insert into bad_records by name
        select
            $source as source,
            reason,
            file,
            position,
            coalesce(unreadable, sha256('ga4_export|' || cast(to_json([{values}]) as varchar))) as identity
        from ({judged_events()})
        where reason is not null
        """,
        {"source": source, "timezone": timezone, "as_of": as_of, "last_microsecond": LAST_MICROSECOND},
    )


def keep_good_events(
    con: duckdb.DuckDBPyConnection, timezone: str, first_day: date, last_day: date, as_of: datetime
) -> None:
    """Makes `ga4_events` (docs/architecture.md, 1) of the good rows whose local day is in the interval, but for
    those in `ga4_repeats`."""
    make_places(con)
    con.execute(
        sql_file(
            "ingestion.ga4",
            "ga4_events",
            merged_words=joined(map(literal, MERGED_WORDS)),
            judged_events=judged_events(),
        ),
        {
            "timezone": timezone,
            "as_of": as_of,
            "first_day": first_day,
            "last_day": last_day,
            "last_microsecond": LAST_MICROSECOND,
            "position_bits": POSITION_BITS,
        },
    )
    con.execute("drop table ga4_places")
