with

cells as (

    select *
    from {{ cube_files('coverage_week', [
        ('week_start', 'date'),
        ('source', 'varchar'),
        ('passed_percent', 'integer'),
    ]) }}

),

final as (

    select
        week_start,
        source,
        passed_percent
    from cells

)

select * from final
