with

cells as (

    select * from {{ ref('stg_cells__usage_week') }}

),

final as (

    select
        week_start,
        users,
        sessions_least,
        sessions_most
    from cells
    order by week_start

)

select * from final
