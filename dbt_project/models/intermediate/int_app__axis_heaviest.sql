-- Persons of one total are put in order by their vectors, not by their pseudonyms: the same records give the same
-- table under any key. Only those who can be among the twenty have their vectors written out for it.
with

person_weeks as (

    select * from {{ ref('int_app__person_weeks_placed') }}

),

positions as (

    select * from {{ ref('int_app__axis_positions') }}

),

totals_by_unit as (

    select
        week_start,
        'region' as dimension,
        region_code as unit,
        person,
        duration_us
    from person_weeks
    union all
    select
        week_start,
        'age' as dimension,
        age_band as unit,
        person,
        duration_us
    from person_weeks

),

ranked_totals as (

    select
        week_start,
        dimension,
        unit,
        person,
        duration_us,
        rank() over (
            partition by week_start, dimension, unit
            order by duration_us desc
        ) as total_rank
    from totals_by_unit

),

candidates as (

    select *
    from ranked_totals
    where total_rank <= 20

),

axes as (

    select distinct
        axis,
        dimension
    from positions

),

candidate_axes as (

    select
        candidates.week_start,
        axes.axis,
        candidates.unit,
        candidates.person,
        candidates.duration_us
    from candidates
    inner join axes
        on candidates.dimension = axes.dimension

),

candidate_positions as (

    select
        candidate_axes.week_start,
        candidate_axes.axis,
        candidate_axes.unit,
        candidate_axes.person,
        candidate_axes.duration_us as total_us,
        positions.position,
        positions.duration_us
    from positions
    inner join candidate_axes
        on
            positions.person = candidate_axes.person
            and positions.week_start = candidate_axes.week_start
            and positions.axis = candidate_axes.axis

),

candidate_vectors as (

    select
        week_start,
        axis,
        unit,
        person,
        total_us,
        {{ vector_text('position', 'duration_us') }} as vector
    from candidate_positions
    group by week_start, axis, unit, person, total_us

),

ranked_candidates as (

    select
        week_start,
        axis,
        unit,
        person,
        total_us,
        cast(
            row_number() over (
                partition by week_start, axis, unit
                order by total_us desc, vector asc
            ) as integer
        ) as rank
    from candidate_vectors

),

listed_positions as (

    select
        candidate_positions.week_start,
        candidate_positions.axis,
        candidate_positions.unit,
        ranked_candidates.rank,
        candidate_positions.position,
        candidate_positions.duration_us
    from candidate_positions
    inner join ranked_candidates
        on
            candidate_positions.week_start = ranked_candidates.week_start
            and candidate_positions.axis = ranked_candidates.axis
            and candidate_positions.unit = ranked_candidates.unit
            and candidate_positions.person = ranked_candidates.person
    where ranked_candidates.rank <= 20

),

-- Whoever is not listed is a candidate beyond the twenty, or no candidate at all.
largest_beyond as (

    select
        week_start,
        axis,
        unit,
        max(total_us) as duration_us
    from ranked_candidates
    where rank > 20
    group by week_start, axis, unit

),

largest_others as (

    select
        week_start,
        dimension,
        unit,
        max(case when total_rank > 20 then duration_us else 0 end) as duration_us
    from ranked_totals
    group by week_start, dimension, unit

),

largest_unlisted as (

    select
        largest_others.week_start,
        axes.axis,
        largest_others.unit,
        0 as rank,
        -1 as position,
        greatest(largest_others.duration_us, coalesce(largest_beyond.duration_us, 0)) as duration_us
    from largest_others
    inner join axes
        on largest_others.dimension = axes.dimension
    left join largest_beyond
        on
            largest_others.week_start = largest_beyond.week_start
            and axes.axis = largest_beyond.axis
            and largest_others.unit = largest_beyond.unit

),

every_rank as (

    select * from listed_positions
    union all
    select * from largest_unlisted

),

final as (

    select
        week_start,
        axis,
        unit,
        rank,
        position,
        cast(duration_us as bigint) as duration_us
    from every_rank

)

select * from final
