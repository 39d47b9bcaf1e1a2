"""Erasure and objection: a person taken out of the home step by step, proven gone, and only then told so.

Each step can be repeated, and the register says which were taken: whoever is killed says the same again.
"""

from datetime import datetime
from pathlib import Path

from consent.tombstones import BROWSER, PERSON, StopReason, lay_tombstones
from home.settings.settings import Settings
from refusals.errors import VerificationFailed
from rights.answers.answer_files import remove_answer
from rights.answers.receipts import Erased, write_receipt
from rights.removal.clearing import clear_places
from rights.requests.request import Request
from rights.requests.request_book import CARRIED_OUT, RequestBook
from rights.stored_rows import Person, count_rows, remove_rows
from rights.verification.search import Search, Trace
from rights.whose import browsers_of, sought_of

FINDINGS_NAMED = 5
_REASONS: dict[str, StopReason] = {"erasure": "erased", "objection": "objected"}


def erase(settings: Settings, book: RequestBook, request: Request, by: str, now: datetime) -> Request:
    """Takes the person of an identified request out of the home; the request with its outcome.

    First nothing of theirs can come in any more (tombstones), then what is stored goes, then what else may hold an id,
    then every byte is searched; a receipt is written when nothing was found, never before. The lock must be held.

    Raises:
        VerificationFailed: something is left; it is named by its place. The request stays open.
        InputRefused: the day files of GA4, which say which browsers are theirs, cannot be read.
        StateDamaged: a record file, a key or the tombstones are not what they must be.
    """
    home, number = settings.home, request.request_id
    remove_answer(home, number)  # of a receipt that a kill left half written, nothing is known to be true
    request = book.note_browsers(number, browsers_of(settings, request.user_id or "", now))
    person = Person(request.user_id or "", request.browsers)
    reason = _REASONS[request.kind]
    lay_tombstones(home, PERSON, [person.user_id], reason, book.today)
    lay_tombstones(home, BROWSER, person.browsers, reason, book.today)
    book.take_step(number, "stopped")
    if "found" not in book.steps(number):
        book.take_step(number, "found", count_rows(home, person))
    remove_rows(home, person)
    book.take_step(number, "removed")
    sought = sought_of(home, person)
    book.take_step(number, "cleared", clear_places(home, sought))
    search = Search(home, sought, passed_over=answers_to(book, settings, person.user_id))
    check_gone(search.under(home.root))
    book.take_step(number, "verified")
    steps = book.steps(number)
    digest = write_receipt(settings, request, Erased(steps["found"], steps["cleared"], sought), book.today)
    answered = book.answer(number, CARRIED_OUT, by, receipt_digest=digest)
    book.tidy()
    check_gone(list(search.of_file(home.register)))
    return answered


def answers_to(book: RequestBook, settings: Settings, user_id: str) -> list[Path]:
    """The folders of what was made for this person and is not handed over: there their id may stand."""
    folder = settings.home.answers
    return [folder / one.request_id for one in book.of_person(user_id) if one.closed_at is None]


def check_gone(findings: list[Trace]) -> None:
    """Nothing was found.

    Raises:
        VerificationFailed: something was; the first places are named, never a value.
    """
    if findings:
        more = f"; and {len(findings) - FINDINGS_NAMED} more" if len(findings) > FINDINGS_NAMED else ""
        told = "; ".join(map(str, findings[:FINDINGS_NAMED]))
        raise VerificationFailed(f"the person is still to be found: {told}{more}")
