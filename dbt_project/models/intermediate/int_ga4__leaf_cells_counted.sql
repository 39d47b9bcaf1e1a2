with

person_weeks as (

    select * from {{ ref('int_ga4__person_weeks_placed') }}

),

final as (

    select
        week_start,
        region_code,
        device_category,
        count(*) as persons,
        cast(sum(sessions) as bigint) as sessions,
        cast(sum(engaged_sessions) as bigint) as engaged_sessions,
        cast(sum(views) as bigint) as views,
        cast(sum(duration_us) as bigint) as duration_us,
        max(duration_us) as largest_us,
        cast({{ second_largest('duration_us') }} as bigint) as second_us
    from person_weeks
    group by week_start, region_code, device_category

)

select * from final
