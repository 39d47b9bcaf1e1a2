-- One row a candidate: the first reason against it (null: it passed), and the band of its user's age at the start.
create or replace temp table ${result} as
with

aged as (
    select
        candidates.candidate,
        candidates.user_id,
        candidates.started_at,
        candidates.ended_at,
        users.user_id is not null as is_known,
        coalesce(users.closed_at <= $as_of, false) as is_closed,
        stopped.reason as stopped_reason,
        cast(timezone($timezone, candidates.started_at) as date) as start_day,
        -- Comparing (month, day) makes a person of 29 February a year older on 1 March in a common year.
        year(start_day) - year(users.birth_date)
        - cast(
            (month(start_day), day(start_day)) < (month(users.birth_date), day(users.birth_date)) as integer
        ) as reckoned_age,
        if(reckoned_age between 0 and $oldest_age, reckoned_age, 0) as age_years
    from ${candidates} as candidates
    left join app_users as users using (user_id)
    left join stopped_persons as stopped on candidates.user_id = stopped.user_id
),

with_grant as (
    select
        aged.*,
        events.recorded_at as granted_at,
        events.is_denial,
        events.versions
    from aged
    asof left join consent_analytics_events as events
        on aged.user_id = events.user_id and aged.started_at >= events.recorded_at
),

denials as (
    select *
    from consent_analytics_events
    where is_denial
),

with_withdrawal as (
    select
        with_grant.*,
        denials.recorded_at as next_denial_at
    from with_grant
    asof left join denials
        on with_grant.user_id = denials.user_id and with_grant.started_at < denials.recorded_at
),

with_parent as (
    select
        with_withdrawal.*,
        coalesce(not parental.is_denial, false) as has_parental_grant
    from with_withdrawal
    asof left join consent_parental_events as parental
        on with_withdrawal.user_id = parental.user_id and with_withdrawal.started_at >= parental.recorded_at
)

select
    with_parent.candidate,
    case
        when not is_known then 'unknown_user'
        when is_closed then 'account_closed'
        when stopped_reason is not null then stopped_reason
        when granted_at is null and not coalesce(standing.is_always_denied, false) then 'no_consent'
        when is_denial or coalesce(standing.is_always_denied, false) then 'denied'
        when next_denial_at <= ended_at then 'withdrawn_during'
        when not coalesce(list_has_all(versions_in_force.accepts, versions), false) then 'outdated_policy'
        when epoch_us(started_at) - epoch_us(granted_at) > $max_age_us then 'expired'
        when age_years < $minimum_age and not has_parental_grant then 'under_age'
        when standing.is_withdrawn then 'withdrawn_since'
    end as reason,
    ${band_of_age} as age_band
from with_parent
left join consent_standing as standing using (user_id)
left join consent_versions as versions_in_force
    on
        with_parent.start_day >= versions_in_force.valid_from
        and with_parent.start_day < versions_in_force.valid_until
