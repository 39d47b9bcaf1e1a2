-- One row a row of `ga4_rows`, with its instant and local day and the first reason against it (null: it is good).
select
    *,
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
        ga4_files.kind_rank,
        make_timestamptz(
            case
                when
                    regexp_full_match(ga4_rows.event_timestamp, '[0-9]{1,18}')
                    and try_cast(ga4_rows.event_timestamp as bigint) <= $last_microsecond
                    then try_cast(ga4_rows.event_timestamp as bigint)
            end
        ) as event_at
    from ${rows} as ga4_rows
    inner join ga4_files using (file_number)
) as timed
