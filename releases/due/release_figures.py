"""Marts and releases as an attacker writes them down: every row a figure over the frozen cells of its weeks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pyarrow as pa

from anonymisation.audit.atoms import MEASURE, PERSONS, Atom, AtomCounts, PublishedFigure
from catalogue.catalogue import RELEASABLE, SIDES
from freezing.cell_rows import SCHEMAS
from refusals.errors import PublicationRefused
from releases.due.cell_boxes import Boxes, CellBox, covered
from releases.due.frozen_cells import FrozenCells

#: Columns that are sums over whole cells, by the measure's name in the audit.
MEASURES = {"users": PERSONS, "person_weeks": PERSONS, "minutes": MEASURE}
SUMS = ("sessions", "engaged_sessions", "views")  # those that the mart has; an older release may tell more


@dataclass
class Told:
    """Figures, and what is true of the atoms that they are about. Two figures are the same if they say the same."""

    truth: dict[Atom, AtomCounts] = field(default_factory=dict)
    figures: list[PublishedFigure] = field(default_factory=list)


class FiguresOfMart:
    """The figures of one mart: what it tells itself of some weeks, and what releases made of it.

    An atom is a frozen row: a core cell, or a part of a side mart (which no other figure divides or crosses, and which
    its week's audit at the freeze has taken together with the cells). What is known of the largest contributions in it
    is not published: that each is undominated was settled at the freeze, and the union of two such cells is too.
    """

    def __init__(self, mart: str, frozen: FrozenCells, weeks: Iterable[date]) -> None:
        self.mart = mart
        self._told = {name: name for name in SUMS if name in SCHEMAS[mart].names} | MEASURES
        self._boxes = Boxes()
        self._cells: dict[date, list[CellBox]] = {}
        self._atoms: dict[date, list[Atom]] = {}
        self._side_atoms: dict[tuple[Any, ...], Atom] = {}
        self.marts = Told()
        for week in weeks:
            self._take(week, frozen.rows(mart, week).to_pylist())

    def _take(self, week: date, rows: list[dict[str, Any]]) -> None:
        self._cells[week] = [self._boxes.of(row) for row in rows] if RELEASABLE[self.mart].kind == "core" else []
        self._atoms[week] = []
        for row in rows:
            atom = (f"{self.mart} {week}", *_key(row))
            self._atoms[week].append(atom)
            self.marts.truth[atom] = self._counts(row)
            self.marts.figures.append(PublishedFigure(f"mart {' '.join(atom)}", {atom: 1}, self._values(row)))
            self._side_atoms[(week, *_whole_key(row))] = atom

    def of_release(self, name: str, tables: Mapping[str, pa.Table], weeks: Iterable[date]) -> Told:
        """The figures of a release. Of a week that is not frozen any more, its own rows are the atoms.

        Raises:
            PublicationRefused: a row is no sum of whole frozen rows; it is named.
        """
        told = Told()
        held = sorted(weeks)
        gone = [week for week in held if week not in self._atoms]
        atoms_gone = self._rows_of_weeks_gone(name, tables, gone, told)
        for table in tables.values():
            for row in table.to_pylist():
                week = row.get("week_start")
                if week in gone:
                    continue
                figure = f"{name}: {', '.join(_key(row))}"
                covers = [
                    self._atoms_of(figure, row, one) for one in held if one in self._atoms and week in (None, one)
                ]
                atoms = {atom for inside in covers for atom in inside}
                if week is None:
                    atoms |= atoms_gone.get(_whole_key(row), set())
                told.figures.append(PublishedFigure(figure, dict.fromkeys(sorted(atoms), 1), self._values(row)))
        return told

    def _rows_of_weeks_gone(
        self, name: str, tables: Mapping[str, pa.Table], gone: list[date], told: Told
    ) -> dict[tuple[Any, ...], set[Atom]]:
        atoms: dict[tuple[Any, ...], set[Atom]] = {}
        if not gone:
            return atoms
        for row in tables.get("weeks", tables["data"]).to_pylist():
            if row["week_start"] in gone:
                atom = (f"{self.mart} {row['week_start']}", f"as in {name}", *_key(row))
                told.truth[atom] = self._counts(row)
                told.figures.append(PublishedFigure(" ".join(atom), {atom: 1}, self._values(row)))
                atoms.setdefault(_whole_key(row), set()).add(atom)
        return atoms

    def _atoms_of(self, figure: str, row: Mapping[str, Any], week: date) -> list[Atom]:
        if RELEASABLE[self.mart].kind != "core":
            if (week, *_whole_key(row)) not in self._side_atoms:
                raise PublicationRefused(f"audit: {figure} is no row of the frozen {self.mart}: nothing was published")
            return [self._side_atoms[week, *_whole_key(row)]]
        found = covered(self._boxes.of(row), self._cells[week])
        if found.cut:
            named = " ".join(self._atoms[week][found.cut[0]])
            raise PublicationRefused(f"audit: {figure} cuts the frozen cell {named}: nothing was published")
        return [self._atoms[week][number] for number in found.whole]

    def _counts(self, row: Mapping[str, Any]) -> AtomCounts:
        values = {measure: low for measure, (low, _) in self._values(row).items()}
        return AtomCounts(values.pop(PERSONS), values.pop(MEASURE, 0), sums=values)

    def _values(self, row: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
        """Minutes are what was published, rounded already: sums of cells are sums of these."""
        return {measure: (row[name], row[name]) for name, measure in self._told.items() if name in row}


def _key(row: Mapping[str, Any]) -> tuple[str, ...]:
    """What a row is about, for people to read."""
    parts = [str(row[name]) for name in ("week_start", "region_code", "age_group", "device_category") if row.get(name)]
    told = [str("" if row[name] is None else row[name]) for name in _OF_AXES if name in row]
    return (*parts, " ".join(told)) if told else tuple(parts)


def _whole_key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """All that a row is about, its week aside: two rows with one key are about the same."""
    names = ("age_from", "age_to", "device_category", *_OF_AXES)
    return tuple(row.get("region_members") or ()), *(row.get(name) for name in names)


#: What tells the parts of side marts apart.
_OF_AXES = tuple(column.name for mart in SIDES if mart.axis for column in mart.axis.columns)
