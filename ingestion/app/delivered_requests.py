"""Requests of subjects that the app delivers: judged as every input, each taken once."""

from datetime import datetime

import duckdb

from home.settings.settings import Settings
from home.sql import Sql
from ingestion.app.source import (
    count_delivered,
    delivers_requests,
    is_database,
    judged_source,
    keep_bad_records,
    make_judged,
)  # fmt: skip
from ingestion.app.tables import REQUESTS, requests_judgement
from ingestion.store.quarantine import make_bad_records


def read_subject_requests(con: duckdb.DuckDBPyConnection, settings: Settings, as_of: datetime) -> None:
    """Makes `subject_requests` (`request_id, user_id, kind, received_at, channel`), empty where none are delivered.

    Of two that differ under one id neither is taken: which one is true cannot be told.

    Raises:
        InputRefused: the file or table is not what it should be.
    """
    make_bad_records(con)
    make_judged(con, REQUESTS)
    if delivers_requests(settings.app):
        with judged_source(con, settings) as judge_all:
            judge_all(REQUESTS, requests_judgement(as_of))
    con.execute("""
        update judged_requests set reason = 'bad_value'
        where reason is null and request_id in (
            select request_id
            from (select distinct request_id, user_id, kind, received_at, channel from judged_requests)
            group by request_id
            having count(*) > 1
        )
    """)
    keep_bad_records(con, REQUESTS, Sql("reason is not null"))
    count_delivered(con, REQUESTS, is_table=is_database(settings))
    con.execute("""
        create or replace temp table subject_requests as
        select distinct request_id, user_id, kind, received_at, channel
        from judged_requests
        where reason is null
    """)
    con.execute("drop table judged_requests")
