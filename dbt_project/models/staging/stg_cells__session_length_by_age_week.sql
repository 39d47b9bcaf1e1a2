with

cells as (

    select *
    from {{ cube_files('session_length_by_age_week', [
        ('week_start', 'date'),
        ('age_group', 'varchar'),
        ('age_from', 'integer'),
        ('age_to', 'integer'),
        ('minutes_from', 'integer'),
        ('minutes_to', 'integer'),
        ('users', 'bigint'),
        ('sessions', 'bigint'),
        ('minutes', 'bigint'),
    ]) }}

),

final as (

    select
        week_start,
        age_group,
        age_from,
        age_to,
        minutes_from,
        minutes_to,
        users,
        sessions,
        minutes
    from cells

)

select * from final
