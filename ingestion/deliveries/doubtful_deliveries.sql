-- One row a delivery (week null), and one a week of it, of which more records are bad than the policy allows.
with

counted as (
    select
        file,
        cast(null as date) as week,
        reason,
        records
    from delivery_counts
    where source = $kind
    union all
    select
        file,
        cast(date_trunc('week', day) as date) as week,
        reason,
        records
    from delivery_counts
    where source = $kind and day between $first_day and $last_day
),

summed as (
    select
        file,
        week,
        reason,
        cast(sum(records) as bigint) as records
    from counted
    group by file, week, reason
),

bad as (
    select
        file,
        week,
        cast(sum(records) as bigint) as records,
        cast(coalesce(sum(records) filter (reason <> 'in_future'), 0) as bigint) as bad,
        string_agg(reason || ' ' || records, ', ' order by records desc, reason asc) filter (reason <> 'in_future')
            as reasons
    from summed
    group by file, week
)

select
    file,
    week,
    records,
    bad,
    reasons
from bad
where bad >= $least and bad * 100 > $percent * records
order by file asc, week asc nulls first
