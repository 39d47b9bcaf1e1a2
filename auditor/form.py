"""The form of published tables: which columns are counts of persons, sums and groups, and how sums are told."""

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from refusals.errors import UsageError
from refusals.mistakes import all_mistakes

SHIPPED = Path(__file__).with_name("form.toml")

HowTold = Literal["above persons", "in steps", "as cells", "rounded", "least", "most"]


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Promise(_Said):
    """What was promised: `k` persons a set, `dominance_p` percent, counts in steps of `step`."""

    k: int = Field(ge=2)
    dominance_p: int = Field(ge=0)
    step: int = Field(ge=1)


class Points(_Said):
    """A column, or two, that say which points of a dimension a row covers."""

    members: str = ""
    covers: str = ""
    from_: str = Field("", alias="from")
    to: str = ""
    first: int = 0
    last: int = 0
    word: str = ""
    words: tuple[str, ...] = ()
    whole: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """Those that a table must have; `members` and `covers` stand for each other."""
        return tuple(name for name in (self.from_, self.to, self.word) if name)


class AxisForm(Points):
    """What divides a set of persons; `each`: a person is in one part, or in several."""

    each: Literal["one", "several"]
    minutes_each: bool = False
    sessions_each: bool = False


class Sum(_Said):
    """A column that is a sum over persons."""

    column: str
    told: HowTold
    of: str = ""
    part_of: str = ""

    @property
    def measure(self) -> str:
        """What is counted."""
        return self.of or self.column


class TableForm(_Said):
    """One table; `period` is `week_start` (a Monday) or `quarter` (as 2026-Q3)."""

    name: str
    population: str
    period: str = "week_start"
    groups: tuple[str, ...] = ()
    axis: str = ""
    persons: str = ""
    sums: tuple[Sum, ...] = ()
    no_ends: tuple[str, ...] = ()
    everybody: bool = False
    percent: str = ""


class PopulationForm(_Said):
    """Whose persons: `at_least_one` names sums of which each person has one or more."""

    at_least_one: tuple[str, ...] = ()
    percent_of: str = ""


class Form(_Said):
    """All tables that the auditor can read."""

    group: dict[str, Points] = {}
    axis: dict[str, AxisForm] = {}
    table: tuple[TableForm, ...]
    population: dict[str, PopulationForm] = {}

    def needed(self, table: TableForm) -> set[str]:
        """The columns without which a table is not of this form."""
        points = [self.group[name] for name in table.groups] + ([self.axis[table.axis]] if table.axis else [])
        whose = table.population.removeprefix("column ") if table.population.startswith("column ") else ""
        named = [table.period, table.persons, table.percent, whose, *(one.column for one in table.sums)]
        return {name for name in [*named, *(name for one in points for name in one.columns)] if name}

    def of_columns(self, columns: set[str]) -> TableForm | None:
        """The table that has these columns: of several, the one with most of them."""
        fitting = [one for one in self.table if self.needed(one) <= columns and self._has_members(one, columns)]
        return max(fitting, key=lambda one: len(self.needed(one)), default=None)

    def _has_members(self, table: TableForm, columns: set[str]) -> bool:
        points = [self.group[name] for name in table.groups]
        return all({one.members, one.covers} & columns for one in points if one.members)


def read_form(path: Path = SHIPPED) -> Form:
    """The form that a file describes.

    Raises:
        UsageError: it cannot be read or describes no tables; the line names file and setting.
    """
    try:
        if path.exists() and not path.is_file():
            raise UsageError(f"{path}: is no file: name one that is written as auditor/form.toml is")
        said = tomllib.loads(path.read_text(encoding="utf-8"))
        form = Form.model_validate(said)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}): name a file that describes tables") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: is no TOML: write it as auditor/form.toml is") from error
    except ValidationError as error:
        raise UsageError(f"{path}: {all_mistakes(error)}") from error
    for table in form.table:
        unknown = [name for name in table.groups if name not in form.group]
        unknown += [table.axis] if table.axis and table.axis not in form.axis else []
        if unknown:
            raise UsageError(f"{path}: table {table.name!r} names {unknown[0]!r}, which no group or axis describes")
    return form
