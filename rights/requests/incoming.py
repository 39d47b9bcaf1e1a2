"""Requests that the app delivers, in a file `requests.*` or a table: each opened once, a bad one counted."""

from zoneinfo import ZoneInfo

from home.duck import open_duckdb
from home.keys import quarantine_key
from home.register.register import Register
from home.run import Run
from ingestion.app.delivered_requests import read_subject_requests
from ingestion.app.deliveries import app_deliveries
from ingestion.app.source import delivers_requests
from ingestion.deliveries.delivery_guard import check_deliveries
from ingestion.store.quarantine import quarantine_counts, store_quarantine
from rights.requests.request_book import RequestBook, kind_of

SOURCE = "app_requests"


def take_in_requests(run: Run) -> int:
    """Opens what was delivered and is not known yet; returns how many. Safe to repeat. The lock must be held.

    Raises:
        InputRefused: the delivery is not what it should be, or too much of it is bad.
    """
    if not delivers_requests(run.settings.app):
        return 0
    with open_duckdb(run.home) as con:
        read_subject_requests(con, run.settings, run.as_of)
        check_deliveries(con, run, app_deliveries(con, run.settings), (SOURCE,))
        delivered = con.execute(
            "select request_id, user_id, kind, received_at, channel from subject_requests order by all"
        ).fetchall()
        store_quarantine(con, run.home, f"{run.run_id}.{SOURCE}", run.as_of, quarantine_key(run.home))
        with Register(run.home) as register:
            register.add_counts(run.run_id, "quarantine", SOURCE, quarantine_counts(con).get(SOURCE, {}))
    book = RequestBook(run.home, run.policy, run.as_of)
    known = {request.request_id for request in book.all()}
    opened = 0
    for request_id, user_id, word, received_at, channel in delivered:
        kind = kind_of(word)
        if kind is None or request_id in known:
            continue
        day = received_at.astimezone(ZoneInfo(run.policy.consent.timezone)).date()
        book.open(kind, user_id, received_on=day, channel=channel, request_id=request_id)
        opened += 1
    return opened
