"""An axis along which a side mart divides unions of its core mart's cells."""

from typing import Literal

from pydantic import Field

from catalogue.column import UNSAID, Column, Said, Words


class Axis(Said):
    """Positions in order, of which neighbours may be told together.

    `name`: of the positions in `int_app__axis_positions`. `divides`: unions of regions, or of age groups. `kind`: how
    a part is told, in `columns`: hours of the day by kind of day; bands (first and last whole number, null: open) or
    words (one, or several joined by ` + `), both policy's (`policy/axes.toml`).
    `visits`: what its bands say of each person's sessions: their number, the least there were, or nothing; the audit's.
    `begins`, of bands: where the first one begins, since nothing lies below it.
    `overlap`: why one person can be in several parts of a union; empty: nobody can, so that users add up.
    `yields`: gives way, in the audit of all side marts together, to those that do not.
    `by`: what it divides by, in a sentence. `written`, of bands: one, several, open and all together, of {first} and
    {last}.
    """

    name: str
    divides: Literal["region", "age"]
    kind: Literal["hours", "bands", "words"]
    columns: tuple[Column, ...]
    by: Words
    begins: int = 0
    overlap: Words = UNSAID
    tells_sessions: bool = True
    visits: Literal["nothing", "number", "least"] = "nothing"
    yields: bool = False
    title: Words = UNSAID
    written: tuple[Words, Words, Words, Words] | None = None
    words: dict[str, Words] = Field(default_factory=dict)

    @property
    def overlaps(self) -> bool:
        """Whether one person can be in several parts of a union."""
        return bool(self.overlap.en)
