with

cells as (

    select *
    from {{ cube_files('ga4_engagement_week', region_columns() + [
        ('device_category', 'varchar'),
        ('users', 'bigint'),
        ('sessions', 'bigint'),
        ('views', 'bigint'),
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
        device_category,
        users,
        sessions,
        views,
        minutes
    from cells

)

select * from final
