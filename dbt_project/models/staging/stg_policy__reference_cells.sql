with

reference_cells as (

    select *
    from {{ source_files('policy', 'reference_cells', [
        ('reference_version', 'varchar'),
        ('region_members', 'varchar[]'),
        ('age_from', 'integer'),
        ('age_to', 'integer'),
    ]) }}

),

final as (

    select
        reference_version,
        region_members,
        age_from,
        age_to
    from reference_cells

)

select * from final
