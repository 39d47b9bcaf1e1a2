with

cells as (

    select * from {{ ref('stg_cells__ga4_engagement_week') }}

),

final as (

    select
        week_start,
        region_code,
        region_name,
        region_level,
        region_members,
        device_category,
        users,
        sessions,
        views,
        minutes
    from cells
    order by week_start, region_code, device_category

)

select * from final
