with

positions as (

    select * from {{ ref('int_app__axis_positions') }}

),

neighbours as (

    select
        week_start,
        axis,
        unit,
        position,
        lag(position, 1, -1) over (
            partition by week_start, axis, person
            order by position
        ) as previous_position
    from positions

),

final as (

    select
        week_start,
        axis,
        unit,
        previous_position,
        position,
        count(*) as persons
    from neighbours
    group by week_start, axis, unit, previous_position, position

)

select * from final
