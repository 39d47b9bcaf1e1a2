"""How many records a text holds and how many of them are unreadable, by plain Python alone."""

import gzip
import json
import math
from typing import Any


def unpacked(content: bytes) -> bytes | None:
    """The content of a gzip file, or nothing if Python's own reader does not take it whole."""
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, ValueError):
        return None
    except Exception as error:
        if type(error).__name__ != "error":
            raise
        return None


def lines_of(content: bytes) -> list[bytes]:
    """The lines that are records: those that are not blank."""
    lines = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    return [line.rstrip(b"\r") for line in lines if line.strip(b" \t\r")]


def is_text(content: bytes) -> bool:
    """Whether it can be a text at all."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return b"\0" not in content


def is_readable(line: bytes) -> bool:
    """Whether the line is one JSON object by the letter of RFC 8259, no name twice, no NUL, each number a double."""
    if b"\\u0000" in line:
        return False
    hooks = {"parse_constant": _refused, "parse_float": _finite, "parse_int": _finite}
    try:
        pairs = json.loads(line, object_pairs_hook=_Pairs, **hooks)
        json.dumps(pairs, ensure_ascii=False).encode("utf-8")  # a lone surrogate is no text
    except (ValueError, RecursionError):
        return False
    return isinstance(pairs, _Pairs) and len({name for name, _ in pairs}) == len(pairs)


class _Pairs(list[tuple[str, Any]]):
    """An object as its pairs, so that a name given twice is seen."""


def _refused(word: str) -> None:
    raise ValueError(word)


def _finite(text: str) -> float:
    if not math.isfinite(float(text)):
        raise ValueError(text)
    return float(text)
