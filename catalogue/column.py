"""A published column: what it holds, in which type and unit, told in the languages of its readers."""

from pydantic import BaseModel, ConfigDict


class Said(BaseModel):
    """What the catalogue says: typed, frozen, nothing besides."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Words(Said):
    """The same in English and in Dutch."""

    en: str
    nl: str

    def of(self, language: str) -> str:
        """In one of the two: `en` or `nl`."""
        return self.nl if language == "nl" else self.en


UNSAID = Words(en="", nl="")


class Limits(Said):
    """What a column may hold: ends included; `pattern` matches the whole text; `least_is_k`: no value is below k.

    `is_a_bound`: where a band of its axis begins or ends, which the policy says (`policy/axes.toml`).
    """

    required: bool = True
    minimum: int | None = None
    maximum: int | None = None
    pattern: str | None = None
    values: tuple[str | int, ...] | None = None
    least_is_k: bool = False
    is_a_bound: bool = False


class Column(Said):
    """`type` is DuckDB's. `{step}` in the words stands for the step in which a week tells its counts.

    `limits`: what it may hold in a release; None: what it may hold has not been thought about, and it is in none.
    `personal_data`: its class, as dbt_project/models/personal_data.md explains.
    """

    name: str
    type: str
    meaning: Words
    unit: Words
    note: Words = UNSAID
    limits: Limits | None = None
    personal_data: str = "anonymous"

    def comment(self, language: str, step: int) -> str:
        """What the marts say of it: its meaning, its unit, and a note."""
        word = {"en": "Unit", "nl": "Eenheid"}[language]
        told = f"{self.meaning.of(language)} {word}, {self.unit.of(language)}. {self.note.of(language)}"
        return told.strip().replace("{step}", str(step))
