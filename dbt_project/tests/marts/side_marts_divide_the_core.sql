{{ config(tags=['marts']) }}
-- A week's side marts hold exactly the sessions of its core mart; minutes differ by roundings alone, at most half a
-- minute a row.
with

core as (

    select
        week_start,
        sum(sessions) as sessions,
        sum(minutes) as minutes,
        count(*) as cells
    from {{ ref('usage_by_region_age_week') }}
    group by week_start

),

hours as (

    select
        week_start,
        sum(sessions) as sessions,
        sum(minutes) as minutes,
        count(*) as cells
    from {{ ref('usage_by_hour_week') }}
    group by week_start

),

lengths as (

    select
        week_start,
        sum(sessions) as sessions,
        sum(minutes) as minutes,
        count(*) as cells
    from {{ ref('session_length_by_age_week') }}
    group by week_start

),

sides as (

    select
        'usage_by_hour_week' as cube,
        week_start,
        sessions,
        minutes,
        cells
    from hours
    union all
    select
        'session_length_by_age_week' as cube,
        week_start,
        sessions,
        minutes,
        cells
    from lengths

),

final as (

    select
        sides.cube,
        sides.week_start
    from sides
    left join core
        on sides.week_start = core.week_start
    where
        (
            sides.sessions = core.sessions
            and 2 * abs(sides.minutes - core.minutes) <= sides.cells + core.cells
        ) is not true

)

select * from final
