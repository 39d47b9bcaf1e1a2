"""The search itself: every file below a home, the source's landing aside, for whatever says who somebody is."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import numpy as np
import pyarrow as pa

from home.layout import Home
from home.register.register_tables import add_functions
from rights.verification.containers import WHOLE, Piece, Unreadable, parts_of_content, parts_of_file
from rights.verification.encodings import is_short, needles_of_identifier, needles_of_pseudonym
from rights.verification.haystack import Needles
from rights.verification.words import ShortIds


@dataclass(frozen=True, slots=True, order=True)
class Trace:
    """Where something of the person is: the file from the home's folder, how it was reached, how it is written.

    `of`: `identifier`, `pseudonym`; or `unreadable`, of a container in which nobody can look. Never the value.
    """

    place: str
    layer: str
    encoding: str
    of: str

    def __str__(self) -> str:
        """In a line."""
        if self.of == "unreadable":
            return f"{self.place}: {self.encoding}, so nobody can say what is in it"
        return f"{self.place} ({self.layer}): an {self.of} as {self.encoding}".replace("an pseud", "a pseud")


@dataclass(frozen=True, slots=True)
class Sought:
    """Who is looked for: identifiers as the sources spell them, and the pseudonyms made of them."""

    identifiers: tuple[str, ...]
    pseudonyms: tuple[UUID, ...] = ()

    @property
    def short(self) -> tuple[str, ...]:
        """Those looked for as whole values and words."""
        return tuple(one for one in self.identifiers if is_short(one))

    @property
    def long(self) -> tuple[str, ...]:
        """Those looked for as bytes, in every encoding."""
        return tuple(one for one in self.identifiers if not is_short(one))


class Search:
    """A search for one person; the same one can go over several folders."""

    def __init__(self, home: Home, sought: Sought, *, passed_over: Iterable[Path] = ()) -> None:
        self._home = home
        self._needles = Needles(
            [needle for one in sought.long for needle in needles_of_identifier(one)]
            + [needle for one in sought.pseudonyms for needle in needles_of_pseudonym(one)]
        )
        self._words = ShortIds(sought.short)
        self._identifiers = sought.identifiers
        self._passed_over = {home.landing.absolute(), *(path.absolute() for path in passed_over)}
        self._public = tuple(path.absolute() for path in (home.cells, home.marts.parent, home.releases, home.portal))

    def under(self, folder: Path) -> list[Trace]:
        """What is found in the files below a folder, and in their names; each once, in order."""
        return sorted({finding for path in self._files(folder) for finding in self.of_file(path)})

    def of_file(self, path: Path) -> Iterator[Trace]:
        """What is found in one file and its name."""
        place = self._shown(path)
        if self._is_named(path):
            yield Trace(place, "its name", "UTF-8", "identifier")
        is_register = path.absolute() == self._home.register.absolute()
        try:
            parts = (
                parts_of_content(without_open_requests(path.read_bytes()))
                if is_register
                else parts_of_file(path, self._needles.longest)
            )
            for part in parts:
                yield from self._of_part(path, place, part)
        except Unreadable as error:
            yield Trace(place, "", str(error), "unreadable")
        except FileNotFoundError:
            return  # gone since: a file that was being written
        except OSError as error:
            yield Trace(place, "", f"cannot be read ({error.strerror})", "unreadable")

    def is_in(self, name: str, value: object) -> bool:
        """Whether something is found in one value of a field."""
        content = value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
        return any(
            found
            for part in parts_of_content(content)
            for found in self._of_part(
                self._home.restricted, name, part if part.layer != WHOLE else _one_value(name, part.content)
            )
        )

    def _of_part(self, path: Path, place: str, part: Piece) -> Iterator[Trace]:
        layer = f"{part.layer} {part.name}".strip()
        for needle in self._needles.find(part.content, part.ends):
            yield Trace(place, layer, needle.encoding, needle.of)
        if not self._words:
            return
        is_public = any(path.absolute().is_relative_to(folder) for folder in self._public)
        if part.ends is not None:
            starts = np.concatenate([[0], part.ends]).astype(np.int64)
            values = pa.LargeBinaryArray.from_buffers(
                pa.large_binary(), len(part.ends), [None, pa.py_buffer(starts), pa.py_buffer(part.content)]
            )
            for encoding in self._words.in_field(part.name, values, is_public=is_public):
                yield Trace(place, layer, encoding, "identifier")
        if part.is_text:
            for text, suffix in _texts(part.content):
                for encoding in self._words.in_text(text, is_public=is_public):
                    yield Trace(place, layer, encoding + suffix, "identifier")

    def _files(self, folder: Path) -> Iterator[Path]:
        """Every file, links aside: what a link leads to is another place, or counted where it lies."""
        try:
            entries = sorted(folder.iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return
        for entry in entries:
            if entry.is_symlink() or entry.absolute() in self._passed_over:
                continue
            if entry.is_dir():
                yield from self._files(entry)
            elif entry.is_file():
                yield entry

    def _is_named(self, path: Path) -> bool:
        names = path.relative_to(self._home.root).parts
        return any(
            one in names or Path(name).stem == one or (not is_short(one) and one in name)
            for one in self._identifiers
            for name in names
        )

    def _shown(self, path: Path) -> str:
        """The path from the home's folder, the identifier in it replaced."""
        shown = path.relative_to(self._home.root).as_posix()
        for one in self._identifiers:
            if self._is_named(path):
                shown = shown.replace(one, "…")
        return shown


def _one_value(name: str, content: bytes) -> Piece:
    return Piece("a value of", content, name, np.array([len(content)], dtype=np.int64), is_text=True)


def without_open_requests(register: bytes) -> bytes:
    """The register's bytes as they would be without what its open requests may say: whom they are about, and notes.

    A register that cannot be read is searched as it is.
    """
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        try:
            db.deserialize(register)
            add_functions(db)
            db.execute("pragma trusted_schema = on")
            db.execute("pragma secure_delete = on")
            db.execute("update requests set user_id = null, note = null, browsers = null where answered_at is null")
            return db.serialize()
        except sqlite3.Error:
            return register


def _texts(content: bytes) -> Iterator[tuple[str, str]]:
    """A text's readings: UTF-8, and UTF-16 where every second byte or so is zero."""
    yield content.decode("utf-8", "replace"), ""
    if content.count(0) * 4 > len(content):
        for order in ("le", "be"):
            yield content.decode(f"utf-16-{order}", "replace"), ", in UTF-16"
