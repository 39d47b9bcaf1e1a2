-- One row a person that was drawn, in order: id, names and e-mail address.
with named as (
    select
        *,
        $first[1 + a % len($first)] || $middle[1 + (a // 16) % len($middle)]
        || $last[1 + (a // 256) % len($last)] as first_name,
        case b % 5 when 0 then 'van der ' when 1 then 'el-' when 2 then 'Ó ' else '' end
        || $middle[1 + b % len($middle)] || $first[1 + (b // 8) % len($first)]
        || $last[1 + (b // 128) % len($last)] || printf('%05d', number)
        || case when b % 97 = 0 then ', "Sr."' else '' end as last_name
    from drawn
)

select
    case
        when number % 3 = 0 then printf('000%07d', (number * 7919 + 104729) % 9999991)
        else printf('usr_%08x', (number * 2654435761 + 97) % 4294967296)
    end as user_id,
    case when number = 7 then first_name || chr(10) || 'Maria' else first_name end as first_name,
    last_name,
    lower(first_name) || '.' || number || '@mail' || a % 7 || '.example' as email
from named
order by number
