"""A figure: numbers that a page shows as a chart, as a table and as a download, in no language yet."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar

from catalogue.catalogue import axis_named
from portal.figures.region_labels import RegionLabel


@dataclass(frozen=True, slots=True, order=True)
class ValueSpan:
    """From a first to a last value, both included; `last` None means open."""

    first: int
    last: int | None
    columns: ClassVar[tuple[str, ...]] = ()

    @property
    def values(self) -> tuple[object, ...]:
        """As a download has them, one a column."""
        return (self.first, self.last)


class AgeSpan(ValueSpan):
    """Completed years."""

    columns: ClassVar[tuple[str, ...]] = ("age_group", "age_from", "age_to")

    @property
    def label(self) -> str:
        """As the marts write it: `18-24`, `65+`, `all`."""
        if self.last is None:
            return f"{self.first}+" if self.first else "all"
        return f"{self.first}-{self.last}"

    @property
    def values(self) -> tuple[object, ...]:
        """With the label."""
        return (self.label, self.first, self.last)


class HourSpan(ValueSpan):
    """Local hours of a session's start."""

    columns: ClassVar[tuple[str, ...]] = ("hour_from", "hour_to")

    @property
    def hours(self) -> int:
        """How many hours it is long."""
        return (self.last if self.last is not None else 23) - self.first + 1


class LengthSpan(ValueSpan):
    """Whole minutes elapsed."""

    columns: ClassVar[tuple[str, ...]] = ("minutes_from", "minutes_to")


@dataclass(frozen=True, slots=True, order=True)
class BandSpan(ValueSpan):
    """Whole numbers of an axis of the catalogue."""

    axis: str = ""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the marts that a language has its own for: `kind` is the column, such as `device_category`."""

    kind: str
    code: str


@dataclass(frozen=True, slots=True)
class Between:
    """The least and the most that a ratio can be, given the steps in which its counts are told."""

    low: float
    high: float


Value = int | float | str | date | ValueSpan | RegionLabel | Word | Between | None


@dataclass(frozen=True)
class Figure:
    """One figure of a dataset.

    `fields` name the values of `rows`. `measures`: of which a chart is drawn. `choices`: values of the first field
    among which a reader picks one. `marks`: what the chart draws where that is not the rows. `facts`: for the sentence
    that says what is to be seen.
    """

    name: str
    fields: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    measures: tuple[str, ...]
    facts: dict[str, Value] = field(default_factory=dict)
    choices: tuple[Value, ...] = ()
    marks: tuple[dict[str, Value], ...] = ()

    def column(self, name: str) -> list[Value]:
        """One field of all rows."""
        place = self.fields.index(name)
        return [row[place] for row in self.rows]

    def download(self) -> Iterator[tuple[object, ...]]:
        """The rows of the CSV file, the first with the columns' names: those of the marts."""
        names: list[str] = []
        for place, name in enumerate(self.fields):
            names += _columns_of(name, self.rows[0][place] if self.rows else None)
        yield tuple(names)
        for row in self.rows:
            yield tuple(value for cell in row for value in _values_of(cell))


def _columns_of(name: str, example: Value) -> tuple[str, ...]:
    if isinstance(example, BandSpan):
        return tuple(column.name for column in axis_named(example.axis).columns)
    if isinstance(example, ValueSpan):
        return example.columns
    if isinstance(example, Between):
        return (f"{name}_least", f"{name}_most")
    return ("region_code", "region_name") if isinstance(example, RegionLabel) else (name,)


def _values_of(value: Value) -> tuple[object, ...]:
    match value:
        case ValueSpan():
            return value.values
        case RegionLabel():
            return (value.codes, value.english)
        case Word():
            return (value.code,)
        case Between():
            return (round(value.low, 6), round(value.high, 6))
        case float():
            return (round(value, 6),)
    return (value,)
