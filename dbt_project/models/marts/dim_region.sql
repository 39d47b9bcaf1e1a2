with

regions as (

    select * from {{ ref('stg_policy__regions') }}

),

final as (

    select
        region_code,
        region_name,
        region_level,
        parent_code
    from regions
    order by region_code

)

select * from final
