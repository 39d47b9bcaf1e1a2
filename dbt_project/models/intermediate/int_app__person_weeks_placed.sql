with

sessions as (

    select * from {{ ref('int_app__sessions_localised') }}

),

times_by_place as (

    select
        week_start,
        person,
        region_code,
        age_band,
        count(*) as sessions,
        sum(duration_us) as duration_us,
        min(started_at) as first_started_at
    from sessions
    group by week_start, person, region_code, age_band

),

times_by_region as (

    select
        week_start,
        person,
        region_code,
        sum(duration_us) as duration_us
    from times_by_place
    group by week_start, person, region_code

),

ranked_regions as (

    select
        week_start,
        person,
        region_code,
        row_number() over (
            partition by week_start, person
            order by duration_us desc, region_code asc
        ) as region_rank
    from times_by_region

),

ranked_bands as (

    select
        week_start,
        person,
        age_band,
        row_number() over (
            partition by week_start, person
            order by first_started_at, age_band
        ) as band_rank
    from times_by_place

),

totals as (

    select
        week_start,
        person,
        sum(sessions) as sessions,
        sum(duration_us) as duration_us
    from times_by_place
    group by week_start, person

),

final as (

    select
        totals.week_start,
        totals.person,
        ranked_regions.region_code,
        ranked_bands.age_band,
        cast(totals.sessions as bigint) as sessions,
        cast(totals.duration_us as bigint) as duration_us
    from totals
    inner join ranked_regions
        on
            totals.week_start = ranked_regions.week_start
            and totals.person = ranked_regions.person
            and ranked_regions.region_rank = 1
    inner join ranked_bands
        on
            totals.week_start = ranked_bands.week_start
            and totals.person = ranked_bands.person
            and ranked_bands.band_rank = 1

)

select * from final
