"""Where the links of the portal's pages lead, and what a browser would fetch."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tests.readers.portal_pages import Page, read_page

#: Attributes that make a browser fetch something.
FETCHED = {"src", "data", "srcset", "poster", "action"}


def pages(files: Mapping[str, bytes]) -> Iterator[tuple[str, Page]]:
    for name, content in files.items():
        if name.endswith(".html"):
            yield name, read_page(content)


def broken_links(files: Mapping[str, bytes], releases: Path | None = None) -> list[str]:
    """Links that lead to no file of the site (or, with `releases`, of the folder beside it), or to no place in it."""
    found = []
    parsed = dict(pages(files))
    for name, page in parsed.items():
        for _, _, value in page.addresses:
            parts = urlsplit(value)
            if parts.scheme in ("https", "mailto"):
                continue
            path = os.path.normpath(Path(name).parent / unquote(parts.path)) if parts.path else name
            if path.startswith("../releases/"):
                exists = releases is not None and (releases / path.removeprefix("../releases/")).is_file()
            else:
                exists = path in files
                if exists and parts.fragment:
                    exists = parts.fragment in parsed[path].ids
            if not exists:
                found.append(f"{name}: {value}")
    return found


def outside_addresses(files: Mapping[str, bytes]) -> list[str]:
    """What a browser would fetch from another host, in pages and styles; plain links may lead outside."""
    found = []
    for name, page in pages(files):
        for tag, attribute, value in page.addresses:
            is_fetched = attribute in FETCHED or (attribute == "href" and tag != "a")
            if is_fetched and (urlsplit(value).scheme or value.startswith("//")):
                found.append(f"{name}: {tag} {value}")
    for name, content in files.items():
        if name.endswith((".css", ".svg")):
            outside = re.findall(rb"(?:url\(|@import|href=|src=)[^;\n]*", content)
            found += [f"{name}: {text.decode()}" for text in outside]
    return found
