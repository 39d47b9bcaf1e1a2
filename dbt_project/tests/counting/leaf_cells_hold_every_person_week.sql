{{ config(tags=['counting'], group='counting') }}
-- Counting loses nobody: per source and week, leaf cells add up to the person-weeks, in persons, units and time.
with

app_person_weeks as (

    select
        week_start,
        count(*) as persons,
        sum(sessions) as sessions,
        sum(duration_us) as duration_us
    from {{ ref('int_app__person_weeks_placed') }}
    group by week_start

),

app_leaf_cells as (

    select
        week_start,
        sum(persons) as persons,
        sum(sessions) as sessions,
        sum(duration_us) as duration_us
    from {{ ref('int_app__leaf_cells_counted') }}
    group by week_start

),

ga4_person_weeks as (

    select
        week_start,
        count(*) as persons,
        sum(sessions) as sessions,
        sum(duration_us) as duration_us
    from {{ ref('int_ga4__person_weeks_placed') }}
    group by week_start

),

ga4_leaf_cells as (

    select
        week_start,
        sum(persons) as persons,
        sum(sessions) as sessions,
        sum(duration_us) as duration_us
    from {{ ref('int_ga4__leaf_cells_counted') }}
    group by week_start

),

final as (

    (
        select * from app_person_weeks
        except
        select * from app_leaf_cells
    )
    union all
    (
        select * from app_leaf_cells
        except
        select * from app_person_weeks
    )
    union all
    (
        select * from ga4_person_weeks
        except
        select * from ga4_leaf_cells
    )
    union all
    (
        select * from ga4_leaf_cells
        except
        select * from ga4_person_weeks
    )

)

select * from final
