-- One row a further copy of an event: of several the later kind of file counts, and of these one that denies.
create or replace temp table ga4_repeats as
with

repeated as (
    select identity
    from ga4_rows
    where event_timestamp is not null
    group by identity
    having count(*) > 1
),

ranked as (
    select
        judged.file_number,
        judged.position,
        judged.event_day,
        coalesce(judged.analytics_storage = 'Yes', false) as is_yes,
        row_number() over same_event as turn,
        coalesce(first_value(judged.analytics_storage) over same_event = 'Yes', false) as is_counted_yes
    from (${judged_events}) as judged
    semi join repeated on judged.identity = repeated.identity
    where judged.reason is null
    window same_event as (
        partition by judged.identity
        order by
            judged.kind_rank,
            case when judged.analytics_storage is null then 1 when judged.analytics_storage = 'Yes' then 2 else 0 end,
            judged.file_date,
            judged.file,
            judged.position
    )
)

select
    file_number,
    position,
    event_day,
    is_yes <> is_counted_yes as is_flip
from ranked
where turn > 1
