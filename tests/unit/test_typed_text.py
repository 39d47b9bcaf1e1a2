"""Typed text in Markdown: a reader of Markdown sees what was typed, and makes nothing of it."""

import html

import pytest

from releases.folders.markdown import as_typed
from tests.readers.markdown_nodes import READERS, kinds
from tests.worlds.hostile_texts import HOSTILE

#: Where a README has typed words; each holds the text once.
PLACES = {
    "alone": "{}\n",
    "before other words": "{} This release holds more.\n",
    "after other words": "Publisher {}\n",
    "a heading": "# {}\n",
    "a cell": "| a | b |\n| --- | --- |\n| x | {} |\n",
    "a quote": "> {}\n",
    "an item": "- It is {}.\n",
    "a link's words": "[{}](https://licence.example)\n",
}


def made_of(text: str, place: str, reader: str) -> set[str]:
    """What a reader makes of a text that it would not make of a word in the same place."""
    markdown, form = READERS[reader], PLACES[place]
    return set(kinds(markdown.parse(form.format(text))) - kinds(markdown.parse(form.format("word"))))


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("text", HOSTILE)
def test_it_stands_as_it_was_typed(text: str, place: str, reader: str) -> None:
    escaped, line = as_typed(text), " ".join(text.split())
    assert made_of(escaped, place, reader) == set()
    rendered = html.unescape(READERS[reader].convert(PLACES[place].format(escaped)))
    assert line in rendered
    assert "<" not in escaped and ">" not in escaped, "nor does a browser that takes the file for HTML"


@pytest.mark.parametrize("reader", READERS)
def test_unescaped_the_same_texts_are_made_into_something(reader: str) -> None:
    """The check can fail: of these texts, readers do make tags, links, images, lists, code and tables' cells."""
    made = [text for text in HOSTILE if any(made_of(text, place, reader) for place in PLACES)]
    assert len(made) >= 30
    every = set().union(*(made_of(text, place, reader) for text in HOSTILE for place in PLACES))
    assert {"InlineHTML", "Link", "Image", "CodeSpan", "Emphasis"} <= every
