with

positions as (

    select * from {{ ref('int_app__axis_positions') }}

),

extents as (

    select
        week_start,
        axis,
        unit,
        person,
        min(position) as first_position,
        max(position) as last_position
    from positions
    group by week_start, axis, unit, person

),

final as (

    select
        week_start,
        axis,
        unit,
        first_position,
        last_position,
        count(*) as persons
    from extents
    group by week_start, axis, unit, first_position, last_position

)

select * from final
