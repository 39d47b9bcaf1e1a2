"""The side marts of a week: the finest divisions that the audit lets pass."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from anonymisation.audit.atoms import Interval
from anonymisation.cells.leaf_cell import Cell
from anonymisation.cells.unions import Union, finest_unions
from anonymisation.hierarchies.hierarchy import Group
from anonymisation.sides.axis_counts import AxisCounts, sum_of_units
from anonymisation.sides.person_slots import Division
from anonymisation.sides.side_audit import Side, SideMarts
from anonymisation.sides.side_choice import choose_sides
from catalogue.axis import Axis
from catalogue.catalogue import SIDES, core_of
from catalogue.mart import Mart
from freezing.leaf_tables import axis_counts
from freezing.side_parts import ToldPart, axes_counted, divided, whole
from freezing.side_slots import side_slots
from freezing.source_week import CountedWeek
from freezing.told_parts import told_parts

#: A union's group, and the parts that it is told in.
Divided = tuple[Group, Sequence[ToldPart]]


@dataclass(frozen=True)
class SideDivisions:
    """By side mart, its unions and their parts, their sessions as they may be written.

    `sessions`: the least and the most that the week as a whole is told to have had.
    """

    of_mart: Mapping[str, Sequence[Divided]]
    sessions: Interval


@dataclass(frozen=True)
class _DividedSide:
    """One side mart, its unions with what the warehouse counts of each, and the finest parts of each by itself."""

    mart: Mart
    axis: Axis
    unions: Sequence[Union]
    counts: Sequence[Mapping[str, AxisCounts]]
    parts: Sequence[Sequence[ToldPart]]


def side_divisions(counted: CountedWeek, cells: Sequence[Cell]) -> SideDivisions:
    """Divides the finest unions of the week's cells; what the audit does not let pass is not divided.

    Raises:
        PublicationRefused: a union is not safe itself.
    """
    week, axes, step = counted.week, counted.policy.axes, counted.step
    sides = [_divided_side(counted, mart, mart.axis, cells) for mart in SIDES if mart.axis]
    slots = side_slots(counted.con, week, counted.leaves, cells, [(one.axis, _groups(one)) for one in sides])
    names = [f"{core_of('app').name} {week}: {', '.join(group.label for group in cell.groups)}" for cell in cells]
    number_of = {id(cell): number for number, cell in enumerate(cells)}
    audited = [Side(_divisions(one, week, number_of), one.axis.tells_sessions, one.axis.yields) for one in sides]
    choice = choose_sides(SideMarts(cells, names, audited, slots, step), counted.rules)
    return SideDivisions(
        {
            one.mart.name: [
                (
                    union.group,
                    told_parts(
                        [whole(one.axis, counts, axes)] if division.name in choice.not_divided else parts,
                        union.cells,
                        step,
                    ),
                )
                for union, counts, parts, division in zip(
                    one.unions, one.counts, one.parts, side.divisions, strict=True
                )
            ]
            for one, side in zip(sides, audited, strict=True)
        },
        choice.sessions,
    )


def _divided_side(counted: CountedWeek, mart: Mart, axis: Axis, cells: Sequence[Cell]) -> _DividedSide:
    axes = counted.policy.axes
    positions = None if axis.kind == "hours" else axes[axis.name].positions
    by_unit = {name: axis_counts(counted.con, name, positions, counted.week) for name in axes_counted(axis)}
    unions = finest_unions(cells, 0 if axis.divides == "region" else 1)
    counts = [{name: _of(union, units) for name, units in by_unit.items()} for union in unions]
    return _DividedSide(mart, axis, unions, counts, [divided(axis, one, axes, counted.rules) for one in counts])


def _of(union: Union, by_unit: Mapping[str, AxisCounts]) -> AxisCounts:
    return sum_of_units([by_unit[unit] for unit in union.group.leaves if unit in by_unit])


def _groups(side: _DividedSide) -> list[tuple[Group, Sequence[frozenset[int]]]]:
    unions = zip(side.unions, side.parts, strict=True)
    return [(union.group, [part.positions for part in parts]) for union, parts in unions]


def _divisions(side: _DividedSide, week: date, number_of: Mapping[int, int]) -> list[Division]:
    found = []
    for union, parts in zip(side.unions, side.parts, strict=True):
        name = f"{side.mart.name} {week}: {union.group.label}"
        cells = tuple(sorted(number_of[id(cell)] for cell in union.cells))
        bands = tuple(part.band for part in parts) if side.axis.kind == "bands" else ()
        minutes = bands if side.axis.tells_sessions else ()
        visits = {"number": bands, "least": tuple((least, None) for least, _ in bands)}.get(side.axis.visits, ())
        if side.axis.kind == "hours":
            minutes = ((0, None),) * len(parts)
        found.append(Division(name, cells, tuple(f"{name}, {part.name}" for part in parts), minutes, visits))
    return found
