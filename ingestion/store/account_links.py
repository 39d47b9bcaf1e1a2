"""Which browsers were seen with an account, in the pseudonyms of one week."""

from datetime import date

import duckdb

from home.keys import week_key
from home.layout import Home
from home.sql import Sql
from ingestion.store.pseudonyms import BROWSER, PERSON, pseudonym


def prepare_links_of_week(con: duckdb.DuckDBPyConnection, home: Home, monday: date) -> None:
    """Makes `links_of_week` (`browser UUID`, `person UUID`, `gate_persons UUID[]`), one row a linked browser.

    `person` is one for all browsers that accounts connect; `gate_persons` are the accounts seen with this very browser.
    Needs `ga4_links` and `ga4_persons`.
    """
    con.execute(
        f"""
        create or replace temp table links_of_week as
        select
            {pseudonym(BROWSER, Sql("ga4_links.user_pseudo_id"))} as browser,
            {pseudonym(PERSON, Sql("any_value(substr(ga4_persons.person_key, length('user:') + 1))"))} as person,
            list_sort(list(distinct {pseudonym(PERSON, Sql("ga4_links.user_id"))})) as gate_persons
        from ga4_links
        inner join ga4_persons using (user_pseudo_id)
        where ga4_links.user_id is not null
        group by ga4_links.user_pseudo_id
        """,
        {"key": week_key(home, monday)},
    )
