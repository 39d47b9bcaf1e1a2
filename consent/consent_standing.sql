-- One row a user with a readable entry by now or an unreadable denial: how the user stands towards analytics.
create or replace temp table consent_standing as
with

unreadable as (
    select distinct user_id
    from app_consents
    where purpose = 'analytics' and recorded_at is null and not granted
),

latest as (
    select
        user_id,
        arg_max(is_denial, recorded_at) as is_withdrawn
    from consent_analytics_events
    where recorded_at <= $as_of
    group by user_id
)

select
    user_id,
    unreadable.user_id is not null as is_always_denied,
    coalesce(latest.is_withdrawn, false) as is_withdrawn
from latest
full join unreadable using (user_id)
