"""Access: what is held of a person, why, from where, until when and who gets it; as JSON and as a page to read."""

from datetime import datetime

from home.settings.settings import Settings
from rights.answers.held import held_of
from rights.answers.receipts import sources_of, write_signed
from rights.answers.worked_out import worked_out_of
from rights.requests.request import Request
from rights.requests.request_book import CARRIED_OUT, RequestBook
from rights.stored_rows import Person
from rights.whose import browsers_of


def give_access(settings: Settings, book: RequestBook, request: Request, by: str, now: datetime) -> Request:
    """Writes the package of an identified request; the request with its outcome. The lock must be held.

    What is held and what is worked out from the source now stand apart. GDPR art. 15 and 20.

    Raises:
        InputRefused: the source cannot be read.
        StateDamaged: a record file or key is not what it must be.
    """
    request = book.note_browsers(request.request_id, browsers_of(settings, request.user_id or "", now))
    person = Person(request.user_id or "", request.browsers)
    facts = {
        "request_id": request.request_id,
        "kind": request.kind,
        "received_on": str(request.received_on),
        "carried_out_on": str(book.today),
        "user_id": person.user_id,
        "held": held_of(settings, book, request, person),
        "about": {
            "purpose": "to know how the app is used",
            "basis": "consent to analytics, GDPR art. 6(1)(a)",
            "sources": sources_of(settings),
            "kept_weeks": settings.policy.retention.record_weeks,
            "recipients": "the web administrator and the management; others receive anonymous counts alone",
            "k": settings.policy.anonymity.k,
        },
        "worked_out_and_not_held": worked_out_of(settings, person.user_id, now),
    }
    digest = write_signed(settings, request, facts, "access")
    answered = book.answer(request.request_id, CARRIED_OUT, by, receipt_digest=digest)
    book.tidy()
    return answered
