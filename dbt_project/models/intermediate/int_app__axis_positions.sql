with

sessions as (

    select * from {{ ref('int_app__sessions_localised') }}

),

person_weeks as (

    select * from {{ ref('int_app__person_weeks_placed') }}

),

placed_sessions as (

    select
        sessions.week_start,
        sessions.person,
        person_weeks.region_code,
        person_weeks.age_band,
        sessions.duration_us,
        sessions.local_hour + case when sessions.is_weekend then 24 else 0 end as hour_of_day_type,
        case
            when sessions.duration_us < 60000000 then 0
            when sessions.duration_us < 300000000 then 1
            when sessions.duration_us < 900000000 then 2
            when sessions.duration_us < 1800000000 then 3
            when sessions.duration_us < 3600000000 then 4
            else 5
        end as length_band
    from sessions
    inner join person_weeks
        on
            sessions.week_start = person_weeks.week_start
            and sessions.person = person_weeks.person

),

by_hour_of_day_type as (

    select
        week_start,
        'hour_by_day_type' as axis,
        region_code as unit,
        person,
        hour_of_day_type as position,
        count(*) as sessions,
        sum(duration_us) as duration_us
    from placed_sessions
    group by week_start, region_code, person, hour_of_day_type

),

by_hour as (

    select
        week_start,
        'hour' as axis,
        unit,
        person,
        mod(position, 24) as position,
        sum(sessions) as sessions,
        sum(duration_us) as duration_us
    from by_hour_of_day_type
    group by week_start, unit, person, mod(position, 24)

),

by_length as (

    select
        week_start,
        'length' as axis,
        age_band as unit,
        person,
        length_band as position,
        count(*) as sessions,
        sum(duration_us) as duration_us
    from placed_sessions
    group by week_start, age_band, person, length_band

),

every_axis as (

    select * from by_hour
    union all
    select * from by_hour_of_day_type
    union all
    select * from by_length

),

final as (

    select
        week_start,
        axis,
        unit,
        person,
        cast(position as integer) as position,
        cast(sessions as bigint) as sessions,
        cast(duration_us as bigint) as duration_us
    from every_axis

)

select * from final
