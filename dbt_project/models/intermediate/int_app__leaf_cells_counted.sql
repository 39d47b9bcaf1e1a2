with

person_weeks as (

    select * from {{ ref('int_app__person_weeks_placed') }}

),

final as (

    select
        week_start,
        region_code,
        age_band,
        count(*) as persons,
        cast(sum(sessions) as bigint) as sessions,
        cast(sum(duration_us) as bigint) as duration_us,
        max(duration_us) as largest_us,
        cast({{ second_largest('duration_us') }} as bigint) as second_us,
        max(sessions) as largest_sessions,
        cast({{ second_largest('sessions') }} as bigint) as second_sessions
    from person_weeks
    group by week_start, region_code, age_band

)

select * from final
