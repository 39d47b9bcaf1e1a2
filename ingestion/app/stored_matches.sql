-- One row a stored session of the week $monday that was delivered again, and whether the delivered one beats it.
insert into stored_matches
select
    delivered.session_id,
    $monday as week,
    stored.session,
    coalesce(
        delivered.ended_at > stored.ended_at
        or (delivered.ended_at = stored.ended_at and delivered.started_at < stored.started_at)
        or (
            delivered.ended_at = stored.ended_at
            and delivered.started_at = stored.started_at
            and delivered.user_id <= people_of_week.user_id
            and cast(timezone($timezone, delivered.started_at) as date) between $first_day and $last_day
        ),
        false
    ) as is_superseded
from (
    select
        *,
        ${session_pseudonym} as session
    from app_sessions
) as delivered
inner join read_parquet($file) as stored using (session)
inner join people_of_week using (person)
