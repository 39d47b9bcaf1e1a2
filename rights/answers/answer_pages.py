"""Pages that a person reads, in Dutch and English: facts in a template, words from a table of each language."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

LANGUAGES: Final = ("nl", "en")


def page(template: str, language: str, facts: Mapping[str, Any]) -> bytes:
    """The page of a template in one language; whatever is in the facts is escaped."""
    rendered = (
        _environment()
        .get_template(f"{template}.html")
        .render(
            texts=texts_of(language)[template],
            said=texts_of(language)["said"],
            kinds=texts_of(language)["kinds"],
            language=language,
            **facts,
        )
    )
    return rendered.encode()


@cache
def texts_of(language: str) -> Mapping[str, Any]:
    """The words of a language, by page."""
    text = (files("rights.answers") / "texts" / f"{language}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("rights.answers", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
