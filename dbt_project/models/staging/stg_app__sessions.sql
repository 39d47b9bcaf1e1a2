with

records as (

    select *
    from {{ source_files('records', 'app', [
        ('person', 'uuid'),
        ('started_at', 'timestamptz'),
        ('ended_at', 'timestamptz'),
        ('region_code', 'varchar'),
        ('age_band', 'varchar'),
        ('platform', 'varchar'),
    ]) }}

),

final as (

    select
        person,
        started_at,
        ended_at,
        region_code,
        age_band,
        platform
    from records

)

select * from final
