"""Rectification: what is not frozen is derived anew from a source that was corrected, and what changed is told."""

import json
from collections import Counter
from datetime import datetime
from typing import Any

from home.run import Run, plan_scheduled_run
from home.settings.settings import Settings
from ingestion.app.batch import ingest_app
from ingestion.ga4.batch import ingest_ga4_export
from rights.answers.answer_files import read_kept, write_answer
from rights.answers.held import TOLD, plain
from rights.answers.receipts import write_signed
from rights.requests.request import Request
from rights.requests.request_book import CARRIED_OUT, RequestBook
from rights.stored_rows import Person, read_rows
from rights.whose import browsers_of

BEFORE = "before.json"
_INGESTS = {"app": ingest_app, "ga4_export": ingest_ga4_export}

Rows = dict[str, dict[str, Any]]


def correct(settings: Settings, book: RequestBook, request: Request, by: str, now: datetime) -> Request:
    """Reads the open weeks again, as the daily run does, and tells what of the person changed. The lock must be held.

    What was stored before is kept beside the answer until it is told, so that a kill loses nothing of it.

    Raises:
        InputRefused: a source is not what it should be; the request stays open.
    """
    home = settings.home
    person = Person(request.user_id or "", browsers_of(settings, request.user_id or "", now))
    kept = read_kept(home, request.request_id, BEFORE)
    before: Rows = json.loads(kept) if kept else rows_of(settings, person)
    if not kept:
        write_answer(home, request.request_id, {BEFORE: json.dumps(before).encode()})
    run: Run = plan_scheduled_run(settings.file, now)
    for source in settings.sources:
        _INGESTS[source](run)
    facts = {
        "request_id": request.request_id,
        "kind": request.kind,
        "received_on": str(request.received_on),
        "carried_out_on": str(book.today),
        "user_id": person.user_id,
        "changed": changes(before, rows_of(settings, person)),
        "k": settings.policy.anonymity.k,
    }
    digest = write_signed(settings, request, facts, "correction")
    answered = book.answer(request.request_id, CARRIED_OUT, by, receipt_digest=digest)
    book.tidy()
    return answered


def rows_of(settings: Settings, person: Person) -> Rows:
    """Their stored rows, each under what stays the same of it whatever is corrected: source, moment, session."""
    found: Rows = {}
    for source, monday, rows in read_rows(settings.home, person):
        for row in rows:
            moment = row["started_at" if source == "app" else "event_at"]
            key = f"{source} {monday} {row['session']} {plain(moment)}"
            number = sum(one.startswith(key) for one in found) if source == "ga4_export" else 0
            found[f"{key} {number}"] = {name: plain(row[name]) for name in TOLD[source]}
    return found


def changes(before: Rows, after: Rows) -> list[dict[str, Any]]:
    """Each field that has another value, by what it was and is, with how many rows; rows that came or went too."""
    counted: Counter[tuple[str, str, str]] = Counter()
    for key in before.keys() | after.keys():
        source = key.split(" ", 1)[0]
        if key not in before or key not in after:
            counted[source, "row", "came" if key in after else "went"] += 1
            continue
        for name, was in before[key].items():
            if after[key][name] != was:
                counted[f"{source}.{name}", str(was), str(after[key][name])] += 1
    return [
        {"field": field, "was": was, "is": now, "rows": rows} for (field, was, now), rows in sorted(counted.items())
    ]
