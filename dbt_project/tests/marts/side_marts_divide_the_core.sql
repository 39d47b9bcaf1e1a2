{{ config(tags=['marts']) }}
-- A week's side marts hold the sessions of its core mart, within the steps in which each row tells them; minutes differ
-- by roundings alone, at most half a minute a row.
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

steps as (

    select * from {{ count_step_table() }}

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
    left join steps
        on sides.week_start = steps.week_start
    where
        (
            sides.sessions - core.sessions
            between -(coalesce(steps.below, 0) * sides.cells + coalesce(steps.above, 0) * core.cells)
            and coalesce(steps.above, 0) * sides.cells + coalesce(steps.below, 0) * core.cells
            and 2 * abs(sides.minutes - core.minutes) <= sides.cells + core.cells
        ) is not true

)

select * from final
