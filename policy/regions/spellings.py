"""How a subdivision's name is written, and which spellings stand for one place: used by `rebuild.py` alone."""

import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
from policy.region_words import folded

#: CLDR's marks for a name that another subdivision has too.
MARKS = re.compile("[\u00b9\u00b2\u00b3\u2074]+$")
#: ISO's remarks: `Stockholms län [SE-01]`, `Sofia (stolitsa)`.
REMARKS = re.compile(r"\s*(\[[^\]]*\]|\([^)]*\))")
#: Words by which English names say what a subdivision is, where they are not ISO's own.
ENGLISH_TYPES = {
    "Administrative region": "Oblast", "Capital city": "City", "Metropolitan city": "City", "Municipality": "City",
    "Metropolitan region": "Region", "Special municipality": "City", "Voivodship": "Voivodeship",
}  # fmt: skip
LAST_LATIN, LATIN_EXTENDED = 0x24F, range(0x1E00, 0x1F00)

Key = tuple[str, str]


def clean(name: str) -> str:
    """CLDR's name without its mark."""
    return MARKS.sub("", name).strip()


def iso_names(name: str) -> Iterator[str]:
    """ISO's name without remarks; of `Madrid, Comunidad de` also `Madrid` and `Comunidad de Madrid`."""
    plain = REMARKS.sub("", name).strip()
    yield plain
    if ", " in plain:
        first, rest = plain.split(", ", 1)
        yield from (first, f"{rest} {first}")


def is_latin(name: str) -> bool:
    """Whether it is in Latin letters: Google's names are."""
    return all(ord(char) <= LAST_LATIN or ord(char) in LATIN_EXTENDED or char in "\u02bc\u2018\u2019" for char in name)


def with_type(name: str, kind: str) -> Iterator[str]:
    """The name without and with the word for what it is: `Cork`, `Cork County`, `County of Cork`, `County Cork`."""
    word = ENGLISH_TYPES.get(kind, kind)
    base = re.sub(rf"^{re.escape(word)} (of )?|\s{re.escape(word)}$", "", name, flags=re.IGNORECASE)
    yield from (base, f"{base} {word}", f"{word} of {base}")
    if word == "County":
        yield f"{word} {base}"


def settled(
    spelled: Iterable[tuple[str, str, str, str]], parent_of: Callable[[str], str | None]
) -> dict[Key, tuple[str, str, str]]:
    """By country and folded name: name, code and source, of `spelled` (country, name, code, source).

    A name of several subdivisions is that of the one in which all of them lie (`Madrid`, the province and its
    community), and of none where there is no such one: it is never guessed.
    """
    found: dict[Key, dict[str, tuple[str, str, str]]] = defaultdict(dict)
    for country, name, code, source in spelled:
        found[country, folded(name)].setdefault(code, (name, code, source))
    kept = {}
    for key, by_code in found.items():
        over = [code for code in by_code if all(_is_within(other, code, parent_of) for other in by_code)]
        if over:
            kept[key] = by_code[over[0]]
    return kept


def _is_within(code: str | None, other: str, parent_of: Callable[[str], str | None]) -> bool:
    while code is not None and code != other:
        code = parent_of(code)
    return code is not None
