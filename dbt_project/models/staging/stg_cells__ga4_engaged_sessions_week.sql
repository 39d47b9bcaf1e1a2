with

cells as (

    select *
    from {{ cube_files('ga4_engaged_sessions_week', region_columns() + [
        ('cells', 'integer'),
        ('users', 'bigint'),
        ('sessions', 'bigint'),
        ('engaged_sessions', 'bigint'),
    ]) }}

),

final as (

    select
        week_start,
        region_code,
        region_name,
        region_level,
        region_members,
        cells,
        users,
        sessions,
        engaged_sessions
    from cells

)

select * from final
