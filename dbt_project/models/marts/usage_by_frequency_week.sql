with

cells as (

    select *
    from {{ cube_files('usage_by_frequency_week', [
        ('week_start', 'date'),
        ('region_code', 'varchar'),
        ('region_name', 'varchar'),
        ('region_level', 'varchar'),
        ('region_members', 'varchar[]'),
        ('sessions_from', 'integer'),
        ('sessions_to', 'integer'),
        ('users', 'bigint'),
        ('minutes', 'bigint'),
    ]) }}

),

final as (

    select
        week_start,
        region_code,
        region_name,
        region_level,
        region_members,
        sessions_from,
        sessions_to,
        users,
        minutes
    from cells
    order by week_start, region_code, sessions_from

)

select * from final
