"""Carrying out a request whose person was identified, by its kind."""

from datetime import datetime

from home.settings.settings import Settings
from refusals.errors import UsageError
from rights.answers.access import give_access
from rights.answers.correction import correct
from rights.removal.erasure import erase
from rights.requests.request import Request
from rights.requests.request_book import RequestBook

_WAYS = {"access": give_access, "rectification": correct, "erasure": erase, "objection": erase}
#: Kinds that the pipeline can carry out by itself; a complaint is answered by people.
BY_ITSELF = tuple(_WAYS)


def carry_out(settings: Settings, book: RequestBook, request: Request, by: str, now: datetime) -> Request:
    """Does what was asked; the request with its outcome. The lock must be held. Safe to repeat.

    Raises:
        UsageError: the person was not identified, or this kind is not carried out by a command.
        VerificationFailed: something of the person is left; no receipt is written.
    """
    if request.identified_at is None:
        raise UsageError(f"request {request.request_id}: the identity was not checked: cmn rights identify it first")
    if request.kind not in _WAYS:
        raise UsageError(f"request {request.request_id} is a {request.kind}: answer it by `cmn rights answer`")
    return _WAYS[request.kind](settings, book, request, by, now)
