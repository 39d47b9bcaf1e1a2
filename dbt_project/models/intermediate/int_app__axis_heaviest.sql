-- Persons of one total are put in order by their vectors, not by their pseudonyms: the same records give the same
-- table under any key. Only those who can be among the twenty have their vectors written out for it.
with

positions as (

    select * from {{ ref('int_app__axis_positions') }}

),

person_totals as (

    select
        week_start,
        axis,
        unit,
        person,
        sum(duration_us) as duration_us
    from positions
    group by week_start, axis, unit, person

),

ranked_totals as (

    select
        week_start,
        axis,
        unit,
        person,
        duration_us,
        rank() over (
            partition by week_start, axis, unit
            order by duration_us desc
        ) as total_rank
    from person_totals

),

candidates as (

    select *
    from ranked_totals
    where total_rank <= 20

),

candidate_vectors as (

    select
        candidates.week_start,
        candidates.axis,
        candidates.unit,
        candidates.person,
        candidates.duration_us,
        {{ vector_text('positions.position', 'positions.duration_us') }} as vector
    from candidates
    inner join positions
        on
            candidates.week_start = positions.week_start
            and candidates.axis = positions.axis
            and candidates.person = positions.person
    group by
        candidates.week_start, candidates.axis, candidates.unit, candidates.person, candidates.duration_us

),

ranked_candidates as (

    select
        week_start,
        axis,
        unit,
        person,
        duration_us,
        cast(
            row_number() over (
                partition by week_start, axis, unit
                order by duration_us desc, vector
            ) as integer
        ) as rank
    from candidate_vectors

),

listed_positions as (

    select
        ranked_candidates.week_start,
        ranked_candidates.axis,
        ranked_candidates.unit,
        ranked_candidates.rank,
        positions.position,
        positions.duration_us
    from ranked_candidates
    inner join positions
        on
            ranked_candidates.week_start = positions.week_start
            and ranked_candidates.axis = positions.axis
            and ranked_candidates.person = positions.person
    where ranked_candidates.rank <= 20

),

largest_unlisted as (

    select
        ranked_totals.week_start,
        ranked_totals.axis,
        ranked_totals.unit,
        0 as rank,
        -1 as position,
        coalesce(
            max(case when coalesce(ranked_candidates.rank, 21) > 20 then ranked_totals.duration_us end), 0
        ) as duration_us
    from ranked_totals
    left join ranked_candidates
        on
            ranked_totals.week_start = ranked_candidates.week_start
            and ranked_totals.axis = ranked_candidates.axis
            and ranked_totals.person = ranked_candidates.person
    group by ranked_totals.week_start, ranked_totals.axis, ranked_totals.unit

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
