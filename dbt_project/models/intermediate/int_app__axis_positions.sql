-- Hours are told by kind of day or for all days alike, so they are two axes.
with

slots as (

    select * from {{ ref('int_app__slots_counted') }}

),

every_axis as (

    {{ slots_on_axis('hour', 'region', 'mod(hour_position, 24)') }}
    union all
    {{ slots_on_axis('hour_by_day_type', 'region', 'hour_position') }}
    union all
    {{ slots_on_axis('length', 'age', 'length_position') }}
    union all
    {{ slots_on_axis('frequency', 'region', 'frequency_position') }}
    union all
    {{ slots_on_axis('platform', 'age', 'platform_position') }}

),

final as (

    select
        week_start,
        axis,
        dimension,
        unit,
        person,
        cast(position as integer) as position,
        cast(sum(sessions) as bigint) as sessions,
        cast(sum(duration_us) as bigint) as duration_us
    from every_axis
    group by week_start, axis, dimension, unit, person, position

)

select * from final
