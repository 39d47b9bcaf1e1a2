"""Every place in a home that can hold person-level data: nothing else below `restricted/` may hold any."""

import tomllib
from pathlib import Path
from typing import Final

from catalogue.column import Said


class PersonPlace(Said):
    """`files`: a pattern below `restricted/`. `holds`: the class of what is there. `ends`: its retention.

    `keys`: the columns by which one person's rows are found. `found`, `removed`: how that is done, in words.
    """

    files: str
    holds: str
    purpose: str
    keys: tuple[str, ...]
    ends: str
    found: str
    removed: str


PLACES: Final = tuple(
    PersonPlace.model_validate(place)
    for place in tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))["place"]
)
#: What else lies there, and holds nobody's rows.
OTHERS: Final = ("keys/*.key", "home.json", "run.lock")


def unknown_files(restricted: Path) -> list[Path]:
    """Files that no list knows, so that nothing would ever remove them; in order."""
    known = {path for pattern in (*(place.files for place in PLACES), *OTHERS) for path in restricted.glob(pattern)}
    return sorted(path for path in restricted.rglob("*") if path.is_file() and path not in known)


def place_of(restricted: Path, path: Path) -> PersonPlace | None:
    """The place that a file belongs to; None: one that may hold nothing of anybody."""
    return next((place for place in PLACES if path in set(restricted.glob(place.files))), None)
