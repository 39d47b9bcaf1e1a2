"""Whoever has the public key sees an entry of the ledger that is changed, removed, reordered or cut off."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from refusals.errors import VerificationFailed
from releases.folders.tombstone import tombstone_files
from releases.ledger.ledger import Ledger, instant_text, parse_entry, signed_head
from releases.ledger.release_id import ReleaseId
from releases.ledger.signing import SigningKey
from tests.readers.releases_on_disk import AT, LATER, WHY

KEY, OTHER = SigningKey(b"k" * 32), SigningKey(b"o" * 32)
KEYS = (KEY.public,)


def ledger_of(length: int, key: SigningKey = KEY) -> Ledger:
    ledger = Ledger()
    for number in range(1, length + 1):
        release = ReleaseId.parse(f"usage_by_hour/2026-W{number:02d}-v1")
        entry = ledger.next_entry(key, "published", release, f"{number}" * 64, at=AT, why=WHY if number == 2 else "")
        ledger = ledger.with_entry(entry, key)
    return ledger


LEDGER = ledger_of(4)
LINES = LEDGER.content().splitlines()


def signed(content: dict[str, Any], raw: bytes = b"k" * 32) -> bytes:
    """A line as whoever has the key would sign it, by the cryptography library alone."""
    rest = {name: value for name, value in content.items() if name != "signature"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":")).encode()
    signature = base64.b64encode(Ed25519PrivateKey.from_private_bytes(raw).sign(text)).decode()
    return json.dumps({**rest, "signature": signature}, sort_keys=True, separators=(",", ":")).encode()


def content(lines: list[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def test_it_is_one_canonical_line_an_entry_and_a_head() -> None:
    assert len(LINES) == 5
    for number, line in enumerate(LINES[:-1], 1):
        entry = json.loads(line)
        assert line == signed(entry)
        assert entry["sequence"] == number
        before = hashlib.sha256(LINES[number - 2]).hexdigest() if number > 1 else "0" * 64
        assert entry["previous"] == before
        assert entry["key"] == hashlib.sha256(KEY.public.raw).hexdigest()
    head = json.loads(LINES[-1])
    assert LINES[-1] == signed(head)
    assert (head["entries"], head["head"]) == (4, hashlib.sha256(LINES[-2]).hexdigest())
    assert LEDGER.content().isascii()
    assert json.loads(LINES[1])["why"] == WHY
    assert Ledger.parse(LEDGER.content(), KEYS) == LEDGER


@pytest.mark.clause("release-ledger")
@pytest.mark.parametrize("bit", [0, 3, 7])
def test_one_flipped_bit_of_any_byte_is_found_and_its_line_named(bit: int) -> None:
    whole = LEDGER.content()
    for position in range(len(whole)):
        changed = bytearray(whole)
        changed[position] ^= 1 << bit
        line = whole[:position].count(b"\n") + 1
        # The end of a line that is gone joins two, and a new one makes two of it; the head's end cuts the file off.
        named = [f"line {number}:" for number in (line, line + 1)] + (["is cut off"] if line == 5 else [])
        with pytest.raises(VerificationFailed) as refused:
            Ledger.parse(bytes(changed), KEYS)
        assert any(name in str(refused.value) for name in named), (position, str(refused.value))


@pytest.mark.parametrize("added", [b" ", b"\n", b"{}\n", b"\x00", b"\xef\xbb\xbf"])
def test_one_byte_too_many_anywhere_is_found(added: bytes) -> None:
    whole = LEDGER.content()
    for position in range(0, len(whole) + 1, 3):
        with pytest.raises(VerificationFailed):
            Ledger.parse(whole[:position] + added + whole[position:], KEYS)


@pytest.mark.clause("release-ledger")
def test_cut_off_anywhere_is_found() -> None:
    whole = LEDGER.content()
    for length in range(len(whole)):
        with pytest.raises(VerificationFailed):
            Ledger.parse(whole[:length], KEYS)


TAMPERED: dict[str, tuple[Callable[[], list[bytes]], str]] = {
    "an entry removed": (lambda: LINES[:1] + LINES[2:], "line 2: is entry 3 where 2 should be"),
    "the first entry removed": (lambda: LINES[1:], "line 1: is entry 2 where 1 should be"),
    "the last entry removed": (lambda: LINES[:3] + LINES[4:], "line 4: the head is of 4 entries, and there are 3"),
    "two entries reordered": (lambda: [LINES[0], LINES[2], LINES[1], *LINES[3:]], "line 2: is entry 3 where 2"),
    "an entry repeated": (lambda: [LINES[0], LINES[0], *LINES[1:]], "line 2: is entry 1 where 2 should be"),
    "cut off before the head": (lambda: LINES[:4], "line 4: is not the signed head, so the ledger was cut off"),
    "only the head": (lambda: LINES[4:], "line 1: the head is of 4 entries, and there are 0"),
    "a head in the middle": (lambda: LINES[:2] + LINES[4:] + LINES[2:], "line 3: is not an entry"),
    "an older head": (lambda: LINES[:4] + ledger_of(3).content().splitlines()[3:], "3 entries, and there are 4"),
    "nothing": (lambda: [], "is cut off"),
    "an entry edited": (lambda: [LINES[0], LINES[1].replace(b"twice", b"once!"), *LINES[2:]], "line 2: was changed"),
    "an entry in another spelling": (lambda: [LINES[0].replace(b":", b": ", 1), *LINES[1:]], "line 1: is no line"),
    "a key twice in an entry": (
        lambda: [LINES[0].replace(b'"why":""', b'"why":"x","why":""'), *LINES[1:]], "line 1: is no line of canonical",
    ),
    "no JSON": (lambda: [b"[" * 100_000, *LINES[1:]], "line 1: is no line of canonical JSON"),
    "a list": (lambda: [b"[]", *LINES[1:]], "line 1: is no line of canonical JSON"),
    "another's ledger": (lambda: ledger_of(4, OTHER).content().splitlines(), "line 1: is signed by key"),
}  # fmt: skip


@pytest.mark.parametrize(("lines", "what"), TAMPERED.values(), ids=TAMPERED)
def test_a_tampered_ledger_is_refused_by_line(lines: Callable[[], list[bytes]], what: str) -> None:
    with pytest.raises(VerificationFailed, match=what):
        Ledger.parse(content(lines()), KEYS)


def with_line(number: int, **changes: object) -> list[bytes]:
    """The ledger with one line changed and signed anew, as only the owner of the key could."""
    return [*LINES[: number - 1], signed({**json.loads(LINES[number - 1]), **changes}), *LINES[number:]]


def without(number: int, *names: str) -> list[bytes]:
    entry = {name: value for name, value in json.loads(LINES[number - 1]).items() if name not in names}
    return [*LINES[: number - 1], signed(entry), *LINES[number:]]


def chained(*forms: str) -> list[bytes]:
    """A ledger as its owner would sign it; an entry that is `old` is of before there were causes."""
    lines: list[bytes] = []
    for number, form in enumerate(forms):
        entry = json.loads(LINES[number])
        entry["previous"] = hashlib.sha256(lines[-1]).hexdigest() if lines else "0" * 64
        kept = {name: value for name, value in entry.items() if form != "old" or name not in ("cause", "week")}
        lines.append(signed(kept))
    digest = hashlib.sha256(lines[-1]).hexdigest()
    return [*lines, signed({**json.loads(LINES[-1]), "entries": len(lines), "head": digest})]


@pytest.mark.parametrize(
    "forms", [("old",), ("old", "old", "old"), ("old", "old", "new"), ("old", "new", "new", "new")]
)
def test_a_ledger_of_before_there_were_causes_checks_out_and_goes_on(forms: tuple[str, ...]) -> None:
    lines = chained(*forms)
    ledger = Ledger.parse(content(lines), KEYS)
    assert ledger.content() == content(lines), "to the byte"
    assert [entry.cause for entry in ledger.entries] == [None if form == "old" else "new" for form in forms]
    release = ReleaseId.parse("usage_by_hour/2026-W09-v1")
    longer = ledger.with_entry(ledger.next_entry(KEY, "published", release, "9" * 64, at=LATER, why=""), KEY)
    assert Ledger.parse(longer.content(), KEYS) == longer
    assert longer.content().startswith(content(lines[:-1]))


@pytest.mark.parametrize("form", ["old", "new"])
def test_what_was_withdrawn_before_and_after_stands_in_its_own_format(form: str) -> None:
    (line, *_), why = chained(form), "it reads <b>alike</b>"
    cause = {"cause": "decision"} if form == "new" else {}
    given = signed({**json.loads(line), "action": "withdrawn", "why": why, **cause})
    files = tombstone_files(parse_entry(given, "it"), KEY.public)
    tombstone, readme = json.loads(files["TOMBSTONE.json"]), files["README.md"].decode()
    assert (tombstone["format"], tombstone["why"], tombstone.get("cause")) == (
        (1, why, None) if form == "old" else (2, why, "decision")
    )
    assert files["ledger-entry.json"] == given + b"\n"
    assert ("    it reads <b>alike</b>" in readme) == (form == "old")
    assert ("> it reads &lt;b&gt;alike&lt;/b&gt;" in readme) == (form == "new")


OWNERS_OWN: dict[str, tuple[list[bytes], str]] = {
    "an entry edited": (with_line(2, why="other"), "line 3: does not follow on the entry before it"),
    "the last entry edited": (with_line(4, why="other"), "line 5: the head is of another last entry"),
    "a wrong previous": (with_line(3, previous="0" * 64), "line 3: does not follow on the entry before it"),
    "a wrong sequence": (with_line(3, sequence=2), "line 3: is entry 2 where 3 should be"),
    "a sequence that is no number": (with_line(1, sequence="1"), "line 1: is not an entry"),
    "a sequence that is yes": (with_line(1, sequence=True), "line 1: is not an entry"),
    "a word too many": (with_line(1, extra=""), "line 1: is not an entry"),
    "another action": (with_line(1, action="deleted"), "line 1: is neither a publication nor a withdrawal"),
    "no release": (with_line(1, release="../x"), "line 1: names no release"),
    "a week that there is not": (with_line(1, release="a/2026-W54-v1"), "line 1: names no release"),
    "another spelling of a time": (with_line(1, at="2026-11-19T07:00:00+01:00"), "line 1: its release or its time"),
    "a time without offset": (with_line(1, at="2026-11-19T06:00:00"), "line 1: its release or its time"),
    "a reason of two lines": (with_line(1, why="a\nb"), "line 1: its reason holds control characters"),
    "another key's name": (with_line(1, key=OTHER.fingerprint), "line 1: is signed by key"),
    "a cause that is none": (with_line(1, cause="mistake"), "line 1: its cause is none of published entries"),
    "a cause of withdrawals": (with_line(1, cause="decision"), "line 1: its cause is none of published entries"),
    "a week without a retraction": (with_line(1, week="2025-12-29"), "line 1: its cause is none of published entries"),
    "a cause without its week": (without(1, "week"), "line 1: is not an entry"),
    "a week without its cause": (without(1, "cause"), "line 1: is not an entry"),
    "a cause that is no text": (with_line(1, cause=None), "line 1: is not an entry"),
    "an entry of before after one with a cause": (
        chained("", "old"),
        "line 2: has no cause, though an entry before it",
    ),
    "a head of too few": (with_line(5, entries=3), "line 5: the head is of 3 entries, and there are 4"),
    "a head of another entry": (with_line(5, head="0" * 64), "line 5: the head is of another last entry"),
    "a head at no time": (with_line(5, at="once"), "line 5: is no head"),
}


@pytest.mark.parametrize(("lines", "what"), OWNERS_OWN.values(), ids=OWNERS_OWN)
def test_what_is_signed_must_fit_too(lines: list[bytes], what: str) -> None:
    with pytest.raises(VerificationFailed, match=what):
        Ledger.parse(content(lines), KEYS)


def test_an_older_ledger_under_its_older_head_is_whole() -> None:
    """The stated limit: it is seen only by comparing the head with the portal's."""
    older = Ledger.parse(ledger_of(3).content(), KEYS)
    assert older.head is not None
    assert LEDGER.head is not None
    assert older.head.head != LEDGER.head.head


