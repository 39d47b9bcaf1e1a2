-- One row a good event whose local day is in the interval.
create or replace temp table ga4_events as
select
    (cast(judged.file_number as bigint) << $position_bits) + judged.position as event_row,
    judged.file_date,
    judged.event_at,
    judged.event_day,
    judged.user_pseudo_id,
    judged.user_id,
    judged.analytics_storage,
    -- None of the three is a session's own; a separator keeps them apart.
    judged.user_pseudo_id || chr(31) || coalesce(judged.stream_id, '') || chr(31) || judged.session_id
        as ga4_session,
    ga4_places.region_code,
    -- Free text could hold anything; a device category is a word or two, and none of those for several.
    if(
        regexp_full_match(judged.device_category, '[a-z][a-z0-9 _-]{0,31}')
        and judged.device_category not in (${merged_words}),
        judged.device_category, 'unknown'
    ) as device_category,
    judged.is_engaged,
    judged.is_view,
    judged.engagement_us
from (${judged_events}) as judged
inner join ga4_places
    on
        judged.country is not distinct from ga4_places.country
        and judged.region is not distinct from ga4_places.region
anti join ga4_repeats
    on judged.file_number = ga4_repeats.file_number and judged.position = ga4_repeats.position
where judged.reason is null and judged.event_day between $first_day and $last_day
