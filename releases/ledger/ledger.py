"""The ledger of releases: every publication and withdrawal in order, each entry signed and chained to the one before.

One line an entry, as canonical JSON; the last line is the signed head, which says how many entries there are and
what the last one hashes to. So an entry that is changed, removed, reordered or cut off is found, by whoever has the
public key. There is one spelling of a ledger: one byte that differs is a difference that is found.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import pairwise
from typing import Any, NoReturn, get_args

from refusals.errors import UsageError, VerificationFailed
from releases.ledger.ledger_entry import CAUSES, NOTHING_BEFORE, SINCE_CAUSES, Action, Cause, LedgerEntry
from releases.ledger.release_id import ReleaseId
from releases.ledger.signing import PublicKey, SigningKey, signature_of, signature_text

LEDGER = "ledger.jsonl"


@dataclass(frozen=True, slots=True)
class Head:
    """What the ledger ends in. `entries`: how many; `head`: the last one's digest; `at`: when it was signed."""

    entries: int
    head: str
    at: str
    key: str
    signature: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """All entries, in order, and the head; no head: nothing was published yet.

    `lines`: those of the entries as they are written, where they are at hand.
    """

    entries: tuple[LedgerEntry, ...] = ()
    head: Head | None = None
    lines: bytes = field(default=b"", compare=False, repr=False)

    @property
    def last_digest(self) -> str:
        """What the next entry names as the one before it."""
        return self.head.head if self.head else NOTHING_BEFORE

    def next_entry(
        self,
        key: SigningKey,
        action: Action,
        release: ReleaseId,
        release_sha256: str,
        *,
        at: datetime,
        why: str,
        retracted: date | None = None,
        withdrawn_for: Cause | None = None,
    ) -> LedgerEntry:
        """The entry that would follow, signed. `retracted`: the Monday for which a release is withdrawn, if for one.

        `withdrawn_for`: what else a release is withdrawn for than somebody's decision.

        Raises:
            UsageError: `why` is not one line of printable text.
        """
        if not why.isprintable():
            raise UsageError(f"release {release}: the reason must be one line of text, without control characters")
        entry = LedgerEntry(
            sequence=len(self.entries) + 1,
            action=action,
            release=str(release),
            release_sha256=release_sha256,
            at=instant_text(at),
            why=why,
            previous=self.last_digest,
            key=key.fingerprint,
            signature="",
            cause=withdrawn_for or _cause_of(action, release, retracted),
            week=retracted.isoformat() if retracted else "",
        )
        return replace(entry, signature=signature_text(key.sign(_signed_part(entry))))

    def with_entry(self, entry: LedgerEntry, key: SigningKey) -> "Ledger":
        """This ledger and one entry more, under a new head.

        Raises:
            VerificationFailed: the entry does not follow.
        """
        _check_follows(entry, len(self.entries) + 1, self.last_digest, f"entry {entry.sequence}")
        entries = (*self.entries, entry)
        return Ledger(entries, signed_head(entries, entry.at, key), self._lines() + line_of(entry) + b"\n")

    def content(self) -> bytes:
        """The file."""
        if self.head is None:
            return b""
        return self._lines() + canonical(asdict(self.head)) + b"\n"

    def _lines(self) -> bytes:
        return self.lines or b"".join(line_of(entry) + b"\n" for entry in self.entries)

    @classmethod
    def parse(cls, content: bytes, keys: Sequence[PublicKey], name: str = LEDGER) -> "Ledger":
        """The ledger that a file holds, every entry and the head checked.

        `keys`: those that are trusted, the one in use first. The head must be signed by that one, so that a retired
        key signs nothing new.

        Raises:
            VerificationFailed: the line, and what is wrong with it.
        """
        lines = content.split(b"\n")
        if lines.pop() or not lines:
            _fail(f"{name} is cut off: its last line is not whole")
        *entry_lines, head_line = lines
        entries: list[LedgerEntry] = []
        previous, has_causes = NOTHING_BEFORE, False
        for number, line in enumerate(entry_lines, 1):
            where = f"{name}, line {number}"
            entry = parse_entry(line, where)
            _check_follows(entry, number, previous, where)
            check_signed(entry, keys, where)
            if has_causes and entry.cause is None:
                _fail(f"{where}: has no cause, though an entry before it has one")
            has_causes = entry.cause is not None
            entries.append(entry)
            previous = hashlib.sha256(line).hexdigest()
        _check_keys_are_in_order(entries, keys, name)
        head = _parse_head(head_line, entries, previous, keys, f"{name}, line {len(lines)}")
        return cls(tuple(entries), head, content[: -len(head_line) - 1])


def keys_named(content: bytes, name: str = LEDGER) -> tuple[str, ...]:
    """The fingerprints that a ledger names: the head's, then those of its entries, the one used last first.

    No signature is checked: it says which keys to look for.

    Raises:
        VerificationFailed: it has no form of a ledger.
    """
    *entry_lines, head_line = content.removesuffix(b"\n").split(b"\n")
    entries = [parse_entry(line, f"{name}, line {number}") for number, line in enumerate(entry_lines, 1)]
    head = Head(**_parse_line(head_line, Head, f"{name}, line {len(entries) + 1}", "the signed head"))
    in_order_of_first_use = dict.fromkeys(entry.key for entry in entries)
    return tuple(dict.fromkeys((head.key, *reversed(in_order_of_first_use))))


def canonical(content: Mapping[str, object]) -> bytes:
    """JSON in one spelling: sorted keys, no spaces, ASCII."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


@lru_cache(maxsize=2**16)
def line_of(entry: LedgerEntry) -> bytes:
    """An entry's line, without its end; its SHA-256 is what the next entry names as `previous`."""
    return canonical(entry.content())