def test_a_retired_key_signs_no_head_and_nothing_after_the_key_that_followed() -> None:
    keys = (OTHER.public, KEY.public)
    old = ledger_of(2)
    with pytest.raises(VerificationFailed, match="line 3: is signed by key"):
        Ledger.parse(old.content(), keys)
    rotated = Ledger(old.entries, signed_head(old.entries, instant_text(LATER), OTHER))
    assert Ledger.parse(rotated.content(), keys) == rotated
    release = ReleaseId.parse("usage_by_hour/2026-W09-v1")
    newer = rotated.with_entry(rotated.next_entry(OTHER, "published", release, "9" * 64, at=LATER, why=""), OTHER)
    assert Ledger.parse(newer.content(), keys) == newer
    late = newer.with_entry(newer.next_entry(KEY, "withdrawn", release, "9" * 64, at=LATER, why="x"), OTHER)
    with pytest.raises(VerificationFailed, match="line 4: is signed by a key that was retired before"):
        Ledger.parse(late.content(), keys)


def test_an_entry_that_does_not_follow_is_not_taken_in() -> None:
    entry = LEDGER.next_entry(KEY, "published", ReleaseId.parse("usage_by_hour/2026-W09-v1"), "9" * 64, at=AT, why="")
    for other in (replace(entry, sequence=4), replace(entry, previous="0" * 64)):
        with pytest.raises(VerificationFailed):
            LEDGER.with_entry(other, KEY)
    assert len(LEDGER.with_entry(entry, KEY).entries) == 5


def test_a_moment_has_one_spelling() -> None:
    assert instant_text(AT) == "2026-11-19T06:00:00Z"
    with pytest.raises(ValueError, match="offset"):
        instant_text(AT.replace(tzinfo=None))
