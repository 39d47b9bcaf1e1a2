with

regions as (

    select *
    from {{ region_table() }}

),

final as (

    select
        region_code,
        region_name,
        region_level,
        parent_code
    from regions

)

select * from final
