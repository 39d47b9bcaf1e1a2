"""A mart: a table that analysts open, and of which a dataset may be made."""

from typing import Literal

from catalogue.axis import Axis
from catalogue.column import Column, Said, Words

MartKind = Literal["core", "side", "union", "total", "reported", "coverage", "compared", "quality", "dimension"]


class Mart(Said):
    """`kind`: the core cells of a source; a side mart, which divides unions of them along an axis; unions of them told
    whole; the total of a week; rows of a foreign service's reports; what consent let in; sources beside one another;
    how much detail cells keep; what explains codes.

    `place`: where it stands among the marts, and a side mart in the audit of all of them together.
    `source`: whose records it counts; empty: every source's, or none's. `key`: the columns that name a row, in which
    order rows stand. `about` and `rows` are its comment. `has_quarters`: its cells can be summed to quarters.
    """

    name: str
    kind: MartKind
    place: int
    source: str = ""
    key: tuple[str, ...]
    about: Words
    rows: Words
    columns: tuple[Column, ...]
    axis: Axis | None = None
    has_quarters: bool = False

    @property
    def is_frozen(self) -> bool:
        """Whether it is made of frozen files of its own, a file a week."""
        return self.kind not in {"compared", "quality", "dimension"}

    @property
    def can_be_released(self) -> bool:
        """Whether a dataset can be made of it."""
        return self.kind in {"core", "side", "union"}

    def comment(self, language: str) -> str:
        """What the marts say of it: what it tells, and what a row is."""
        word = {"en": "Unit", "nl": "Eenheid"}[language]
        return f"{self.about.of(language)} {word}, {self.rows.of(language)}."

    def column(self, name: str) -> Column:
        """One of its columns."""
        return next(column for column in self.columns if column.name == name)
