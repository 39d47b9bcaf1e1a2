with

cells as (

    select *
    from {{ cube_files('usage_week', [
        ('week_start', 'date'),
        ('users', 'bigint'),
        ('sessions_least', 'bigint'),
        ('sessions_most', 'bigint'),
    ]) }}

),

final as (

    select
        week_start,
        users,
        sessions_least,
        sessions_most
    from cells

)

select * from final
