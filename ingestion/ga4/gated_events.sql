-- One row an event of the interval's weeks, with the first reason against it (null: it passed).
create or replace temp table gated_events as
with

by_account as (
    select
        judged.event_row,
        ${first_reason} as reason
    from (
        select
            account_events.event_row,
            gated_accounts.reason
        from account_events
        inner join gated_accounts using (candidate)
        union all
        select
            stopped_events.event_row,
            stopped_browsers.reason
        from ga4_events as stopped_events
        inner join stopped_browsers using (user_pseudo_id)
    ) as judged
    group by judged.event_row
)

select
    events.*,
    cast(date_trunc('week', events.event_day) as date) as week,
    events.event_day between $first_day and $last_day as is_in_interval,
    case
        when not coalesce(events.analytics_storage = 'Yes', $null_is_consent) then 'consent_flag'
        when events.user_pseudo_id is null then 'no_id'
        else by_account.reason
    end as reason
from ga4_events as events
left join by_account using (event_row)
