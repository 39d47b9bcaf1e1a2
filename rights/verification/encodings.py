"""Every way in which an identifier or a pseudonym may be written down, as the bytes to look for."""

import base64
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import quote
from uuid import UUID

#: Shorter identifiers are in everything, as bytes: they are looked for as whole values and whole words.
LEAST_BYTES = 8


@dataclass(frozen=True, slots=True)
class Needle:
    """Bytes to look for. `encoding` names how they say it; `of` is `identifier` or `pseudonym`.

    `is_text`: it is the identifier in its own letters; where it begins or ends in a digit, a longer number is another.
    """

    content: bytes
    encoding: str
    of: str
    is_text: bool = False


def is_short(identifier: str) -> bool:
    """Whether it has too few bytes to be looked for as such."""
    return len(identifier.encode()) < LEAST_BYTES


def needles_of_identifier(identifier: str) -> list[Needle]:
    """What to look for of an identifier of eight bytes or more; of a UUID its bytes too."""
    found = [(content, encoding, is_text) for content, encoding, is_text in _of_text(identifier)]
    with suppress(ValueError):  # no UUID: its letters are all there is
        found += [(content, encoding, False) for content, encoding in _of_uuid(UUID(identifier))]
    return _distinct(found, "identifier")


def needles_of_pseudonym(pseudonym: UUID) -> list[Needle]:
    """What to look for of a pseudonym: its 128 bits in every order, and as text."""
    found = [(content, encoding, False) for content, encoding, _ in _of_text(str(pseudonym))]
    found += [(content, encoding, False) for content, encoding in _of_uuid(pseudonym)]
    return _distinct(found, "pseudonym")


def forms_of_short(identifier: str) -> dict[str, str]:
    """The ways to write a short identifier that are a word by themselves, each with its encoding's name."""
    content = identifier.encode()
    plain = base64.b64encode(content).decode()
    forms = {
        identifier: "UTF-8",
        "".join(f"%{byte:02X}" for byte in content): "percent",
        quote(identifier, safe=""): "percent",
        _json_escaped(identifier): "JSON",
        plain: "base64",
        plain.rstrip("="): "base64",
        content.hex(): "hexadecimal",
    }
    # Two or three letters of base64 or hexadecimal are a word of anything.
    forms = {form: encoding for form, encoding in forms.items() if form == identifier or len(form) > 3}
    return {**forms, identifier: "UTF-8"}


def _of_text(text: str) -> Iterator[tuple[bytes, str, bool]]:
    content = text.encode()
    yield content, "UTF-8", True
    yield text.encode("utf-16-le"), "UTF-16 little-endian", False
    yield text.encode("utf-16-be"), "UTF-16 big-endian", False
    escaped = quote(text, safe="")
    for form in (escaped, escaped.lower(), "".join(f"%{byte:02X}" for byte in content)):
        yield form.encode(), "percent", form == text
        yield form.lower().encode(), "percent", form == text
    for form in (json.dumps(text)[1:-1], _json_escaped(text)):
        yield form.encode(), "JSON", form == text
        yield form.upper().replace("\\U", "\\u").encode(), "JSON", form == text
    yield content.hex().encode(), "hexadecimal", False
    yield content.hex().upper().encode(), "hexadecimal", False
    yield from ((form, "base64", False) for form in _base64_of(content))


def _of_uuid(uuid: UUID) -> Iterator[tuple[bytes, str]]:
    yield uuid.bytes, "UUID big-endian"
    yield uuid.bytes[::-1], "UUID little-endian"
    yield uuid.bytes_le, "UUID mixed-endian"
    yield (uuid.int ^ 1 << 127).to_bytes(16, "little"), "UUID as DuckDB stores it"
    yield uuid.hex.encode(), "hexadecimal"
    yield uuid.hex.upper().encode(), "hexadecimal"
    yield str(uuid).upper().encode(), "UTF-8"
    yield from ((form, "base64") for form in _base64_of(uuid.bytes))


def _base64_of(content: bytes) -> Iterator[bytes]:
    """What of base64 is the same wherever in a longer text the content begins: three alignments, two alphabets."""
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + content)
        first = (8 * before + 5) // 6
        last = 8 * (before + len(content)) // 6
        yield encoded[first:last]
        yield encoded[first:last].replace(b"+", b"-").replace(b"/", b"_")


def _json_escaped(text: str) -> str:
    """Every letter by its number."""
    units = text.encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def _distinct(found: list[tuple[bytes, str, bool]], of: str) -> list[Needle]:
    needles: dict[bytes, Needle] = {}
    for content, encoding, is_text in found:
        if len(content) >= LEAST_BYTES:
            needles.setdefault(content, Needle(content, encoding, of, is_text))
    return list(needles.values())
