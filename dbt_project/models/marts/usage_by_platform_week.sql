with

cells as (

    select *
    from {{ cube_files('usage_by_platform_week', [
        ('week_start', 'date'),
        ('age_group', 'varchar'),
        ('age_from', 'integer'),
        ('age_to', 'integer'),
        ('platform', 'varchar'),
        ('users', 'bigint'),
        ('minutes', 'bigint'),
    ]) }}

),

final as (

    select
        week_start,
        age_group,
        age_from,
        age_to,
        platform,
        users,
        minutes
    from cells
    order by week_start, age_from, age_to nulls last, platform

)

select * from final
