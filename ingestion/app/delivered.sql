-- One row a delivered session that starts in the interval's weeks.
create or replace temp table delivered as
with

matches as (
    select
        session_id,
        bool_and(is_superseded) as is_superseded
    from stored_matches
    group by session_id
)

select
    row_number() over () as candidate,
    sessions.session_id,
    sessions.user_id,
    sessions.started_at,
    sessions.ended_at,
    coalesce(address_regions.region_code, app_users.country || '-?', '??') as region_code,
    -- A free text could hold anything; a platform is a word. One that was not delivered stays unknown.
    case
        when sessions.platform is null then null
        when regexp_full_match(lower(sessions.platform), '[a-z][a-z0-9 _-]{0,31}') then lower(sessions.platform)
        else 'other'
    end as platform,
    cast(timezone($timezone, sessions.started_at) as date) as start_day,
    cast(date_trunc('week', start_day) as date) as week,
    start_day between $first_day and $last_day as is_in_interval,
    sessions.ended_at is null as is_open,
    coalesce(not matches.is_superseded, false) as is_superseded
from app_sessions as sessions
left join address_regions using (ip_address)
left join app_users using (user_id)
left join matches using (session_id)
where week between $first_week and $last_week
