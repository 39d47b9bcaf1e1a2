"""Reads the portal's pages as a browser would, strictly: every tag is closed where it should be."""

import json
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from typing import Any

#: Tags within a line of text; all others begin a line of their own.
INLINE = {"a", "code", "span", "strong", "br"}
VOID = {"meta", "link", "br", "input", "img", "hr"}
#: SVG's own that close themselves.
EMPTY = {"circle", "polyline"}


@dataclass
class Table:
    """A table by its caption; every cell as text, the heads with their scope."""

    caption: str = ""
    heads: list[str] = field(default_factory=list)
    scopes: list[str | None] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)

    def column(self, head: str) -> list[str]:
        return [row[self.heads.index(head)] for row in self.rows]


@dataclass
class Page:
    """What a page holds. `addresses`: (tag, attribute, value) of everything that is linked or loaded."""

    language: str = ""
    text: str = ""
    tables: list[Table] = field(default_factory=list)
    addresses: list[tuple[str, str, str]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    headings: list[int] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    described: list[str] = field(default_factory=list)

    def table(self, caption: str) -> Table:
        return next(table for table in self.tables if table.caption.startswith(caption))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self._open: list[str] = []
        self._into: list[str] | None = None
        self._json = ""

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in EMPTY, tag
        self._meet(tag, dict(attrs))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self._open.append(tag)
        self._meet(tag, dict(attrs))

    def _meet(self, tag: str, attributes: dict[str, str | None]) -> None:
        page = self.page
        if tag not in INLINE:
            page.text += "\n"
        if tag == "html":
            page.language = attributes["lang"] or ""
        for name in ("src", "href", "action", "data", "srcset", "poster"):
            if name in attributes:
                page.addresses.append((tag, name, attributes[name] or ""))
        if "id" in attributes:
            page.ids.append(attributes["id"] or "")
        if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
            page.headings.append(int(tag[1]))
        if tag == "script" and attributes.get("type") == "application/json":
            self._json = attributes["id"] or ""
        if attributes.get("class") == "chart":
            page.described.append(attributes.get("aria-label") or "")
        self._meet_table(tag, attributes)

    def _meet_table(self, tag: str, attributes: dict[str, str | None]) -> None:
        page = self.page
        if tag == "table":
            page.tables.append(Table())
        if tag == "tr" and "tbody" in self._open:
            page.tables[-1].rows.append([])
        if tag in ("th", "td", "caption"):
            self._into = []
        if tag == "th":
            page.tables[-1].scopes.append(attributes.get("scope"))

    def handle_endtag(self, tag: str) -> None:
        assert self._open and self._open[-1] == tag, f"</{tag}> closes {self._open[-3:]}"
        self._open.pop()
        if tag in ("th", "td", "caption") and self._into is not None:
            text, table = " ".join("".join(self._into).split()), self.page.tables[-1]
            if tag == "caption":
                table.caption = text
            elif "tbody" in self._open:
                table.rows[-1].append(text)
            else:
                table.heads.append(text)
            self._into = None
        if tag == "script":
            self._json = ""

    def handle_data(self, data: str) -> None:
        if self._json:
            self.page.data[self._json] = json.loads(data)
            return
        if self._into is not None:
            self._into.append(data)
        self.page.text += data

    def close(self) -> None:
        super().close()
        assert self._open == [], self._open


@cache
def read_page(content: bytes) -> Page:
    """A page; it fails where a tag is not closed in its turn."""
    reader = _Reader()
    reader.feed(content.decode())
    reader.close()
    return reader.page


def number(cell: str, language: str) -> float | None:
    """A number as a language writes it; None for a dash."""
    if cell == "\N{EN DASH}":
        return None
    plain = "".join(sign for sign in cell if not sign.isspace() and sign != "%")
    return float(plain.replace(".", "").replace(",", ".") if language == "nl" else plain)


def rows_of_chart(page: Page, chart: str) -> list[dict[str, Any]]:
    """The data that a chart brings."""
    return [row for rows in page.data[chart]["datasets"].values() for row in rows]
