with

cells as (

    select * from {{ ref('stg_cells__session_length_by_age_week') }}

),

final as (

    select
        week_start,
        age_group,
        age_from,
        age_to,
        minutes_from,
        minutes_to,
        users,
        sessions,
        minutes
    from cells
    order by week_start, age_from, age_to nulls last, minutes_from

)

select * from final
