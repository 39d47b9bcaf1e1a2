"""Typed text in Markdown: it stands as it was typed, and no reader of Markdown or HTML makes anything of it.

Tombstones are checked to the byte with it, so a change of it is another format of theirs (see tombstone.py).
"""

import re

#: What could be taken for a tag, for the edge of a table's cell, or for the end of code that stands before it: by
#: reference, which holds in HTML too.
_BY_REFERENCE = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "`": "&#96;"}
#: What begins markup anywhere: emphasis, links, images, headings, struck words.
_MARKUP = re.compile(r"[\\*_{}\[\]()#!~@]")
#: What readers turn into links without being asked: `https://…`, `mailto:…`, `www.…`.
_COLON = re.compile(r":(?=\S)")
_WWW = re.compile(r"(?i)\b(www)\.")
#: What begins a list, a line or an underlined heading where it begins a line.
_FIRST = re.compile(r"^([-+=]|[0-9]{1,9}(?=[.)]))")


def as_typed(words: str) -> str:
    """The text on one line, escaped for any place of a Markdown document but code."""
    line = " ".join(words.split())
    first = _FIRST.match(line)
    escaped = "".join(_BY_REFERENCE.get(sign) or _MARKUP.sub(r"\\\g<0>", sign) for sign in line)
    escaped = _WWW.sub(r"\1\\.", _COLON.sub(r"\\:", escaped))
    if first is None:
        return escaped
    if first[0].isdigit():
        return f"{first[0]}\\{escaped[len(first[0]) :].removeprefix(chr(92))}"
    return f"\\{escaped}"
