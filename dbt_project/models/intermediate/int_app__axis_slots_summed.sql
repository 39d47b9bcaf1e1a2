with

positions as (

    select * from {{ ref('int_app__axis_positions') }}

),

final as (

    select
        week_start,
        axis,
        unit,
        position,
        cast(sum(sessions) as bigint) as sessions,
        cast(sum(duration_us) as bigint) as duration_us
    from positions
    group by week_start, axis, unit, position

)

select * from final
