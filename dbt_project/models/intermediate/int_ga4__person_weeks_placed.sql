with

events as (

    select * from {{ ref('stg_ga4_export__events') }}

),

dated_events as (

    select
        cast(date_trunc('week', {{ local_time('event_at') }}) as date) as week_start,
        person,
        session,
        region_code,
        device_category,
        is_engaged,
        is_view,
        engagement_us
    from events

),

rows_by_place as (

    select
        week_start,
        person,
        region_code,
        device_category,
        count(*) as place_rows,
        sum(case when is_view then 1 else 0 end) as views,
        sum(coalesce(engagement_us, 0)) as duration_us
    from dated_events
    group by week_start, person, region_code, device_category

),

ranked_places as (

    select
        week_start,
        person,
        region_code,
        device_category,
        row_number() over (
            partition by week_start, person
            order by place_rows desc, region_code asc, device_category asc
        ) as place_rank
    from rows_by_place

),

totals as (

    select
        week_start,
        person,
        sum(views) as views,
        sum(duration_us) as duration_us
    from rows_by_place
    group by week_start, person

),

person_sessions as (

    select
        week_start,
        person,
        session,
        max(case when is_engaged then 1 else 0 end) as engaged
    from dated_events
    where session is not null
    group by week_start, person, session

),

session_counts as (

    select
        week_start,
        person,
        count(*) as sessions,
        sum(engaged) as engaged_sessions
    from person_sessions
    group by week_start, person

),

final as (

    select
        totals.week_start,
        totals.person,
        ranked_places.region_code,
        ranked_places.device_category,
        cast(coalesce(session_counts.sessions, 0) as bigint) as sessions,
        cast(coalesce(session_counts.engaged_sessions, 0) as bigint) as engaged_sessions,
        cast(totals.views as bigint) as views,
        cast(totals.duration_us as bigint) as duration_us
    from totals
    inner join ranked_places
        on
            totals.week_start = ranked_places.week_start
            and totals.person = ranked_places.person
            and ranked_places.place_rank = 1
    left join session_counts
        on
            totals.week_start = session_counts.week_start
            and totals.person = session_counts.person

)

select * from final
