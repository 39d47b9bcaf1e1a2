-- One row a delivered event of the week $monday that passed the gate: what the store is to hold of it.
create or replace temp table merged as
select
    events.browser,
    coalesce(links_of_week.person, events.browser) as person,
    coalesce(links_of_week.gate_persons, []) as gate_persons,
    ${session_pseudonym} as session,
    events.event_at,
    events.file_date,
    events.region_code,
    events.device_category,
    events.is_engaged,
    events.is_view,
    events.engagement_us
from (
    select
        *,
        ${browser_pseudonym} as browser
    from gated_events
    where week = $monday and is_in_interval and reason is null
) as events
left join links_of_week using (browser)
