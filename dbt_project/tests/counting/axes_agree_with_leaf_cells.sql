{{ config(tags=['counting'], group='counting') }}
-- Each axis divides the whole week: its sessions, its time, and its persons (once by extent, once by first position)
-- are those of the leaf cells.
with

leaf_cells as (

    select
        week_start,
        sum(persons) as persons,
        sum(sessions) as sessions,
        sum(duration_us) as duration_us
    from {{ ref('int_app__leaf_cells_counted') }}
    group by week_start

),

axes as (

    select 'hour' as axis
    union all
    select 'hour_by_day_type' as axis
    union all
    select 'length' as axis

),

slots as (

    select
        week_start,
        axis,
        sum(sessions) as sessions,
        sum(duration_us) as duration_us
    from {{ ref('int_app__axis_slots_summed') }}
    group by week_start, axis

),

extents as (

    select
        week_start,
        axis,
        sum(persons) as persons
    from {{ ref('int_app__axis_extents_counted') }}
    group by week_start, axis

),

first_positions as (

    select
        week_start,
        axis,
        sum(persons) as persons
    from {{ ref('int_app__axis_transitions_counted') }}
    where previous_position = -1
    group by week_start, axis

),

compared as (

    select
        leaf_cells.week_start,
        axes.axis,
        leaf_cells.sessions = slots.sessions as is_same_sessions,
        leaf_cells.duration_us = slots.duration_us as is_same_time,
        leaf_cells.persons = extents.persons as is_same_extents,
        leaf_cells.persons = first_positions.persons as is_same_firsts
    from leaf_cells
    cross join axes
    left join slots
        on
            leaf_cells.week_start = slots.week_start
            and axes.axis = slots.axis
    left join extents
        on
            leaf_cells.week_start = extents.week_start
            and axes.axis = extents.axis
    left join first_positions
        on
            leaf_cells.week_start = first_positions.week_start
            and axes.axis = first_positions.axis

),

final as (

    select *
    from compared
    where (is_same_sessions and is_same_time and is_same_extents and is_same_firsts) is not true

)

select * from final
