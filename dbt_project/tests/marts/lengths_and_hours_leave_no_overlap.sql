{{ config(tags=['marts']) }}
-- Spans of one region, kind of day or age group neither overlap nor run backwards.
with

hours as (

    select
        week_start,
        region_code as slice,
        day_type as kind,
        hour_from as first_position,
        hour_to as last_position
    from {{ ref('usage_by_hour_week') }}

),

lengths as (

    select
        week_start,
        age_group as slice,
        'length' as kind,
        minutes_from as first_position,
        coalesce(minutes_to, 1000000) as last_position
    from {{ ref('session_length_by_age_week') }}

),

spans as (

    select * from hours
    union all
    select * from lengths

),

ordered_spans as (

    select
        week_start,
        slice,
        first_position,
        last_position,
        lag(last_position, 1, -1) over (
            partition by week_start, slice, kind
            order by first_position
        ) as last_position_before
    from spans

),

final as (

    select
        week_start,
        slice
    from ordered_spans
    where
        (first_position > last_position_before and last_position >= first_position) is not true

)

select * from final
