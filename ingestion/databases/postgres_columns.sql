-- One row a column of the table $1: its schema, name and type, and whether it is a `numeric` of whole numbers.
-- sqlfluff:dialect:postgres
with recursive

base as (
    select
        a.attnum,
        c.relnamespace,
        a.attname,
        a.atttypid as type,
        a.atttypmod as modifier,
        format_type(a.atttypid, a.atttypmod) as shown
    from pg_catalog.pg_attribute as a
    inner join pg_catalog.pg_class as c on a.attrelid = c.oid
    where a.attrelid = to_regclass($1) and a.attnum > 0 and not a.attisdropped
    union all
    -- A domain is what it is made of.
    select
        base.attnum,
        base.relnamespace,
        base.attname,
        domains.typbasetype,
        domains.typtypmod,
        format_type(domains.typbasetype, domains.typtypmod) as shown
    from base
    inner join pg_catalog.pg_type as domains on base.type = domains.oid and domains.typtype = 'd'
)

select
    n.nspname::text,
    b.attname::text,
    case
        when t.typtype = 'e' then 'enum'
        when t.typname = 'citext' or t.typnamespace = 'pg_catalog'::regnamespace then t.typname::text
        else 'a type of its own'
    end as type_name,
    b.shown,
    t.typname = 'numeric' and b.modifier <> -1 and (b.modifier - 4) & 2047 = 0 as is_whole
from base as b
inner join pg_catalog.pg_type as t on b.type = t.oid
inner join pg_catalog.pg_namespace as n on b.relnamespace = n.oid
where t.typtype <> 'd'
order by b.attnum
