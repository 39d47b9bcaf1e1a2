{{ config(tags=['marts']) }}
-- Every member of every cell is a leaf of the region table, and no cell is without one.
with

cell_regions as (

    select
        region_code,
        region_members
    from {{ ref('usage_by_region_age_week') }}
    union
    select
        region_code,
        region_members
    from {{ ref('usage_by_hour_week') }}
    union
    select
        region_code,
        region_members
    from {{ ref('ga4_engagement_week') }}
    union
    select
        region_code,
        region_members
    from {{ ref('ga4_engaged_sessions_week') }}

),

members as (

    select distinct unnest(region_members) as member
    from cell_regions

),

regions as (

    select * from {{ ref('dim_region') }}

),

final as (

    select members.member as region_code
    from members
    left join regions
        on members.member = regions.region_code
    where regions.region_level is distinct from 'subdivision'
    union all
    select region_code
    from cell_regions
    where region_members is null or len(region_members) = 0

)

select * from final
