"""Rows as an outsider reads them: whose persons, of which weeks, in which box, in which part, and what is told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from auditor.covered_regions import leaves_below
from auditor.form import AxisForm, Form, Points, Promise, Sum, TableForm
from auditor.read_tables import Table
from refusals.errors import InputRefused

#: What a row covers along one dimension; None: all there is.
PointSet = frozenset[Any] | None
#: Least and most; None: no bound.
Held = tuple[int, int | None]


@dataclass(frozen=True)
class OutsiderRow:
    """One published row. `box`: what it covers of each group of the form, in its order; `part`: of the form's axis."""

    place: str
    key: str
    form: TableForm
    population: str
    weeks: tuple[date, ...]
    box: tuple[PointSet, ...]
    part: PointSet
    persons: int | None
    values: Mapping[str, Any] = field(hash=False, compare=False)
    older: bool = False
    step: int | None = None

    def named(self, column: str) -> str:
        """How a finding names the row with one of its figures."""
        return f"{self.place} {self.form.name} {self.key} {column}={self.values[column]}"

    @property
    def said(self) -> tuple[Any, ...]:
        """All that it says, whatever file it stands in: a row with the same says nothing more."""
        sums = tuple((one.column, self.values[one.column]) for one in self.form.sums)
        kind = "" if self.part is None else self.form.axis
        return self.form.name, self.weeks, self.box, kind, self.part, self.persons, sums


def told_rows(tables: list[Table], form: Form) -> list[OutsiderRow]:
    """Every row once, in the order of the tables.

    Raises:
        InputRefused: a row covers what the form does not allow.
    """
    known: dict[tuple[Any, ...], OutsiderRow] = {}
    for table in tables:
        if not table.form.percent:
            for row in _rows(table, form, tables):
                known.setdefault(row.said, row)
    return list(known.values())


def _rows(table: Table, form: Form, tables: list[Table]) -> Iterator[OutsiderRow]:
    said = table.form
    axis = form.axis.get(said.axis)
    for row in table.rows:
        weeks = _weeks(row, table, tables)
        box = tuple(
            covered(points, row, table.place) if name in said.groups else None for name, points in form.group.items()
        )
        part = covered(axis, row, table.place) if axis else None
        persons = row[said.persons] if said.persons else None
        yield OutsiderRow(
            table.place, _key(row, said, form), said, said.population, weeks, box, part, persons, row,
            any(week in table.older for week in weeks), table.step,
        )  # fmt: skip


def _key(row: Mapping[str, Any], said: TableForm, form: Form) -> str:
    points = [form.group[name] for name in said.groups] + ([form.axis[said.axis]] if said.axis else [])
    shown = [str(row[said.period])]
    for one in points:
        if one.members:
            shown.append(
                str(row.get("region_code") or f"{len(row.get(one.members) or str(row.get(one.covers)).split())} points")
            )
        if one.word:
            shown.append(str(row[one.word]))
        if one.from_:
            shown.append(f"{row[one.from_]}-{'' if row[one.to] is None else row[one.to]}")
    return " ".join(shown)


def _weeks(row: Mapping[str, Any], table: Table, tables: list[Table]) -> tuple[date, ...]:
    if table.form.period == "week_start":
        return (row["week_start"],)
    if table.weeks:
        return table.weeks
    mondays = mondays_of_quarter(str(row["quarter"]), table.place)
    told = {one["week_start"] for other in tables if other.form.period == "week_start" for one in other.rows}
    among = tuple(week for week in mondays if week in told)
    return among if len(among) == row.get("weeks") else mondays


def mondays_of_quarter(label: str, place: str) -> tuple[date, ...]:
    """Of the weeks whose Thursday is in a quarter such as 2026-Q3.

    Raises:
        InputRefused: it is no quarter.
    """
    year, _, number = label.partition("-Q")
    if not (year.isdigit() and number in {"1", "2", "3", "4"}):
        raise InputRefused(f"{place}: a quarter is told as 2026-Q3")
    first, months = date(int(year), 3 * int(number) - 2, 1), 3 * int(number)
    day = first + timedelta((3 - first.weekday()) % 7)
    thursdays = [day + timedelta(7 * n) for n in range(15)]
    return tuple(one - timedelta(3) for one in thursdays if one.year == first.year and one.month <= months)


def covered(points: Points, row: Mapping[str, Any], place: str) -> PointSet:
    """The points that a row covers; None: all of them.

    Raises:
        InputRefused: there are none, or some that the form does not know.
    """
    if points.members:
        found = row.get(points.members)
        if found is None:
            found = leaves_below(str(row.get(points.covers) or ""), place)
        if not found:
            raise InputRefused(f"{place}: {points.members} is empty in a row")
        return frozenset(found)
    word = row[points.word] if points.word else points.whole
    words = () if word == points.whole else tuple(str(word).split(" + "))
    if not points.from_:
        return frozenset(words) or None
    least, most = row[points.from_], row[points.to]
    most = points.last if most is None else most
    if least is None or not points.first <= least <= most <= points.last:
        raise InputRefused(
            f"{place}: {points.from_} to {points.to} is no interval from {points.first} to {points.last}"
        )
    return _stretch(points.first, points.last, least, most, words, points.words)


@lru_cache(maxsize=4096)
def _stretch(  # noqa: PLR0917
    first: int, last: int, least: int, most: int, words: tuple[str, ...], all_words: tuple[str, ...]
) -> PointSet:
    if (least, most) == (first, last) and (not words or set(words) == set(all_words)):
        return None
    if not all_words:
        return frozenset(range(least, most + 1))
    return frozenset((word, number) for word in words or all_words for number in range(least, most + 1))


def whole_of(axis: AxisForm) -> frozenset[Any]:
    """Every point of an axis that has an order."""
    numbers = range(axis.first, axis.last + 1)
    return frozenset((word, n) for word in axis.words for n in numbers) if axis.words else frozenset(numbers)


def held(row: OutsiderRow, told: Sum, promise: Promise) -> Held:
    """What a row leaves open of a sum: its step, or the value where it is none."""
    value = int(row.values[told.column])
    if told.told == "least":
        return value, None
    if told.told == "most":
        return 0, value
    floor = (row.persons or 0) if told.told == "above persons" else 0
    step = row.step or promise.step
    middle = (step - 1) // 2
    if value >= floor and (value - floor) % step == middle:
        return value - middle, value - middle + step - 1
    return value, value
