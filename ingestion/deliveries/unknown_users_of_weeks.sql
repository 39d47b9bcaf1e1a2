-- One row a file and week: how many users its sessions have, and how many of these nobody knows.
insert into unknown_users_of_weeks
with

sessions as (
    select
        file_number,
        user_id,
        cast(date_trunc('week', timezone($timezone, started_at)) as date) as week
    from judged_sessions
    where reason is null and started_at >= $first_at and started_at < $end_at
)

select
    read_files.file,
    sessions.week,
    count(distinct sessions.user_id) as users,
    count(distinct sessions.user_id) filter (sessions.user_id in (from users_nobody_knows)) as unknown
from sessions
inner join read_files using (file_number)
group by read_files.file, sessions.week
