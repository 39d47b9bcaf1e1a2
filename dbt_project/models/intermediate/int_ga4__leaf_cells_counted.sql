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
        cast({{ second_largest('duration_us') }} as bigint) as second_us,
        max(sessions) as largest_sessions,
        cast({{ second_largest('sessions') }} as bigint) as second_sessions,
        max(views) as largest_views,
        cast({{ second_largest('views') }} as bigint) as second_views,
        cast(sum(case when engaged_sessions > 0 then 1 else 0 end) as bigint) as engaged_persons,
        max(engaged_sessions) as largest_engaged_sessions,
        cast({{ second_largest('engaged_sessions') }} as bigint) as second_engaged_sessions,
        cast(sum(case when sessions > engaged_sessions then 1 else 0 end) as bigint) as bounced_persons,
        max(sessions - engaged_sessions) as largest_bounced_sessions,
        cast({{ second_largest('sessions - engaged_sessions') }} as bigint) as second_bounced_sessions
    from person_weeks
    group by week_start, region_code, device_category

)

select * from final
