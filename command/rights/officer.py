"""`cmn rights`: what a privacy officer does, from a request that came by mail to its answer."""

import argparse
import getpass
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from command.public_reason import public_reason
from command.rights.rights_arguments import ASKED
from home.lock import held
from home.run import parse_day, parse_instant
from home.settings.settings import Settings, load_settings
from home.state import settle
from refusals.errors import UsageError, VerificationFailed
from rights.answers.answer_files import digest_of_answer, hand_over, is_there, remove_answer
from rights.answers.receipt_signature import is_signed
from rights.carrying_out import BY_ITSELF, carry_out
from rights.removal.erasure import answers_to, check_gone
from rights.requests.pending import Deadline, deadlines
from rights.requests.request import Request
from rights.requests.request_book import REFUSED, RequestBook, kind_of
from rights.stored_rows import Person
from rights.verification.search import Search
from rights.whose import browsers_of, sought_of


class Officer:
    """One call: the settings, the moment, who acts, and the book of requests."""

    receipt: tuple[bytes, bytes] | None = None

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.settings: Settings = load_settings(options.config)
        self.settings.home.make()
        self.now = parse_instant(options.as_of, "--as-of") if options.as_of else datetime.now(UTC)
        self.by = public_reason(options.by, "--by") if options.by else _user_of_this_machine()
        self.book = RequestBook(self.settings.home, self.settings.policy, self.now)

    def text(self, name: str) -> str:
        """What was typed, fit to be kept."""
        return public_reason(getattr(self.options, name), f"--{name}")


def rights_command(options: argparse.Namespace) -> int:
    """Runs one of the subcommands; those that change anything hold the home's lock."""
    receipt = _receipt_given(options)
    officer = Officer(options)
    officer.receipt = receipt
    if options.action in _LOOKS:
        return _LOOKS[options.action](officer)
    with held(officer.settings.home):
        settle(officer.settings.home)
        return (_asked if options.action in ASKED else _CHANGES[options.action])(officer)


def _user_of_this_machine() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise UsageError("nobody knows who does this: give --by NAME") from None


def _asked(officer: Officer) -> int:
    """Opens the request, unless the person waits for one of the kind already; carries it out once it was identified."""
    options, book = officer.options, officer.book
    kind = kind_of(ASKED[options.action][0])
    if kind is None:
        raise UsageError(f"'{options.action}' is no kind of request")
    user_id = _user_id(options.user_id)
    request = book.open_of(kind, user_id)
    if request is None and options.request is None and (done := _waits_for_hand_over(officer, kind, user_id)):
        book.tidy()  # what a kill may have left between the answer and its end
        _say_what_was_made(officer, done)
        return 0
    if request is None:
        request = book.open(
            kind,
            user_id,
            received_on=parse_day(options.received, "--received") if options.received else None,
            channel=options.channel,
            request_id=options.request,
            note=options.note,
        )
        print(f"opened: request {request.request_id} ({kind}), received on {request.received_on}")
    if options.identified and request.identified_at is None:
        request = book.identify(request.request_id, officer.text("identified"), officer.by)
    if kind in BY_ITSELF and request.identified_at is not None:
        _say_what_was_made(officer, carry_out(officer.settings, book, request, officer.by, officer.now))
    else:
        _say_what_it_waits_for(officer, request)
    return 0


def _waits_for_hand_over(officer: Officer, kind: str, user_id: str) -> Request | None:
    """The request of this kind that was carried out, and whose answer nobody handed over yet."""
    made = (one for one in officer.book.of_person(user_id) if one.kind == kind and one.state == "answered")
    return next((one for one in made if is_there(officer.settings.home, one.request_id)), None)


def _say_what_was_made(officer: Officer, request: Request) -> None:
    print(
        f"carried out: request {request.request_id} ({request.kind}); its answer is in {officer.settings.home.answers}"
    )
    print(f"hand it over: cmn rights hand-over {request.request_id} --out DIR")


def _say_what_it_waits_for(officer: Officer, request: Request) -> None:
    for deadline in deadlines([request], officer.book.today, officer.settings.policy.rights):
        print(deadline)
        if deadline.waits_for == "identity check":
            print(f"nothing is carried out before: cmn rights identify {request.request_id} --how TEXT")


def _identify(officer: Officer) -> int:
    request = officer.book.identify(officer.options.request, officer.text("how"), officer.by)
    print(f"identified: request {request.request_id} may be carried out")
    return 0


def _acknowledge(officer: Officer) -> int:
    request = officer.book.acknowledge(officer.options.request)
    print(f"acknowledged: request {request.request_id}; its answer is due on {request.due_on}")
    return 0


def _extend(officer: Officer) -> int:
    request = officer.book.extend(officer.options.request, officer.text("why"))
    print(f"extended: request {request.request_id} until {request.due_on}; tell the person so, with the reason, now")
    return 0


def _refuse(officer: Officer) -> int:
    request = officer.book.get(officer.options.request)
    officer.book.answer(request.request_id, REFUSED, officer.by, officer.text("why"))
    officer.book.tidy()
    print(f"refused: request {request.request_id}; tell the person the reason, and that they may complain to the")
    print("Autoriteit Persoonsgegevens (www.autoriteitpersoonsgegevens.nl) or go to court (GDPR art. 12(4))")
    return 0


def _answer(officer: Officer) -> int:
    request = officer.book.get(officer.options.request)
    if request.kind != "complaint":
        raise UsageError(f"request {request.request_id} is no complaint: `cmn rights` carries it out, or `refuse`")
    officer.book.answer(request.request_id, "answered", officer.by, officer.text("why"))
    officer.book.tidy()
    print(f"answered: request {request.request_id}")
    return 0


