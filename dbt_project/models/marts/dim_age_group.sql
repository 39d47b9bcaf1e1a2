with

leaf_bands as (

    select * from {{ ref('stg_policy__age_bands') }}

),

usage_cells as (

    select * from {{ ref('usage_by_region_age_week') }}

),

length_cells as (

    select * from {{ ref('session_length_by_age_week') }}

),

every_group as (

    select
        age_group,
        age_from,
        age_to
    from leaf_bands
    union
    select
        age_group,
        age_from,
        age_to
    from usage_cells
    union
    select
        age_group,
        age_from,
        age_to
    from length_cells

),

final as (

    select
        every_group.age_group,
        every_group.age_from,
        every_group.age_to,
        leaf_bands.age_group is not null as is_leaf_band
    from every_group
    left join leaf_bands
        on every_group.age_group = leaf_bands.age_group
    order by every_group.age_from, every_group.age_to nulls last

)

select * from final
