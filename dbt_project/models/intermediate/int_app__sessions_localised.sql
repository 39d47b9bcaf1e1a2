{{ config(materialized='view') }}

with

sessions as (

    select * from {{ ref('stg_app__sessions') }}

),

local_sessions as (

    select
        person,
        started_at,
        region_code,
        age_band,
        platform,
        {{ elapsed_us('started_at', 'ended_at') }} as duration_us,
        {{ local_time('started_at') }} as started_local
    from sessions

),

final as (

    select
        cast(date_trunc('week', started_local) as date) as week_start,
        person,
        started_at,
        region_code,
        age_band,
        platform,
        duration_us,
        cast(extract(hour from started_local) as integer) as local_hour,
        started_local >= date_trunc('week', started_local) + interval '5' day as is_weekend
    from local_sessions

)

select * from final
