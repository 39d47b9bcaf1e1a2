{{ config(tags=['marts']) }}
-- A region of which engaged sessions are told is a union of whole core cells, of which it has the users and the
-- sessions; of a week that is told, every core cell is in one.
with

engaged_regions as (

    select * from {{ ref('ga4_engaged_sessions_week') }}

),

engaged_members as (

    select
        week_start,
        region_code,
        unnest(region_members) as member
    from engaged_regions

),

weeks_told as (

    select distinct week_start
    from engaged_regions

),

core as (

    select
        row_number() over (
            order by ga4_cells.week_start, ga4_cells.region_code, ga4_cells.device_category
        ) as cell,
        ga4_cells.week_start,
        ga4_cells.region_members,
        ga4_cells.users,
        ga4_cells.sessions
    from {{ ref('ga4_engagement_week') }} as ga4_cells
    inner join weeks_told
        on ga4_cells.week_start = weeks_told.week_start

),

core_members as (

    select
        cell,
        week_start,
        unnest(region_members) as member
    from core

),

places as (

    select
        core_members.cell,
        min(engaged_members.region_code) as region_code,
        count(*) as members,
        count(engaged_members.member) as members_told,
        count(distinct engaged_members.region_code) as regions
    from core_members
    left join engaged_members
        on
            core_members.week_start = engaged_members.week_start
            and core_members.member = engaged_members.member
    group by core_members.cell

),

core_sums as (

    select
        core.week_start,
        places.region_code,
        count(*) as cells,
        sum(core.users) as users,
        sum(core.sessions) as sessions
    from core
    inner join places
        on core.cell = places.cell
    group by core.week_start, places.region_code

),

final as (

    select
        engaged_regions.week_start,
        engaged_regions.region_code
    from engaged_regions
    left join core_sums
        on
            engaged_regions.week_start = core_sums.week_start
            and engaged_regions.region_code = core_sums.region_code
    where
        (
            engaged_regions.cells = core_sums.cells
            and engaged_regions.users = core_sums.users
            and engaged_regions.sessions = core_sums.sessions
        ) is not true
    union all
    select
        core.week_start,
        places.region_code
    from places
    inner join core
        on places.cell = core.cell
    where places.regions <> 1 or places.members_told <> places.members

)

select * from final
