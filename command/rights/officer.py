"""`cmn rights`: what a privacy officer does, from a request that came by mail to its answer."""

import argparse
import getpass
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from command.published_text import published_text
from command.rights.arguments import ASKED
from home.lock import held
from home.run import parse_day, parse_instant
from home.settings.settings import Settings, load_settings
from home.state import settle
from refusals.errors import UsageError
from rights.requests.pending import Deadline, deadlines
from rights.requests.request import Request
from rights.requests.request_book import REFUSED, RequestBook, kind_of


class Officer:
    """One call: the settings, the moment, who acts, and the book of requests."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.settings: Settings = load_settings(options.config)
        self.settings.home.make()
        self.now = parse_instant(options.as_of, "--as-of") if options.as_of else datetime.now(UTC)
        self.by = published_text(options.by, "--by") if options.by else getpass.getuser()
        self.book = RequestBook(self.settings.home, self.settings.policy, self.now)

    def text(self, name: str) -> str:
        """What was typed, fit to be kept."""
        return published_text(getattr(self.options, name), f"--{name}")


def rights_command(options: argparse.Namespace) -> int:
    """Runs one of the subcommands; those that change anything hold the home's lock."""
    officer = Officer(options)
    if options.action in _LOOKS:
        return _LOOKS[options.action](officer)
    with held(officer.settings.home):
        settle(officer.settings.home)
        return (_asked if options.action in ASKED else _CHANGES[options.action])(officer)


def _asked(officer: Officer) -> int:
    """Opens the request, unless the person waits for one of the kind already."""
    options = officer.options
    kind = kind_of(ASKED[options.action][0])
    if kind is None:
        raise UsageError(f"'{options.action}' is no kind of request")
    user_id = _user_id(options.user_id)
    request = officer.book.open_of(kind, user_id)
    if request is None:
        request = officer.book.open(
            kind,
            user_id,
            received_on=parse_day(options.received, "--received") if options.received else None,
            channel=options.channel,
            request_id=options.request,
            note=options.note,
        )
        print(f"opened: request {request.request_id} ({kind}), received on {request.received_on}")
    if options.identified and request.identified_at is None:
        request = officer.book.identify(request.request_id, officer.text("identified"), officer.by)
    _say_what_it_waits_for(officer, request)
    return 0


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
    print(f"refused: request {request.request_id}")
    return 0


def _answer(officer: Officer) -> int:
    request = officer.book.get(officer.options.request)
    if request.kind != "complaint":
        raise UsageError(f"request {request.request_id} is no complaint: `cmn rights` carries it out, or `refuse`")
    officer.book.answer(request.request_id, "answered", officer.by, officer.text("why"))
    officer.book.tidy()
    print(f"answered: request {request.request_id}")
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
    for facts in shown:
        print("\n".join(f"{name}: {value}" for name, value in facts.items() if value not in (None, "")))
        print()
    if not shown:
        print("the register knows no request of this person")
    return 0


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


_LOOKS: dict[str, Callable[[Officer], int]] = {"list": _list, "show": _show}
_CHANGES: dict[str, Callable[[Officer], int]] = {
    "identify": _identify, "acknowledge": _acknowledge, "refuse": _refuse, "extend": _extend, "answer": _answer,
}  # fmt: skip
