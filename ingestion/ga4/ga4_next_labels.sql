-- One row an account that a browser ties to another: the smallest label in reach, and that label's own.
create or replace temp table ga4_next_labels as
with

both_ways as (
    select
        one,
        other
    from ga4_account_ties
    union all
    select
        other,
        one
    from ga4_account_ties
),

reached as (
    select
        both_ways.one as user_id,
        min(labels.label) as label
    from both_ways
    inner join ga4_account_labels as labels on both_ways.other = labels.user_id
    group by both_ways.one
),

offered as (
    select
        user_id,
        label
    from reached
    union all
    select
        labels.label as user_id,
        reached.label
    from reached
    inner join ga4_account_labels as labels using (user_id)
    union all
    select
        user_id,
        label
    from ga4_account_labels
),

hooked as (
    select
        user_id,
        min(label) as label
    from offered
    group by user_id
)

select
    hooked.user_id,
    least(hooked.label, jumped.label) as label
from hooked
inner join hooked as jumped on hooked.label = jumped.user_id
