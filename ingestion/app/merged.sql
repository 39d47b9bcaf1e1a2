-- One row a delivered session of the week $monday that passed the gate: what the store is to hold of it.
create or replace temp table merged as
select
    ${person_pseudonym} as person,
    ${session_pseudonym} as session,
    delivered.started_at,
    delivered.ended_at,
    delivered.region_code,
    delivered_gated.age_band,
    delivered.platform
from delivered
inner join delivered_gated using (candidate)
where
    delivered.week = $monday
    and delivered.is_in_interval
    and delivered_gated.reason is null
