-- One row a file, local day on which sessions of it start, and reason against them: how many these are.
insert into delivery_counts
with

quarters as (
    select
        file_number,
        epoch_us(started_at) // $quarter_us as quarter,
        ${told_reason} as reason,
        count(*) as records
    from ${judged}
    group by all
),

counted as (
    select
        file_number,
        cast(timezone($timezone, make_timestamptz(quarter * $quarter_us)) as date) as day,
        reason,
        records
    from quarters
)

select
    $source as delivered_by,
    read_files.file,
    counted.day,
    counted.reason,
    coalesce(sum(counted.records), 0) as records
from read_files
left join counted using (file_number)
group by read_files.file, counted.day, counted.reason
