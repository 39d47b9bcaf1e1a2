"""GA4 events judged: the bad ones told without a value, the good ones brought to the columns that are handed on."""

from datetime import date, datetime
from typing import Final

import duckdb

from ingestion.ga4.regions import make_region_names, region_code

# A row's number is unique over all files: the file's number, then the position in it.
POSITION_BITS: Final = 40

# Free text could hold anything; a device category is a word or two.
_CATEGORY: Final = "[a-z][a-z0-9 _-]{0,31}"

_LAST_MICROSECOND: Final = 253_402_300_799_999_999
"""Of the year 9999; a time in nanoseconds lies far beyond it."""

_JUDGED: Final = f"""
    select
        timed.*,
        cast(timezone($timezone, event_at) as date) as event_day,
        case
            when unreadable is not null then 'unreadable'
            when event_timestamp is null then 'missing_field'
            when retyped_fields > 0 then 'bad_value'
            when event_at is null then 'bad_timestamp'
            when event_at > $as_of then 'in_future'
            when abs(date_diff('day', file_date, event_day)) > 1 then 'bad_timestamp'
        end as reason
    from (
        select
            ga4_rows.*,
            ga4_files.file,
            ga4_files.file_date,
            make_timestamptz(
                case
                    when regexp_full_match(event_timestamp, '[0-9]{{1,18}}')
                        and try_cast(event_timestamp as bigint) <= {_LAST_MICROSECOND}
                        then try_cast(event_timestamp as bigint)
                end
            ) as event_at
        from ga4_rows
        inner join ga4_files using (file_number)
    ) as timed
"""

_VALUES: Final = (
    "event_timestamp", "user_pseudo_id", "user_id", "analytics_storage", "stream_id", "session_id", "is_engaged",
    "is_view", "engagement_us", "country", "region", "device_category",
)  # fmt: skip


def quarantine_bad_events(con: duckdb.DuckDBPyConnection, source: str, timezone: str, as_of: datetime) -> None:
    """Adds the bad rows of `ga4_rows` to `bad_records`, each under the first reason that applies.

    `identity` is a SHA-256: of the line that does not parse, else of the values that are read, as text, so that one
    event is the same in every format.
    """
    values = ", ".join(f"cast({name} as varchar)" for name in _VALUES)
    con.execute(
        f"""
        insert into bad_records by name
        select
            $source as source,
            reason,
            file,
            position,
            coalesce(unreadable, sha256('ga4_export|' || cast(to_json([{values}]) as varchar))) as identity
        from ({_JUDGED})
        where reason is not null
        """,
        {"source": source, "timezone": timezone, "as_of": as_of},
    )


def keep_good_events(
    con: duckdb.DuckDBPyConnection, timezone: str, first_day: date, last_day: date, as_of: datetime
) -> None:
    """Makes `ga4_events` (docs/architecture.md, 1) of the good rows whose local day is in the interval.

    A session is pseudo-id, stream and session number, none of which is a session's own; a separator keeps them apart.
    """
    make_region_names(con)
    con.execute(
        f"""
        create or replace temp table ga4_events as
        select
            (cast(judged.file_number as bigint) << {POSITION_BITS}) + judged.position as event_row,
            judged.file_date,
            judged.event_at,
            judged.event_day,
            judged.user_pseudo_id,
            judged.user_id,
            judged.analytics_storage,
            judged.user_pseudo_id || chr(31) || coalesce(judged.stream_id, '') || chr(31) || judged.session_id
                as ga4_session,
            {region_code()} as region_code,
            if(regexp_full_match(judged.device_category, '{_CATEGORY}'), judged.device_category, 'unknown')
                as device_category,
            judged.is_engaged,
            judged.is_view,
            judged.engagement_us
        from ({_JUDGED}) as judged
        left join ga4_country_names on ga4_country_names.country_name = lower(judged.country)
        left join ga4_region_names
            on ga4_region_names.country_code = ga4_country_names.country_code
            and ga4_region_names.region_name = lower(judged.region)
        where judged.reason is null and judged.event_day between $first_day and $last_day
        """,
        {"timezone": timezone, "as_of": as_of, "first_day": first_day, "last_day": last_day},
    )
    con.execute("drop table ga4_country_names; drop table ga4_region_names")
