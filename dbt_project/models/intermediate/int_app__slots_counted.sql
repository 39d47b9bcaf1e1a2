with

sessions as (

    select * from {{ ref('int_app__sessions_localised') }}

),

person_weeks as (

    select * from {{ ref('int_app__person_weeks_placed') }}

),

times_by_platform as (

    select
        week_start,
        person,
        platform,
        sum(duration_us) as duration_us
    from sessions
    group by week_start, person, platform

),

ranked_platforms as (

    select
        week_start,
        person,
        platform,
        row_number() over (
            partition by week_start, person
            order by duration_us desc, platform asc nulls last
        ) as platform_rank
    from times_by_platform

),

placed_persons as (

    select
        person_weeks.week_start,
        person_weeks.person,
        person_weeks.region_code,
        person_weeks.age_band,
        row_number() over () as person_number,
        {{ band_position('person_weeks.sessions', 'frequency') }} as frequency_position,
        {{ word_position('ranked_platforms.platform', 'platform') }} as platform_position
    from person_weeks
    inner join ranked_platforms
        on
            person_weeks.week_start = ranked_platforms.week_start
            and person_weeks.person = ranked_platforms.person
            and ranked_platforms.platform_rank = 1

),

positioned_sessions as (

    select
        week_start,
        person,
        duration_us,
        local_hour + case when is_weekend then 24 else 0 end as hour_position,
        {{ band_position('duration_us', 'length', 60000000) }} as length_position
    from sessions

),

counted_sessions as (

    select
        week_start,
        person,
        hour_position,
        length_position,
        count(*) as sessions,
        sum(duration_us) as duration_us
    from positioned_sessions
    group by week_start, person, hour_position, length_position

),

final as (

    select
        placed_persons.week_start,
        placed_persons.person,
        placed_persons.person_number,
        placed_persons.region_code,
        placed_persons.age_band,
        cast(counted_sessions.hour_position as integer) as hour_position,
        cast(counted_sessions.length_position as integer) as length_position,
        cast(placed_persons.frequency_position as integer) as frequency_position,
        cast(placed_persons.platform_position as integer) as platform_position,
        cast(counted_sessions.sessions as bigint) as sessions,
        cast(counted_sessions.duration_us as bigint) as duration_us
    from placed_persons
    inner join counted_sessions
        on
            placed_persons.week_start = counted_sessions.week_start
            and placed_persons.person = counted_sessions.person

)

select * from final
