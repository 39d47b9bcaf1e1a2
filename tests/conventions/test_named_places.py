"""Documents that say where things are name places that are there; each word of the glossary has one."""

import re
from collections.abc import Iterator

import pytest

from tests.conventions.tracked import ROOT, files

TRACKED = set(files())
FOLDERS = {"/".join(name.split("/")[:depth]) for name in TRACKED for depth in range(1, name.count("/") + 1)}
TOP = {name.split("/")[0] for name in TRACKED if "/" in name}
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
DOCUMENTS = {
    name: (ROOT / name).read_text(encoding="utf-8")
    for name in ("docs/glossary.md", "docs/how-to-add.md", "CONTRIBUTING.md")
}


def places_in(text: str) -> list[str]:
    """Paths of the repository that a text names, as code or within a command."""
    top = "|".join(map(re.escape, sorted(TOP)))
    found = re.findall(rf"(?<![\w./])(?:{top})/[\w./-]*", "\n".join(re.findall(r"`[^`]+`|```.*?```", text, re.DOTALL)))
    return [place.rstrip(".") for place in found if "NNNN" not in place]


def gone(text: str) -> list[str]:
    """Those that are not there."""
    return [place for place in places_in(text) if place not in TRACKED and place.rstrip("/") not in FOLDERS]


def words() -> Iterator[tuple[str, str, str]]:
    """The glossary's rows: the word, what it is, where."""
    for line in GLOSSARY.splitlines():
        if line.startswith("| ") and not line.startswith(("| word ", "| --- ")):
            word, what, where = line.strip("| ").split(" | ")
            yield word, what, where


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_place_that_is_named_is_there(name: str) -> None:
    assert len(places_in(DOCUMENTS[name])) > 15
    assert gone(DOCUMENTS[name]) == []


def test_a_planted_place_is_found() -> None:
    planted = (
        "`anonymisation/cells/gone.py` and `freezing/melting/`, `home/run.py` and `python -m pytest tests/lost -q`"
    )
    assert gone(planted) == ["anonymisation/cells/gone.py", "freezing/melting/", "tests/lost"]


def test_every_word_has_its_place_and_stands_once() -> None:
    rows = list(words())
    assert len(rows) > 60
    assert [word for word, what, where in rows if not what or not places_in(where)] == []
    assert len({word for word, *_ in rows}) == len(rows)