def _hand_over(officer: Officer) -> int:
    """Copies first, then notes, then removes: a copy that a kill cut short is made again into another folder."""
    home, request = officer.settings.home, officer.book.get(officer.options.request)
    if request.is_open:
        raise UsageError(f"request {request.request_id} is not answered yet")
    names = hand_over(home, request.request_id, officer.options.out)
    officer.book.close(request.request_id)
    remove_answer(home, request.request_id)
    print(f"handed over: {', '.join(names)} in {officer.options.out}; nothing of it is left in the home")
    return 0


def _verify(officer: Officer) -> int:
    """Searches; exit 1 where anything is found."""
    user_id = _user_id(officer.options.user_id)
    settings = officer.settings
    person = Person(user_id, browsers_of(settings, user_id, officer.now))
    sought = sought_of(settings.home, person)
    answers = answers_to(officer.book, settings, user_id)
    check_gone(Search(settings.home, sought, passed_over=answers).under(settings.home.root))
    print(
        f"nothing found: {len(sought.long)} ids searched as bytes in every encoding, {len(sought.short)} of fewer than"
        f" eight bytes as whole words and values, {len(sought.pseudonyms)} pseudonyms"
    )
    waiting = [one for one in officer.book.of_person(user_id) if one.is_open or is_there(settings.home, one.request_id)]
    for request in waiting:
        print(f"passed over: request {request.request_id}, which is {request.state}: there the id may stand")
    return 0


def _list(officer: Officer) -> int:
    requests = officer.book.all()
    waiting = {one.request_id: one for one in deadlines(requests, officer.book.today, officer.settings.policy.rights)}
    if officer.options.as_json:
        print(json.dumps({"requests": [told(request, waiting.get(request.request_id)) for request in requests]}))
        return 0
    for request in sorted(requests, key=lambda one: (not one.is_open, one.due_on, one.request_id)):
        deadline = waiting.get(request.request_id)
        word = str(deadline) if deadline else f"request {request.request_id} ({request.kind}): {request.outcome}"
        print(f"{word}{'' if request.is_open else f' on {request.answered_at:%Y-%m-%d}, {request.state}'}")
    if not requests:
        print("no request is known")
    return 0


def _show(officer: Officer) -> int:
    options = officer.options
    if bool(options.request) == bool(options.user):
        raise UsageError("name a request, or --user USER_ID, one of the two")
    found = [officer.book.get(options.request)] if options.request else officer.book.of_person(_user_id(options.user))
    waiting = {one.request_id: one for one in deadlines(found, officer.book.today, officer.settings.policy.rights)}
    shown = [told(request, waiting.get(request.request_id)) for request in found]
    if options.as_json:
        print(json.dumps({"requests": shown}))
        return 0
    if officer.receipt:
        _check_receipt(officer, found, *officer.receipt)
    for facts in shown:
        print("\n".join(f"{name}: {value}" for name, value in facts.items() if value not in (None, "")))
        print()
    if not shown:
        print("the register knows no request of this person")
    return 0


def _check_receipt(officer: Officer, requests: list[Request], content: bytes, line: bytes) -> None:
    """Says that a receipt is the one that was given for one of these requests.

    Raises:
        VerificationFailed: it is not what was signed, or of none of them.
    """
    path = officer.options.receipt
    if not is_signed(officer.settings.home, content, line):
        raise VerificationFailed(f"{path}: is not what this home signed")
    given = [one for one in requests if one.receipt_digest == digest_of_answer(content)]
    if not given:
        raise VerificationFailed(f"{path}: was signed here, but is the receipt of another request")
    print(f"the receipt is that of request {given[0].request_id}, as it was signed")


def _receipt_given(options: argparse.Namespace) -> tuple[bytes, bytes] | None:
    """A receipt and its signature, where one is given."""
    path: Path | None = getattr(options, "receipt", None)
    if path is None:
        return None
    try:
        if not path.is_file():
            raise UsageError(f"--receipt {path} is no file: name the receipt's .json, which has its .sig beside it")
        return path.read_bytes(), path.with_suffix(".sig").read_bytes()
    except OSError as error:
        told = f"--receipt {path} cannot be read, or has no .sig beside it ({error.strerror})"
        raise UsageError(f"{told}: name the receipt's .json") from None


def told(request: Request, deadline: Deadline | None) -> dict[str, Any]:
    """A request as `list` and `show` print it: never whom it is about."""
    moments = {
        name: None if (moment := getattr(request, name)) is None else moment.isoformat()
        for name in ("identified_at", "acknowledged_at", "extended_at", "answered_at", "closed_at")
    }
    return {
        "request_id": request.request_id,
        "kind": request.kind,
        "state": request.state,
        "channel": request.channel,
        "received_on": str(request.received_on),
        "due_on": str(request.due_on),
        "waits_for": deadline.waits_for if deadline else None,
        "is_overdue": deadline.is_overdue if deadline else False,
        **moments,
        "identified_how": request.identified_how,
        "identified_by": request.identified_by,
        "extended_why": request.extended_why,
        "outcome": request.outcome,
        "answered_by": request.answered_by,
        "answered_why": request.answered_why,
        "receipt_digest": request.receipt_digest,
    }


def _user_id(given: str) -> str:
    """The id; read from stdin for '-', so that it stands in no list of processes."""
    user_id = sys.stdin.readline().rstrip("\r\n") if given == "-" else given
    if not user_id:
        raise UsageError("USER_ID is empty: give the id as the source spells it")
    return user_id


_LOOKS: dict[str, Callable[[Officer], int]] = {"list": _list, "show": _show, "verify": _verify}
_CHANGES: dict[str, Callable[[Officer], int]] = {
    "identify": _identify, "acknowledge": _acknowledge, "refuse": _refuse, "extend": _extend, "answer": _answer,
    "hand-over": _hand_over,
}  # fmt: skip
