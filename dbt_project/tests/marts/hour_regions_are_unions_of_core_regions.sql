{{ config(tags=['marts']) }}
-- The regions of the hours mart are unions of the core mart's regions: the core cells whose first member lies in one
-- hold its sessions, within the steps in which each row tells them, and all their other members lie in it too.
with

hour_regions as (

    select
        week_start,
        region_code,
        any_value(region_members) as region_members,
        sum(sessions) as sessions,
        count(*) as cells
    from {{ ref('usage_by_hour_week') }}
    group by week_start, region_code

),

hour_members as (

    select
        week_start,
        region_code,
        unnest(region_members) as member
    from hour_regions

),

core as (

    select
        week_start,
        region_members,
        region_members[1] as first_member,
        sessions
    from {{ ref('usage_by_region_age_week') }}

),

core_sums as (

    select
        hour_members.week_start,
        hour_members.region_code,
        sum(core.sessions) as sessions,
        count(*) as cells
    from core
    inner join hour_members
        on
            core.week_start = hour_members.week_start
            and core.first_member = hour_members.member
    group by hour_members.week_start, hour_members.region_code

),

steps as (

    select * from {{ count_step_table() }}

),

core_regions as (

    select distinct
        week_start,
        region_members
    from core

),

core_members as (

    select
        week_start,
        region_members[1] as first_member,
        unnest(region_members) as member
    from core_regions

),

crossing as (

    select
        core_members.week_start,
        hour_members.region_code
    from core_members
    left join hour_members
        on
            core_members.week_start = hour_members.week_start
            and core_members.member = hour_members.member
    inner join hour_members as first_region
        on
            core_members.week_start = first_region.week_start
            and core_members.first_member = first_region.member
    where hour_members.region_code is distinct from first_region.region_code

),

final as (

    select
        hour_regions.week_start,
        hour_regions.region_code
    from hour_regions
    left join core_sums
        on
            hour_regions.week_start = core_sums.week_start
            and hour_regions.region_code = core_sums.region_code
    left join steps
        on hour_regions.week_start = steps.week_start
    where
        (
            hour_regions.sessions - core_sums.sessions
            between -(
                coalesce(steps.below, 0) * hour_regions.cells
                + coalesce(steps.above, 0) * core_sums.cells
            )
            and coalesce(steps.above, 0) * hour_regions.cells
            + coalesce(steps.below, 0) * core_sums.cells
        ) is not true
        or (hour_regions.cells = 1 and hour_regions.sessions <> core_sums.sessions)
    union all
    select
        week_start,
        region_code
    from crossing

)

select * from final
