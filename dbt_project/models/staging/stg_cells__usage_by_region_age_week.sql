with

cells as (

    select *
    from {{ cube_files('usage_by_region_age_week', region_columns() + [
        ('age_group', 'varchar'),
        ('age_from', 'integer'),
        ('age_to', 'integer'),
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
        age_group,
        age_from,
        age_to,
        users,
        sessions,
        minutes
    from cells

)

select * from final
