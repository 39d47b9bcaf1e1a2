with

cells as (

    select *
    from {{ cube_files('usage_by_hour_week', region_columns() + [
        ('day_type', 'varchar'),
        ('hour_from', 'integer'),
        ('hour_to', 'integer'),
        ('users', 'bigint'),
        ('sessions', 'bigint'),
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
        day_type,
        hour_from,
        hour_to,
        users,
        sessions,
        minutes
    from cells

)

select * from final
