"""Which browsers are one person: those that accounts connect."""

import duckdb

from home.sql import identifier, sql_file


def link_persons(con: duckdb.DuckDBPyConnection) -> None:
    """Makes `ga4_persons` (`user_pseudo_id VARCHAR`, `person_key VARCHAR`) from `ga4_links`, one row a linked browser.

    A pseudo-id seen with an account, all pseudo-ids of that account, and all accounts of those are one person;
    `person_key` is `user:` and the smallest of the person's user ids, compared as UTF-8 bytes. A pseudo-id that was
    never seen with an account has no row: it is a person by itself, `browser:` and the pseudo-id. The two words keep a
    user id from ever meeting a pseudo-id.

    Smallest labels spread along the links, and each round also takes the label of one's label, so that rounds grow with
    the logarithm of the longest chain (label propagation with pointer jumping: Zhang, Azad and Buluc, FastSV, 2020).
    """
    con.execute("""
        create or replace temp table ga4_browser_accounts as
        select distinct user_pseudo_id, user_id from ga4_links where user_pseudo_id is not null and user_id is not null
    """)
    # A browser with several accounts ties each of them to its smallest; a browser with one ties nothing.
    con.execute("""
        create or replace temp table ga4_account_ties as
        select distinct user_id as one, min(user_id) over (partition by user_pseudo_id) as other
        from ga4_browser_accounts
        qualify one <> other
    """)
    con.execute("""
        create or replace temp table ga4_account_labels as
        select one as user_id, one as label from ga4_account_ties union select other, other from ga4_account_ties
    """)
    while _spread_labels(con):
        pass
    con.execute("""
        create or replace temp table ga4_persons as
        select
            accounts.user_pseudo_id,
            'user:' || min(coalesce(labels.label, accounts.user_id)) as person_key
        from ga4_browser_accounts as accounts
        left join ga4_account_labels as labels using (user_id)
        group by accounts.user_pseudo_id
    """)
    for table in ("ga4_browser_accounts", "ga4_account_ties", "ga4_account_labels"):
        con.execute(f"drop table {identifier(table)}")


def _spread_labels(con: duckdb.DuckDBPyConnection) -> bool:
    """One round: every account, and the account that is its label, takes the smallest label in reach.

    Returns whether a label changed. Labels only ever fall, so the rounds end.
    """
    con.execute(sql_file("ingestion.ga4", "ga4_next_labels"))
    [(has_changed,)] = con.execute("""
        select count(*) > 0
        from ga4_next_labels
        inner join ga4_account_labels using (user_id)
        where ga4_next_labels.label <> ga4_account_labels.label
    """).fetchall()
    con.execute("drop table ga4_account_labels; alter table ga4_next_labels rename to ga4_account_labels")
    return bool(has_changed)