def signed_head(entries: Sequence[LedgerEntry], at: str, key: SigningKey) -> Head:
    """The head of these entries (one at least)."""
    head = Head(len(entries), hashlib.sha256(line_of(entries[-1])).hexdigest(), at, key.fingerprint, "")
    return replace(head, signature=signature_text(key.sign(_signed_part(head))))


def instant_text(instant: datetime) -> str:
    """A moment in one spelling, such as `2026-11-19T06:00:00Z`."""
    if instant.tzinfo is None:
        raise ValueError("a moment needs an offset")
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_entry(line: bytes, where: str) -> LedgerEntry:
    """The entry of a line; that it is signed is left to check_signed.

    Raises:
        VerificationFailed: it is none, or not in the one spelling.
    """
    content = _parse_line(line, LedgerEntry, where, "an entry")
    entry = LedgerEntry(**content)
    if entry.action not in get_args(Action):
        _fail(f"{where}: is neither a publication nor a withdrawal")
    if entry.cause is not None and not _is_cause(entry):
        _fail(f"{where}: its cause is none of {entry.action} entries, or does not fit its week")
    if not entry.why.isprintable():
        _fail(f"{where}: its reason holds control characters")
    try:
        is_spelled_alike = str(ReleaseId.parse(entry.release)) == entry.release and _is_instant(entry.at)
    except ValueError:
        is_spelled_alike = False
    except UsageError as error:
        raise VerificationFailed(f"{where}: names no release: put it back from a backup, or fetch it anew") from error
    if not is_spelled_alike:
        _fail(f"{where}: its release or its time is not written as the ledger writes them")
    return entry


def check_signed(item: LedgerEntry | Head, keys: Sequence[PublicKey], where: str) -> None:
    """An entry or a head is signed by the key that it names, and that key is one of these.

    Raises:
        VerificationFailed: it is not.
    """
    key = next((key for key in keys if key.fingerprint == item.key), None)
    if key is None:
        _fail(f"{where}: is signed by key {item.key[:12]}…, and the key trusted here is {keys[0].fingerprint[:12]}…")
    signature = signature_of(item.signature)
    if signature is None or not key.verify(_signed_part(item), signature):
        _fail(f"{where}: was changed, since its signature does not hold")


def _parse_head(
    line: bytes, entries: Sequence[LedgerEntry], last_digest: str, keys: Sequence[PublicKey], where: str
) -> Head:
    head = Head(**_parse_line(line, Head, where, "the signed head, so the ledger was cut off"))
    check_signed(head, keys[:1], where)
    if head.entries != len(entries):
        _fail(f"{where}: the head is of {head.entries} entries, and there are {len(entries)}")
    if head.head != last_digest:
        _fail(f"{where}: the head is of another last entry")
    if not entries or not _is_instant(head.at):
        _fail(f"{where}: is no head of a ledger with entries")
    return head


def _parse_line(line: bytes, kind: type[LedgerEntry] | type[Head], where: str, what: str) -> dict[str, Any]:
    try:
        content = json.loads(line)
        is_canonical = isinstance(content, dict) and canonical(content) == line
    except (ValueError, RecursionError):
        is_canonical = False
    if not is_canonical:
        _fail(f"{where}: is no line of canonical JSON, so it was changed")
    types = {one.name: int if one.type is int else str for one in fields(kind)}
    before_causes = types.keys() - SINCE_CAUSES if kind is LedgerEntry else types.keys()
    if content.keys() not in (types.keys(), before_causes) or any(
        type(value) is not types[name] for name, value in content.items()
    ):
        _fail(f"{where}: is not {what}")
    return dict(content)


def _check_follows(entry: LedgerEntry, number: int, previous: str, where: str) -> None:
    if entry.sequence != number:
        _fail(f"{where}: is entry {entry.sequence} where {number} should be: entries were removed, added or reordered")
    if entry.previous != previous:
        _fail(f"{where}: does not follow on the entry before it: one of the two was changed")


def _check_keys_are_in_order(entries: Sequence[LedgerEntry], keys: Sequence[PublicKey], name: str) -> None:
    """Once a key is in use, the ones retired for it sign no more."""
    age = {key.fingerprint: number for number, key in enumerate(keys)}
    for before, after in pairwise(entries):
        if age[after.key] > age[before.key]:
            _fail(f"{name}, line {after.sequence}: is signed by a key that was retired before")


def _signed_part(item: LedgerEntry | Head) -> bytes:
    content = item.content() if isinstance(item, LedgerEntry) else asdict(item)
    del content["signature"]
    return canonical(content)


def _is_instant(text: str) -> bool:
    try:
        return instant_text(datetime.fromisoformat(text)) == text
    except ValueError:
        return False


def _cause_of(action: Action, release: ReleaseId, retracted: date | None) -> Cause:
    if action == "withdrawn":
        return "retracted_week" if retracted else "decision"
    return "new" if release.version == 1 else "correction"


def _is_cause(entry: LedgerEntry) -> bool:
    """Whether the cause is one of the action, and names the Monday of a week if it is one of a week."""
    if entry.cause not in CAUSES[entry.action] or (entry.cause == "retracted_week") != bool(entry.week):
        return False
    try:
        return not entry.week or date.fromisoformat(entry.week) in ReleaseId.parse(entry.release).period.mondays
    except (ValueError, UsageError):
        return False


def _fail(what: str) -> NoReturn:
    raise VerificationFailed(f"{what}: put it back from a backup, or fetch it anew")
