with

cells as (

    select * from {{ ref('stg_cells__usage_by_region_age_week') }}

),

final as (

    select
        week_start,
        region_code,
        region_name,
        region_level,
        region_members,
        age_group,
        age_from,
        age_to,
        users,
        sessions,
        minutes
    from cells
    order by week_start, region_code, age_from, age_to nulls last

)

select * from final
