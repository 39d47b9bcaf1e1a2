"""The spec of `cmn anonymise` (contract section 7): which columns are what, and what must hold."""

import tomllib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from refusals.errors import UsageError
from refusals.mistakes import all_mistakes

ColumnName = Annotated[str, Field(min_length=1)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Privacy(_Section):
    """What every published class keeps, and what becomes of the columns that are no quasi-identifier."""

    k: Annotated[int, Field(ge=2)]
    l: Annotated[int | None, Field(ge=2)] = None  # noqa: E741 - the field's name
    t: Annotated[float | None, Field(ge=0, le=1)] = None
    person: ColumnName | None = None
    sensitive: ColumnName | None = None
    dominance_p: Annotated[float | None, Field(gt=0, le=100)] = None
    measure: ColumnName | None = None
    suppression_limit: Annotated[float, Field(ge=0, lt=1)] = 0.0
    keep: list[ColumnName] = []
    drop: list[ColumnName] = []
    recoding: Literal["local", "full_domain"] = "local"
    objective: Literal["gcp", "non_uniform_entropy"] = "gcp"

    @model_validator(mode="after")
    def _has_what_its_rules_need(self) -> "Privacy":
        if (self.l is not None or self.t is not None) and self.sensitive is None:
            raise ValueError("`l` and `t` need `sensitive`, the column they protect")
        if self.dominance_p is not None and self.measure is None:
            raise ValueError("`dominance_p` needs `measure`, the column of amounts")
        if self.person is not None and self.person == self.measure:
            raise ValueError("`person` tells whose a record is; it cannot be the `measure` too")
        return self


class QuasiIdentifier(_Section):
    """A column that is generalised, and the file of its hierarchy (relative to the spec).

    `missing` is the leaf that stands for an empty value; one that the hierarchy does not have is added at its end,
    directly under the top. Without it an empty value is refused.
    """

    name: ColumnName
    kind: Literal["ordinal", "categorical"]
    hierarchy: ColumnName
    missing: ColumnName | None = None


class Spec(_Section):
    """The whole spec."""

    privacy: Privacy
    quasi_identifier: Annotated[list[QuasiIdentifier], Field(min_length=1)]

    @model_validator(mode="after")
    def _names_each_column_once(self) -> "Spec":
        named = [*self.names, *self.privacy.keep, *self.privacy.drop]
        named += filter(None, [self.privacy.sensitive, self.privacy.person])
        twice = [name for name, times in Counter(named).items() if times > 1]
        if twice:
            raise ValueError(
                f"column {_quoted(twice)} is named twice: it is one of quasi-identifier, sensitive, person, keep, drop"
            )
        return self

    @property
    def names(self) -> list[str]:
        """The quasi-identifiers' columns."""
        return [identifier.name for identifier in self.quasi_identifier]

    def check_columns(self, columns: list[str], file: Path) -> None:
        """Whether the table has the columns that are named, and no others.

        Raises:
            UsageError: a named column is missing, or a column of the table is not named.
        """
        privacy = self.privacy
        wanted = [*self.names, *privacy.keep, *privacy.drop, *filter(None, [privacy.sensitive, privacy.person])]
        needed = dict.fromkeys([*wanted, *filter(None, [privacy.measure])])
        absent = [name for name in needed if name not in columns]
        unnamed = [name for name in columns if name not in wanted]
        mistakes = []
        if absent:
            mistakes.append(f"has no column {_quoted(absent)}, which the spec names")
        if unnamed:
            mistakes.append(
                f"column {_quoted(unnamed)} is neither a quasi-identifier nor `sensitive` nor `person`: name it in"
                " `keep` (published as it is) or in `drop`"
            )
        if mistakes:
            raise UsageError(f"{file.name} " + "; ".join(mistakes))


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in names)


def load_spec(path: Path, k: int | None) -> Spec:
    """Reads a spec; `k`, where given, stands in for the spec's.

    Raises:
        UsageError: the file is missing or not TOML, or a setting is unknown, missing or out of range (by its name).
    """
    if path.exists() and not path.is_file():
        raise UsageError(f"--spec {path} is no file: name a TOML file")
    try:
        settings: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"spec {path}: cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise UsageError(f"spec {path} is not a TOML file") from None
    if k is not None and isinstance(settings.get("privacy", {}), dict):
        settings.setdefault("privacy", {})["k"] = k
    try:
        return Spec.model_validate(settings)
    except ValidationError as error:
        raise UsageError(f"spec {path.name}: {all_mistakes(error)}") from None
