-- Sums of published rows alone, over the finest parts of a week that no row of either side crosses.
with recursive

usage_cells as (

    select * from {{ ref('usage_by_region_age_week') }}

),

engagement_cells as (

    select * from {{ ref('ga4_engagement_week') }}

),

audience_rows as (

    select * from {{ ref('ga4_audience_week') }}

),

-- Ages: GA4's brackets are told each by itself, so that the app's cells alone decide where two of them part.
aged as (

    select
        week_start,
        'app' as source,
        age_from,
        users
    from usage_cells
    union all
    select
        week_start,
        'ga4_reports' as source,
        cast(left(age_bracket, 2) as integer) as age_from,
        users_in_rows as users
    from audience_rows
    where age_bracket not in ('unknown', 'all')

),

reported_weeks as (

    select distinct week_start
    from aged
    where source = 'ga4_reports'

),

starts as (

    select unnest([18, 25, 35, 45, 55, 65]) as age_from

),

bracket_starts as (

    select
        reported_weeks.week_start,
        starts.age_from
    from reported_weeks
    cross join starts

),

cuts as (

    select
        week_start,
        0 as age_from
    from bracket_starts
    union
    select
        bracket_starts.week_start,
        bracket_starts.age_from
    from bracket_starts
    where
        not exists (
            select 1
            from usage_cells
            where
                usage_cells.week_start = bracket_starts.week_start
                and usage_cells.age_from < bracket_starts.age_from
                and coalesce(usage_cells.age_to, bracket_starts.age_from) >= bracket_starts.age_from
        )

),

age_parts as (

    select
        week_start,
        age_from,
        lead(age_from) over (partition by week_start order by age_from) - 1 as age_to
    from cuts

),

age_sums as (

    select
        age_parts.week_start,
        age_parts.age_from,
        age_parts.age_to,
        sum(aged.users) filter (where aged.source = 'app') as app_users,
        sum(aged.users) filter (where aged.source = 'ga4_reports') as ga4_users,
        count(*) filter (where aged.source = 'ga4_reports') as ga4_rows
    from age_parts
    inner join aged
        on
            age_parts.week_start = aged.week_start
            and age_parts.age_from <= aged.age_from
            and coalesce(age_parts.age_to, aged.age_from) >= aged.age_from
    group by age_parts.week_start, age_parts.age_from, age_parts.age_to

),

compared_ages as (

    select
        week_start,
        'age' as compared,
        case
            when age_to is not null then age_from || '-' || age_to
            when age_from = 0 then 'all'
            else age_from || '+'
        end as part,
        cast(null as varchar[]) as region_members,
        'ga4_reports' as ga4_source,
        app_users,
        ga4_users,
        ga4_rows
    from age_sums
    where app_users is not null and ga4_users is not null

),

-- Regions: cells that have a leaf in common belong to one part, and so does whatever these have in common with others.
places as (

    select
        week_start,
        'app' as source,
        region_code,
        region_members,
        sum(users) as users,
        count(*) as rows_added
    from usage_cells
    group by week_start, region_code, region_members
    union all
    select
        week_start,
        'ga4_export' as source,
        region_code,
        region_members,
        sum(users) as users,
        count(*) as rows_added
    from engagement_cells
    group by week_start, region_code, region_members

),

numbered as (

    select
        *,
        {{ list_length('region_members') }} as leaves_covered,
        row_number() over (order by week_start, source, region_code, region_members) as place
    from places

),

leaves as (

    select
        week_start,
        place,
        unnest(region_members) as leaf
    from numbered

),

ties as (

    select distinct
        leaves.place,
        others.place as other
    from leaves
    inner join leaves as others
        on
            leaves.week_start = others.week_start
            and leaves.leaf = others.leaf

),

reach as (

    select
        place,
        place as reached
    from numbered
    union
    select
        reach.place,
        ties.other as reached
    from reach
    inner join ties on reach.reached = ties.place

),

part_of_place as (

    select
        place,
        min(reached) as region_part
    from reach
    group by place

),

part_members as (

    select
        part_of_place.region_part,
        list_sort(list(distinct leaves.leaf)) as region_members,
        count(distinct leaves.leaf) as leaves_covered
    from leaves
    inner join part_of_place on leaves.place = part_of_place.place
    group by part_of_place.region_part

),

region_sums as (

    select
        numbered.week_start,
        part_of_place.region_part,
        sum(numbered.users) filter (where numbered.source = 'app') as app_users,
        sum(numbered.users) filter (where numbered.source = 'ga4_export') as ga4_users,
        sum(numbered.rows_added) filter (where numbered.source = 'ga4_export') as ga4_rows,
        min(numbered.region_code) filter (where numbered.leaves_covered = part_members.leaves_covered) as code_of_all,
        list(distinct numbered.region_code) filter (where numbered.source = 'app') as codes_of_app
    from numbered
    inner join part_of_place on numbered.place = part_of_place.place
    inner join part_members on part_of_place.region_part = part_members.region_part
    group by numbered.week_start, part_of_place.region_part

),

compared_regions as (

    select
        region_sums.week_start,
        'region' as compared,
        coalesce(region_sums.code_of_all, array_to_string(list_sort(region_sums.codes_of_app), ' + ')) as part,
        part_members.region_members,
        'ga4_export' as ga4_source,
        region_sums.app_users,
        region_sums.ga4_users,
        region_sums.ga4_rows
    from region_sums
    inner join part_members on region_sums.region_part = part_members.region_part
    where region_sums.app_users is not null and region_sums.ga4_users is not null

),

compared as (

    select * from compared_ages
    union all
    select * from compared_regions

),

final as (

    select
        week_start,
        compared,
        part,
        region_members,
        ga4_source,
        cast(app_users as bigint) as app_users,
        cast(ga4_users as bigint) as ga4_users,
        cast(ga4_rows as integer) as ga4_rows,
        cast(ga4_users - app_users as bigint) as difference,
        round(cast(ga4_users as double) / cast(app_users as double), 3) as ratio
    from compared
    order by week_start, compared, part

)

select * from final
