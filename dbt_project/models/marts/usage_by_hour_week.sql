with

cells as (

    select * from {{ ref('stg_cells__usage_by_hour_week') }}

),

final as (

    select
        week_start,
        region_code,
        region_name,
        region_level,
        region_members,
        day_type,
        hour_from,
        hour_to,
        users,
        sessions,
        minutes
    from cells
    order by week_start, region_code, day_type, hour_from

)

select * from final
