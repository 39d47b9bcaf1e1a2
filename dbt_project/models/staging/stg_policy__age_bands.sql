with

bands as (

    select *
    from {{ age_band_table() }}

),

final as (

    select
        age_group,
        age_from,
        age_to
    from bands

)

select * from final
