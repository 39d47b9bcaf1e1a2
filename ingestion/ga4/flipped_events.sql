-- One row an event whose flag was `Yes` in one delivery of its day and not in another: its local day.
-- An event that cannot be told from others of its moment is left out.
with

before as (
    select
        sighting,
        any_value(is_yes) as was_yes
    from ga4_beside
    group by kind_rank, sighting
    having count(*) = 1
),

after as (
    select
        judged.sighting,
        any_value(judged.event_day) as event_day,
        any_value(coalesce(judged.analytics_storage = 'Yes', false)) as is_yes
    from (${judged_events}) as judged
    anti join ga4_repeats
        on judged.file_number = ga4_repeats.file_number and judged.position = ga4_repeats.position
    where judged.sighting is not null and judged.reason is null
    group by judged.sighting
    having count(*) = 1
)

select
    after.sighting,
    after.event_day
from after
inner join before using (sighting)
group by after.sighting, after.event_day, after.is_yes
having bool_or(before.was_yes <> after.is_yes)
