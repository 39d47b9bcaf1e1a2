"""Damage as it happens and as somebody would make it: bits, bytes, cuts, repeats, and words that trip readers up."""

import random
from collections.abc import Sequence

TEXT_WORDS: Sequence[bytes] = (
    b'"', b'""', b",", b"\n", b"\r", b"\r\n", b"\n\n", b"\0", b"\xef\xbb\xbf", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\\",
    b"'", b";", b"\t", b" ", b"=", b"\xe2\x80\xa8", b"\xf0\x9f\x98\x80", b"x" * 300, b'"\n', b'\n"', b',"', b'",',
)  # fmt: skip
JSON_WORDS: Sequence[bytes] = (
    b"NaN", b"Infinity", b"-Infinity", b"1e400", b"1e308", b"-0", b"007", b"1.5", b"null", b"true", b"{}", b"[]", b"[",
    b"]", b"{", b"}", b":", b',"user_id":1', b'"a":', b",}", b"\\u0000", b"\\ud800", b"\\u00e9",
    b"12345678901234567890123", b'"\\\\"', b"[[[[[[[[", b"//", b"/**/", b'"event_params":7,', b'"geo":"x",',
)  # fmt: skip
VALUE_WORDS: Sequence[bytes] = (
    b"infinity", b"2026-10-06", b"2026-02-30T10:00:00Z", b"2026-10-06T10:00:00", b"9999-12-31T23:59:59.999999999+00:00",
    b"0000-01-01T00:00:00Z", b"::1", b"1.2.3.4:80", b"999.1.1.1", b"user-2,analytics,false", b"nan", b"-1", b"\xd9\xa1",
)  # fmt: skip
BINARY_WORDS: Sequence[bytes] = (
    b"PAR1", b"PARE", b"\x1f\x8b", b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x80\x80\x80\x80\x80\x01", b"\x7f\xff\xff\xff",
    b"\xab\xcd\xefMaxMind.com", b"\x15\x04\x15", b"\x19\x4c", b"\x00", b"\xff", b"\x18\x00", b"\x2c", b"\x1c",
)  # fmt: skip
WORDS = {
    "text": [*TEXT_WORDS, *VALUE_WORDS],
    "json": [*TEXT_WORDS, *JSON_WORDS, *VALUE_WORDS],
    "binary": list(BINARY_WORDS),
}


def mutated(content: bytes, draw: random.Random, kind: str) -> bytes:
    """The content with one to six changes; `kind` says which words are put in."""
    for _ in range(draw.choice((1, 1, 1, 2, 3, 6))):
        content = _changed(content, draw, WORDS[kind])
    return content


def _changed(content: bytes, draw: random.Random, words: Sequence[bytes]) -> bytes:
    size = len(content)
    at = draw.randrange(size + 1)
    end = min(size, at + draw.choice((1, 1, 2, 4, 8, 40, 400)))
    match draw.randrange(10):
        case 0 | 1:
            at = min(at, size - 1) if size else 0
            return content[:at] + bytes([content[at] ^ (1 << draw.randrange(8))]) + content[at + 1 :] if size else b"x"
        case 2:
            return content[:at] + draw.randbytes(end - at) + content[end:]
        case 3 | 4:
            return content[:at] + draw.choice(words) + content[at:]
        case 5:
            word = draw.choice(words)
            return content[:at] + word + content[at + len(word) :]
        case 6:
            return content[:at] + content[end:]
        case 7:
            return content[:at] + content[at:end] * draw.choice((2, 2, 3, 50)) + content[end:]
        case 8:
            start = draw.randrange(size + 1)
            return content[:at] + content[start : start + end - at] + content[end:]
        case _:
            return content[:at] if draw.randrange(3) else content[at:]
