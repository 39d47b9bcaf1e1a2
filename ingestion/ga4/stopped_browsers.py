"""Browsers that were seen with a person who was erased or objected: their later rows have no account any more."""

import duckdb

from consent.tombstones import BROWSER, PERSON, StopReason, lay_tombstones, match_tombstones
from home.run import Run
from home.sql import Sql, identifier
from ingestion.ga4.persons import link_persons

_REASONS: tuple[StopReason, ...] = ("objected", "erased")


def link_persons_but_stopped(con: duckdb.DuckDBPyConnection, run: Run) -> None:
    """Makes `ga4_persons`, as `link_persons` does, in which a stopped browser connects nobody; and `stopped_browsers`.

    `stopped_browsers` (`user_pseudo_id`, `reason`): those of `ga4_events` and `ga4_links` that have a tombstone. A
    browser that is now seen with a stopped person, and was not known to be theirs, gets one. The accounts seen with it
    stay in `ga4_links`, so that what is stored of it goes too.
    """
    user_id, pseudo_id = identifier("user_id"), identifier("user_pseudo_id")
    match_tombstones(con, run.home, PERSON, ids=Sql("ga4_links"), column=user_id, into=Sql("stopped_accounts"))
    for reason in _REASONS:
        seen = con.execute(
            "select distinct user_pseudo_id from ga4_links inner join stopped_accounts using (user_id)"
            " where stopped_accounts.reason = ?",
            [reason],
        ).fetchall()
        lay_tombstones(run.home, BROWSER, (one for (one,) in seen), reason, run.as_of.date())
    ids = Sql("(select user_pseudo_id from ga4_events union select user_pseudo_id from ga4_links)")
    match_tombstones(con, run.home, BROWSER, ids=ids, column=pseudo_id, into=Sql("stopped_browsers"))
    con.execute("alter table ga4_links rename to every_link")
    con.execute(
        "create or replace temp table ga4_links as from every_link anti join stopped_browsers using (user_pseudo_id)"
    )
    link_persons(con)
    con.execute("drop table ga4_links")
    con.execute("alter table every_link rename to ga4_links")
    con.execute("""
        insert into ga4_persons
        select ga4_links.user_pseudo_id, 'user:' || min(ga4_links.user_id)
        from ga4_links
        inner join stopped_browsers using (user_pseudo_id)
        where ga4_links.user_id is not null
        group by ga4_links.user_pseudo_id
    """)
