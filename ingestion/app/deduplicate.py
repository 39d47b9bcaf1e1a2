"""A session counts once: of all its deliveries the one that says most."""

import duckdb

from home.sql import Sql

# A closed delivery before an open one, then the latest end; ties by the smallest values as text, in which nothing is
# the empty text. Instants in canonical text order as they do in time. A session id stands in its deliveries only.
_BEST_FIRST = "ended_at desc nulls last, started_at, user_id, coalesce(ip_address, ''), coalesce(platform, '')"


def deduplicate_sessions(con: duckdb.DuckDBPyConnection, deliveries: Sql, into: Sql) -> None:
    """Makes `into` of the query `deliveries` (`session_id, user_id, started_at, ended_at, ip_address, platform`).

    Most sessions are delivered once, so only those whose id's hash comes twice are sorted: the rest costs one hash
    table of 8 bytes a session.
    """
    con.execute(f"""
        create or replace temp table repeated_session_hashes as
        select session_hash from (select hash(session_id) as session_hash from ({deliveries}))
        group by session_hash having count(*) > 1
    """)
    con.execute(f"""
        create or replace table {into} as
        select session_id, user_id, started_at, ended_at, ip_address, platform from ({deliveries})
        where hash(session_id) not in (from repeated_session_hashes)
        union all
        select session_id, user_id, started_at, ended_at, ip_address, platform from (
            select *, row_number() over (partition by session_id order by {_BEST_FIRST}) as place from ({deliveries})
            where hash(session_id) in (from repeated_session_hashes)
        ) where place = 1
    """)
    con.execute("drop table repeated_session_hashes")
