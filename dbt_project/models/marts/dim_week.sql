-- Weeks with published cells only: a withheld week has no row anywhere.
with

usage_cells as (

    select * from {{ ref('usage_by_region_age_week') }}

),

engagement_cells as (

    select * from {{ ref('ga4_engagement_week') }}

),

audience_rows as (

    select * from {{ ref('ga4_audience_week') }}

),

weeks as (

    select week_start
    from usage_cells
    union
    select week_start
    from engagement_cells
    union
    select week_start
    from audience_rows

),

thursdays as (

    select
        week_start,
        cast(week_start + interval '3' day as date) as thursday
    from weeks

),

final as (

    select
        week_start,
        cast(week_start + interval '6' day as date) as week_end,
        cast(extract(year from thursday) as integer) as iso_year,
        cast(extract(week from week_start) as integer) as iso_week,
        cast(extract(quarter from thursday) as integer) as quarter
    from thursdays
    order by week_start

)

select * from final
