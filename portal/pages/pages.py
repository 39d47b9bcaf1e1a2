"""The pages of the site in both languages, as bytes by path. The same content always gives the same bytes."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from portal.pages.dataset_page import dataset_page, page_name
from portal.pages.index_page import index_page
from portal.pages.reference_pages import (
    analysts_page,
    anonymity_page,
    comparison_page,
    dictionary_page,
    load_page,
    verify_page,
)
from portal.site_content import SiteContent
from portal.texts.texts import LANGUAGES, Texts, texts_of

TEMPLATES = Path(__file__).parent / "templates"
#: The page may load what lies beside it, and nothing from any host; no code in strings, no frame, no form. `file:` is
#: for browsers in which a page on a disk is not of the same origin as the file beside it.
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self' file:; style-src 'self' file:; img-src 'self' file:; "
    "base-uri 'none'; form-action 'none'"
)

Page = dict[str, Any]
PageMaker = Callable[[SiteContent, str, Texts], Page]

#: File to template and what fills it: content, the way to the portal's folder, and texts. Datasets' pages come besides.
_PAGES: Mapping[str, tuple[str, PageMaker]] = {
    "index.html": ("index.html", index_page),
    "dictionary.html": ("dictionary.html", dictionary_page),
    "anonymity.html": ("anonymity.html", anonymity_page),
    "comparison.html": ("comparison.html", comparison_page),
    "load.html": ("load.html", load_page),
    "verify.html": ("verify.html", verify_page),
    "analysts.html": ("analysts.html", analysts_page),
}
_NAVIGATION = ("index", "anonymity", "comparison", "load", "verify", "dictionary", "analysts")


@dataclass(frozen=True, slots=True)
class SitePage:
    """A page by its path from the portal's folder. `dataset`: the one that it is of; None: it belongs to none."""

    path: str
    content: bytes
    dataset: str | None


def pages_of(content: SiteContent, assets: Mapping[str, str]) -> Iterator[SitePage]:
    """Every page; `assets`: paths of style, charts and icon."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["ticks"] = _ticks
    datasets = {page_name(status): status.declared.name for status in content.datasets}
    for language in LANGUAGES:
        texts = texts_of(language)
        folder, root = ("", "") if language == LANGUAGES[0] else (f"{language}/", "../")
        for name, (template, values) in _values(content, root, texts).items():
            shared = _shared(content, assets, name, root, texts)
            rendered = environment.get_template(template).render({**shared, **values})
            yield SitePage(f"{folder}{name}", rendered.encode(), datasets.get(name))


def _values(content: SiteContent, root: str, texts: Texts) -> dict[str, tuple[str, Page]]:
    found = {name: (template, make(content, root, texts)) for name, (template, make) in _PAGES.items()}
    for status in content.datasets:
        found[page_name(status)] = ("dataset.html", dataset_page(content, status, root, texts))
    return found


def _shared(content: SiteContent, assets: Mapping[str, str], name: str, root: str, texts: Texts) -> Page:
    """What every page has."""
    return {
        "t": texts,
        "page": name,
        "root": root,
        "other_page": f"{root}{name}" if root else f"{texts.other}/{name}",
        "navigation": [(f"{page}.html", texts(f"navigation.{page}")) for page in _NAVIGATION],
        "site": {
            "policy": content.policy.releases,
            "built": content.built_at,
            "assets": assets,
            "content_policy": CONTENT_POLICY,
        },
        "charted": False,
        "locale": _locale(texts),
    }


def _ticks(text: str) -> Markup:
    """A text in which what stands between backticks is code; all else is escaped."""
    parts = [escape(part) for part in text.split("`")]
    marked = [Markup("<code>{}</code>").format(part) if place % 2 else part for place, part in enumerate(parts)]
    return Markup("").join(marked)


def _locale(texts: Texts) -> dict[str, Any]:
    """How the charts write numbers and days: as d3 wants to be told."""
    return {
        "number": {
            "decimal": texts("format.decimal"),
            "thousands": texts("format.thousands"),
            "grouping": [3],
            "currency": ["", ""],
        },
        "time": {
            "dateTime": "%-d %B %Y, %H:%M",
            "date": "%-d %B %Y",
            "time": "%H:%M",
            "periods": ["", ""],
            "days": texts.all("format.days"),
            "shortDays": texts.all("format.short_days"),
            "months": texts.all("format.months"),
            "shortMonths": texts.all("format.short_months"),
        },
    }
