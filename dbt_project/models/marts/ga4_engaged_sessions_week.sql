with

cells as (

    select * from {{ ref('stg_cells__ga4_engaged_sessions_week') }}

),

final as (

    select
        week_start,
        region_code,
        region_name,
        region_level,
        region_members,
        cells,
        users,
        sessions,
        engaged_sessions
    from cells
    order by week_start, region_code

)

select * from final
