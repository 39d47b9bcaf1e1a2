"""The book of requests in the register: opened, identified, extended, answered, closed; and what stays of each.

While a request is open, it says whom it is about. With its answer that goes, and a keyed hash takes its place: an id
that somebody presents later is matched by it, and nobody reads one from it.
"""

import json
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from home.keys import subject_hash_of
from home.layout import Home
from home.register.register_file import register_open, vacuum_register
from home.sql import Sql, identifier, joined
from policy.policy import Policy
from refusals.errors import UsageError
from rights.deadlines import answer_due, extension_told_by
from rights.requests.request import KINDS, Request, RequestKind, check_plain

CARRIED_OUT = "carried_out"
REFUSED = "refused"
_NAMES = tuple(field.name for field in fields(Request))
_DAYS = ("received_on", "due_on")


class RequestBook:
    """The requests of one home. Each method is a transaction of its own."""

    def __init__(self, home: Home, policy: Policy, now: datetime) -> None:
        self._home, self._policy, self._now = home, policy, now

    def open(
        self,
        kind: RequestKind,
        user_id: str,
        *,
        received_on: date | None = None,
        channel: str = "mail",
        request_id: str | None = None,
        note: str | None = None,
    ) -> Request:
        """Notes a new request; its id is made where none is given.

        Raises:
            UsageError: the id is taken, an id or channel is no plain word, or the day lies ahead.
        """
        today = self.today
        day = received_on or today
        if day > today:
            raise UsageError(f"a request cannot have been received on {day}, which lies ahead")
        if not user_id:
            raise UsageError("the user's id is empty")
        request = Request(
            check_plain(request_id or f"{day:%Y%m%d}-{secrets.token_hex(4)}", "a request's id"),
            kind,
            check_plain(channel, "--channel"),
            day,
            answer_due(kind, day, self._policy.rights),
            user_id,
            note=note or None,
        )
        with self._db() as db:
            if self._find(db, request.request_id):
                raise UsageError(f"request {request.request_id} is there already: `cmn rights show` has it")
            self._put(db, request)
        return request

    @property
    def today(self) -> date:
        """The local day."""
        return self._now.astimezone(ZoneInfo(self._policy.consent.timezone)).date()

    def all(self) -> list[Request]:
        """Every request, the first that is due first."""
        with self._db() as db:
            return self._select(db, Sql("order by due_on, request_id"), ())

    def get(self, request_id: str) -> Request:
        """One request.

        Raises:
            UsageError: there is none of this id.
        """
        with self._db() as db:
            found = self._find(db, request_id)
        if found is None:
            raise UsageError("there is no request of this id: `cmn rights list` shows all")
        return found

    def open_of(self, kind: RequestKind, user_id: str) -> Request | None:
        """The request of this kind that the person waits for, if any; the oldest of several."""
        return next((one for one in self.all() if one.is_open and (one.kind, one.user_id) == (kind, user_id)), None)

    def of_person(self, user_id: str) -> list[Request]:
        """All that one person ever asked, as far as the register still knows."""
        hashed = subject_hash_of(self._home, user_id)
        return [one for one in self.all() if one.user_id == user_id or one.subject_hash == hashed]

    def identify(self, request_id: str, how: str, by: str) -> Request:
        """Notes that the person was found to be who they say, how, and by whom."""
        return self._change(self._open_one(request_id), identified_at=self._now, identified_how=how, identified_by=by)

    def note_browsers(self, request_id: str, browsers: Iterable[str]) -> Request:
        """Keeps, until the answer, which browsers were seen with the person: a source may not tell again."""
        request = self._open_one(request_id)
        return self._change(request, browsers=tuple(sorted({*request.browsers, *browsers})))

    def acknowledge(self, request_id: str) -> Request:
        """Notes that the receipt was confirmed to the person."""
        return self._change(self._open_one(request_id), acknowledged_at=self._now)

    def extend(self, request_id: str, why: str) -> Request:
        """Gives the answer the further months of art. 12(3), once, where the person is told so in time.

        Raises:
            UsageError: it was extended before, is a complaint, or the first month is over.
        """
        request, rights = self._open_one(request_id), self._policy.rights
        if request.kind == "complaint":
            raise UsageError("a complaint has the days that the statement promises: they are not extended")
        if request.extended_at is not None:
            raise UsageError(f"request {request_id} was extended before, until {request.due_on}: only once is allowed")
        if self.today > extension_told_by(request.received_on, rights):
            raise UsageError(f"request {request_id} was to be extended by {request.due_on}: answer it now")
        due = answer_due(request.kind, request.received_on, rights, is_extended=True)
        return self._change(request, extended_at=self._now, extended_why=why, due_on=due)

    def answer(self, request_id: str, outcome: str, by: str, why: str = "", receipt_digest: str = "") -> Request:
        """Notes the outcome; whom it was about goes, and its hash stays.

        Raises:
            UsageError: it was answered before.
        """
        request = self._open_one(request_id)
        return self._change(
            request,
            answered_at=self._now,
            outcome=outcome,
            answered_by=by,
            answered_why=why or None,
            receipt_digest=receipt_digest or None,
            subject_hash=subject_hash_of(self._home, request.user_id or ""),
            user_id=None,
            browsers=(),
            note=None,
        )

    def steps(self, request_id: str) -> dict[str, dict[str, Any]]:
        """The steps of carrying a request out that were taken, each with its counts."""
        with self._db() as db:
            rows = db.execute("select step, counts from request_steps where request_id = ?", (request_id,)).fetchall()
        return {step: json.loads(counts) for step, counts in rows}

    def take_step(self, request_id: str, step: str, counts: Mapping[str, Any] | None = None) -> None:
        """Notes that a step was taken; one that was taken before stays as it was noted."""
        values = (request_id, step, _written(self._now), json.dumps(counts or {}))
        with self._db() as db:
            db.execute("insert or ignore into request_steps values (?, ?, ?, ?)", values)

    def close(self, request_id: str) -> Request:
        """Notes that nothing is left to hand over."""
        return self._change(self.get(request_id), closed_at=self._now)

    def forget(self, answered_before: date) -> int:
        """Takes out what was answered before a day; returns how many."""
        old = [one for one in self.all() if one.answered_at is not None and one.answered_at.date() < answered_before]
        with self._db() as db:
            for request in old:
                db.execute("delete from request_steps where request_id = ?", (request.request_id,))
                db.execute("delete from requests where request_id = ?", (request.request_id,))
        return len(old)

    def tidy(self) -> None:
        """Leaves nothing of what was taken out in the free parts of the register's file."""
        vacuum_register(self._home)

    def _open_one(self, request_id: str) -> Request:
        request = self.get(request_id)
        if not request.is_open:
            raise UsageError(f"request {request_id} was answered on {request.answered_at:%Y-%m-%d}: {request.outcome}")
        return request

    def _change(self, request: Request, **changes: Any) -> Request:
        changed = replace(request, **changes)
        with self._db() as db:
            self._put(db, changed)
        return changed

    @contextmanager
    def _db(self) -> Iterator[sqlite3.Connection]:
        with register_open(self._home, writing=True) as db:
            yield db

    def _find(self, db: sqlite3.Connection, request_id: str) -> Request | None:
        return next(iter(self._select(db, Sql("where request_id = ?"), (request_id,))), None)

    def _select(self, db: sqlite3.Connection, rest: Sql, values: tuple[str, ...]) -> list[Request]:
        rows = db.execute(f"select {joined(map(identifier, _NAMES))} from requests {rest}", values)
        return [Request(**dict(zip(_NAMES, map(_read, _NAMES, row), strict=True))) for row in rows]

    def _put(self, db: sqlite3.Connection, request: Request) -> None:
        places = joined(Sql("?") for _ in _NAMES)
        values = [_written(getattr(request, name)) for name in _NAMES]
        db.execute(f"insert or replace into requests ({joined(map(identifier, _NAMES))}) values ({places})", values)


def kind_of(word: str) -> RequestKind | None:
    """The kind that a word names; None: none."""
    return next((kind for kind in KINDS if kind == word), None)


def _read(name: str, value: Any) -> Any:
    if name == "browsers":
        return tuple(json.loads(value)) if value else ()
    if value is None:
        return None
    if name in _DAYS:
        return date.fromisoformat(value)
    return datetime.fromisoformat(value) if name.endswith("_at") else value


def _written(value: Any) -> Any:
    if isinstance(value, tuple):
        return json.dumps(value) if value else None
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    return value.isoformat() if isinstance(value, date) else value
