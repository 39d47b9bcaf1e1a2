-- Functions of published cells and the hierarchies alone: anything that knew more of the leaves would tell the split.
-- The door out recomputes gcp from the policy's lists, to check what is told (expectations/suites/quality_mart.py).
with

usage_cells as (

    select * from {{ ref('usage_by_region_age_week') }}

),

engagement_cells as (

    select * from {{ ref('ga4_engagement_week') }}

),

age_groups as (

    select * from {{ ref('dim_age_group') }}

),

leaf_bands as (

    select * from {{ ref('stg_policy__age_bands') }}

),

leaf_regions as (

    select count(*) as leaves
    from {{ ref('dim_region') }}
    where region_level = 'subdivision'

),

all_bands as (

    select count(*) as leaves
    from leaf_bands

),

reference_cells as (

    select * from {{ ref('stg_policy__reference_cells') }}

),

reference_edition as (

    select max(reference_version) as reference_version
    from reference_cells

),

rules_editions as (

    select * from {{ rules_edition_table() }}

),

-- A week that was frozen under other bands is judged by today's: those that its group touches.
bands_covered as (

    select
        age_groups.age_group,
        count(*) as leaves
    from age_groups
    inner join leaf_bands
        on
            coalesce(age_groups.age_to, leaf_bands.age_from) >= leaf_bands.age_from
            and coalesce(leaf_bands.age_to, age_groups.age_from) >= age_groups.age_from
    group by age_groups.age_group

),

app_cells as (

    select
        usage_cells.week_start,
        'app' as source,
        usage_cells.users,
        {{ list_length('usage_cells.region_members') }} - 1 as regions_beyond_one,
        bands_covered.leaves - 1 as others_beyond_one,
        greatest(all_bands.leaves - 1, 1) as most_others,
        reference_edition.reference_version,
        case when reference_cells.age_from is null then 0 else 1 end as reference_cell
    from usage_cells
    inner join bands_covered
        on usage_cells.age_group = bands_covered.age_group
    left join reference_cells
        on
            usage_cells.region_members = reference_cells.region_members
            and usage_cells.age_from = reference_cells.age_from
            and usage_cells.age_to is not distinct from reference_cells.age_to
    cross join all_bands
    cross join reference_edition

),

-- Of the five kinds of device that GA4 and we name (catalogue/devices.py), how many a cell covers beyond one.
ga4_cells as (

    select
        week_start,
        'ga4_export' as source,
        users,
        {{ list_length('region_members') }} - 1 as regions_beyond_one,
        case device_category
            when 'all' then 4
            when 'mobile and other devices' then 3
            when 'other devices' then 2
            else 0
        end as others_beyond_one,
        4 as most_others,
        cast(null as varchar) as reference_version,
        0 as reference_cell
    from engagement_cells

),

cells as (

    select * from app_cells
    union all
    select * from ga4_cells

),

-- Whole numbers until the last step, so that the order in which rows are summed changes nothing.
sums as (

    select
        week_start,
        source,
        most_others,
        reference_version,
        sum(users) as users,
        count(*) as cells,
        min(users) as k_reached,
        sum(users * regions_beyond_one) as region_leaves_lost,
        sum(users * others_beyond_one) as other_leaves_lost,
        sum(reference_cell) as cells_of_reference,
        sum(users * reference_cell) as users_of_reference
    from cells
    group by week_start, source, most_others, reference_version

),

final as (

    select
        sums.week_start,
        sums.source,
        cast(sums.users as bigint) as users,
        sums.cells,
        sums.k_reached,
        (
            cast(sums.region_leaves_lost as double) / greatest(leaf_regions.leaves - 1, 1)
            + cast(sums.other_leaves_lost as double) / sums.most_others
        ) / (2 * cast(sums.users as double)) as gcp,
        sums.reference_version,
        case
            when sums.reference_version is not null
                then cast(sums.cells_of_reference as double) / cast(sums.cells as double)
        end as reference_cells_share,
        case
            when sums.reference_version is not null
                then cast(sums.users_of_reference as double) / cast(sums.users as double)
        end as reference_users_share,
        cast(rules_editions.frozen_edition as integer) as frozen_edition,
        cast(rules_editions.told_edition as integer) as told_edition
    from sums
    cross join leaf_regions
    left join rules_editions
        on
            sums.source = rules_editions.source
            and sums.week_start = rules_editions.week_start
    order by sums.week_start, sums.source

)

select * from final
