-- One row a stored event of a week, with the accounts that its browser is seen with by now.
create or replace temp table stored as
select
    records.* replace (
        coalesce(links_of_week.person, records.person) as person,
        list_sort(
            list_distinct(list_concat(records.gate_persons, coalesce(links_of_week.gate_persons, [])))
        ) as gate_persons
    ),
    coalesce(
        links_of_week.person <> records.person
        or not list_has_all(records.gate_persons, links_of_week.gate_persons),
        false
    ) as is_relinked,
    row_number() over () as stored_row
from read_parquet($file) as records
left join links_of_week using (browser)
