with

cells as (

    select * from {{ ref('stg_cells__coverage_week') }}

),

final as (

    select
        week_start,
        source,
        passed_percent
    from cells
    order by week_start, source

)

select * from final
