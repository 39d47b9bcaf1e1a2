with

records as (

    select *
    from {{ source_files('records', 'ga4_export', [
        ('person', 'uuid'),
        ('session', 'uuid'),
        ('event_at', 'timestamptz'),
        ('region_code', 'varchar'),
        ('device_category', 'varchar'),
        ('is_engaged', 'boolean'),
        ('is_view', 'boolean'),
        ('engagement_us', 'bigint'),
    ]) }}

),

final as (

    select
        person,
        session,
        event_at,
        region_code,
        device_category,
        is_engaged,
        is_view,
        engagement_us
    from records

)

select * from final
