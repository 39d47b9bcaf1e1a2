"""Delimited text as people deliver it: any line ends, a byte order mark, `sep=;`, an encoding that is not UTF-8."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from refusals.errors import UsageError

SEPARATORS = (";", "\t", "|", ",")
MOST_NAMED = 3  # lines or values of a kind that a message names
_MARKS = (  # the longer first: UTF-32's begins with UTF-16's
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LINE_END = re.compile(r"\r\n|\r|\n")
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?(?:\r\n|\r|\n|\Z)', re.IGNORECASE)


class NotDelimited(Exception):
    """Why bytes are no delimited text, from the verb on: the caller names the file. Never quotes a field."""


@dataclass(frozen=True)
class Record:
    """One record, and the line of the file on which it begins."""

    line: int
    fields: list[str]


@dataclass(frozen=True)
class DelimitedText:
    """Text without byte order mark and `sep=` line; `lines_before`: the lines that took; `separator`: as it says."""

    text: str
    lines_before: int
    separator: str | None

    @classmethod
    def of(cls, content: bytes, encoding: str | None) -> "DelimitedText":
        """Decoded by its byte order mark, else by `encoding`, else as UTF-8.

        Raises:
            NotDelimited: it is none of these (with the lines), or holds NUL characters.
        """
        text = _decoded(content, encoding)
        if "\0" in text:
            raise NotDelimited(
                "holds NUL bytes: it is not a CSV file (or UTF-16 without a byte order mark: --encoding utf-16-le)"
            )
        told = _SEPARATOR_LINE.match(text)
        return cls(text[told.end() :], 1, told[1]) if told else cls(text, 0, None)

    def records(self, separator: str) -> Iterator[Record]:
        """All records, an empty line being one without fields.

        Raises:
            NotDelimited: a quote is left open, or closes before the end of its field; with the line.
        """
        csv.field_size_limit(max(csv.field_size_limit(), len(self.text)))  # what is in memory already may be one field
        reader = csv.reader(io.StringIO(self.text, newline=""), delimiter=separator, strict=True)
        line = 0
        while True:
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error:
                where = f"line {line + 1 + self.lines_before}"
                raise NotDelimited(
                    f"has a quote that is left open, or text after a closing quote, in the record from {where} on"
                ) from None
            yield Record(line + 1 + self.lines_before, fields)
            line = reader.line_num


def check_encoding(name: str | None) -> None:
    """Refuses what is no text encoding.

    Raises:
        UsageError: by its name.
    """
    try:
        "a".encode("utf-8" if name is None else name)
    except (LookupError, UnicodeError):
        raise UsageError(f"--encoding {name} is unknown: such as utf-8, utf-16, latin-1 or cp1252") from None


def _decoded(content: bytes, encoding: str | None) -> str:
    chosen = next((name for mark, name in _MARKS if content.startswith(mark)), encoding or "utf-8")
    try:
        return content.decode(chosen)
    except UnicodeError as error:
        lines = _undecodable_lines(content, chosen, getattr(error, "start", 0))
    mend = "save it as UTF-8, or name what it is with --encoding (often latin-1 or cp1252)"
    raise NotDelimited(f"is not {chosen.removesuffix('-sig').upper()} text in {in_words('line', lines)}: {mend}")


def _undecodable_lines(content: bytes, encoding: str, first: int) -> list[int]:
    """The lines, from 1, that do not decode; for encodings of several bytes a character, the first of them."""
    if encoding not in ("utf-8", "utf-8-sig"):
        return [1 + len(_LINE_END.findall(content[:first].decode(encoding, "replace")))]
    lines = _LINE_END.split(content.decode("utf-8", "surrogateescape"))
    return [number for number, line in enumerate(lines, 1) if any("\udc80" <= letter <= "\udcff" for letter in line)]


def in_words(what: str, numbers: list[int]) -> str:
    """`line 3`, `lines 3 and 5`, `lines 3, 5, 8 and 12 more`."""
    named = [str(number) for number in numbers[:MOST_NAMED]]
    more = len(numbers) - len(named)
    if more:
        return f"{what}s {', '.join(named)} and {more} more"
    return f"{what} {named[0]}" if len(named) == 1 else f"{what}s {', '.join(named[:-1])} and {named[-1]}"
