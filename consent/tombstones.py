"""Tombstones: who was erased or objected, as keyed hashes, so that nothing of theirs is stored again.

One file beside the register, known to it by its digest: a head, then a line an id, with reason and day. A hash
is SHA-256 over a key of its own, a word for the kind of id, and the id; the key is never another one, since no id is
there to hash anew. Basis: GDPR art. 17(1) and 21(1), art. 5(2); kept for the policy's `tombstone_years`.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from typing import Final, Literal

import duckdb
import pyarrow as pa

from home.atomic_file import write_private
from home.keys import tombstone_key
from home.layout import Home
from home.sql import Sql, identifier, one_of
from home.state import check_file, expected, replacing
from refusals.errors import StateDamaged

StopReason = Literal["objected", "erased"]
IdKind = Literal["person", "browser"]
PERSON: Final = "person"
BROWSER: Final = "browser"


@dataclass(frozen=True, slots=True)
class Tombstone:
    """One id that nothing may be stored of. `hashed`: hex; `since`: the day it was laid."""

    kind: IdKind
    hashed: str
    reason: StopReason
    since: date


def read_tombstones(home: Home) -> list[Tombstone]:
    """All that were laid; none in a home where nobody was erased or objected.

    Raises:
        StateDamaged: the file is missing although one was written, or is not what this home wrote.
    """
    if home.tombstones not in expected(home, home.restricted):
        if home.tombstones.exists():
            raise StateDamaged(f"{home.tombstones} is not one that this home wrote: put the register's backup back too")
        return []
    check_file(home, home.tombstones)
    _, *lines = map(json.loads, home.tombstones.read_bytes().splitlines())
    return [Tombstone(**{**line, "since": date.fromisoformat(line["since"])}) for line in lines]


def lay_tombstones(home: Home, kind: IdKind, ids: Iterable[str], reason: StopReason, since: date) -> int:
    """Adds those that are not there; returns how many. The home's lock must be held. Safe to repeat."""
    before = read_tombstones(home)
    known = {(one.kind, one.hashed, one.reason) for one in before}
    hashes = sorted({hashed(home, kind, one) for one in ids})
    new = [Tombstone(kind, one, reason, since) for one in hashes if (kind, one, reason) not in known]
    if new:
        _write(home, [*before, *new])
    return len(new)


def expire_tombstones(home: Home, laid_before: date) -> int:
    """Takes out those that were laid before a day; returns how many. The home's lock must be held."""
    before = read_tombstones(home)
    kept = [one for one in before if one.since >= laid_before]
    if len(kept) < len(before):
        _write(home, kept)
    return len(before) - len(kept)


def hashed(home: Home, kind: IdKind, text: str) -> str:
    """By which a tombstone knows an id."""
    return hashlib.sha256(tombstone_key(home) + f"{kind}\0{text}".encode()).hexdigest()


def match_tombstones(
    con: duckdb.DuckDBPyConnection, home: Home, kind: IdKind, *, ids: Sql, column: Sql, into: Sql
) -> None:
    """Makes the table `into` (`<column>`, `reason`): the ids in the relation `ids` that a tombstone stops.

    Of several reasons for one id, the gate's first.
    """
    laid = [one for one in read_tombstones(home) if one.kind == kind]
    table = pa.table({"hashed": [one.hashed for one in laid], "reason": [one.reason for one in laid]}, schema=_SCHEMA)
    con.execute(f"create or replace temp table {into} ({column} varchar, reason varchar)")
    if not laid:
        return
    con.register("tombstones_laid", table)
    con.execute(
        f"""
        insert into {into}
        select {column}, max(tombstones_laid.reason)  -- 'objected' before 'erased', as the gate has them
        from (
            select {column}, sha256($key || encode('{one_of(kind, (PERSON, BROWSER))}' || chr(0) || {column})) as hashed
            from (select distinct {column} from {ids} where {column} is not null)
        )
        inner join tombstones_laid using (hashed)
        group by {column}
        """,
        {"key": tombstone_key(home)},
    )
    con.unregister("tombstones_laid")


def stop_persons(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Makes `stopped_persons` (`user_id`, `reason`) of `app_users`, which the gate reads."""
    names = {"ids": identifier("app_users"), "column": identifier("user_id"), "into": identifier("stopped_persons")}
    match_tombstones(con, home, PERSON, **names)


#: The first line, which is there when nobody is left in the file.
_HEAD = {"basis": "GDPR art. 17(1), 21(1), 5(2)", "edition": 1}
_SCHEMA = pa.schema([("hashed", pa.string()), ("reason", pa.string())])


def _write(home: Home, tombstones: list[Tombstone]) -> None:
    lines = [_HEAD, *({**asdict(one), "since": one.since.isoformat()} for one in tombstones)]
    content = "".join(f"{json.dumps(line, sort_keys=True)}\n" for line in lines).encode()
    with replacing(home, {home.tombstones: hashlib.sha256(content).hexdigest()}):
        write_private(home.tombstones, content)
