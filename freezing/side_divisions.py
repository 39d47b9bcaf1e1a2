"""The side marts of a week: the finest divisions that the audit lets pass."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from anonymisation.audit.count_step import CountStep
from anonymisation.audit.published_figures import Interval
from anonymisation.cells.disclosure import Rules
from anonymisation.cells.leaf_cell import Cell, LeafCell
from anonymisation.cells.unions import Union, finest_unions
from anonymisation.hierarchies.hierarchy import Group
from anonymisation.sides.axis_counts import AxisCounts, sum_of_units
from anonymisation.sides.person_slots import Division
from anonymisation.sides.side_audit import SideMarts, to_tell_undivided
from anonymisation.sides.side_division import (
    HOURS,
    WEEKDAY,
    WEEKEND,
    WHOLE_WEEK,
    HourPart,
    Part,
    divide,
    divide_by_hour,
)
from anonymisation.sides.week_total import week_total
from freezing.cell_rows import minutes_of
from freezing.leaf_tables import axis_counts
from freezing.side_slots import side_slots
from freezing.told_parts import told_parts

FIRST_POSITIONS = {WHOLE_WEEK: (0, HOURS), WEEKDAY: (0,), WEEKEND: (HOURS,)}


@dataclass(frozen=True)
class SideDivisions:
    """Each union's group, and the parts that it is told in, their sessions as they may be written.

    `sessions`: the least and the most that the week as a whole is told to have had.
    """

    hours: list[tuple[Group, list[HourPart]]]
    lengths: list[tuple[Group, list[Part]]]
    sessions: Interval


def side_divisions(  # noqa: PLR0917
    con: duckdb.DuckDBPyConnection,
    week: date,
    leaves: Sequence[LeafCell],
    cells: Sequence[Cell],
    rules: Rules,
    step: CountStep,
) -> SideDivisions:
    """Divides the finest unions of the week's cells; what the audit does not let pass is told undivided.

    Raises:
        PublicationRefused: a union is not safe itself.
    """
    by_day_type, by_hour, by_length = (axis_counts(con, axis, week) for axis in ("hour_by_day_type", "hour", "length"))
    regions, ages = finest_unions(cells, 0), finest_unions(cells, 1)
    hours = [(union.group, divide_by_hour(_of(union, by_day_type), _of(union, by_hour), rules)) for union in regions]
    lengths = [(union.group, divide(_of(union, by_length), rules)) for union in ages]
    number_of = {id(cell): number for number, cell in enumerate(cells)}
    hour_divisions = [
        _division(
            f"usage_by_hour_week {week}", union, [_hours(part) for part in parts], number_of, ((0, None),) * len(parts)
        )
        for union, (_, parts) in zip(regions, hours, strict=True)
    ]
    length_divisions = [
        _division(
            f"session_length_by_age_week {week}",
            union,
            [f"length {p.first}-{p.last}" for p in parts],
            number_of,
            tuple(minutes_of(p) for p in parts),
        )
        for union, (_, parts) in zip(ages, lengths, strict=True)
    ]
    slots = side_slots(
        con,
        week,
        leaves,
        cells,
        [(group, [_positions(part) for part in parts]) for group, parts in hours],
        [(group, [frozenset(range(part.first, part.last + 1)) for part in parts]) for group, parts in lengths],
    )
    names = [f"usage_by_region_age_week {week}: {', '.join(group.label for group in cell.groups)}" for cell in cells]
    marts = SideMarts(cells, names, hour_divisions, length_divisions, slots, step)
    undivided = to_tell_undivided(marts, rules)
    return SideDivisions(
        [
            (
                group,
                told_parts(
                    parts if division.name not in undivided else [_whole_week(_of(union, by_hour))], union.cells, step
                ),
            )
            for union, division, (group, parts) in zip(regions, hour_divisions, hours, strict=True)
        ],
        [
            (
                group,
                told_parts(
                    parts if division.name not in undivided else [_all_lengths(_of(union, by_length))],
                    union.cells,
                    step,
                ),
            )
            for union, division, (group, parts) in zip(ages, length_divisions, lengths, strict=True)
        ],
        week_total(marts, undivided, rules),
    )


def _of(union: Union, by_unit: dict[str, AxisCounts]) -> AxisCounts:
    return sum_of_units([by_unit[unit] for unit in union.group.leaves if unit in by_unit])


def _division(
    mart: str,
    union: Union,
    parts: Sequence[str],
    number_of: dict[int, int],
    minutes: tuple[tuple[int, int | None], ...],
) -> Division:
    name = f"{mart}: {union.group.label}"
    cells = tuple(sorted(number_of[id(cell)] for cell in union.cells))
    return Division(name, cells, tuple(f"{name}, {part}" for part in parts), minutes)


def _hours(part: HourPart) -> str:
    return f"{part.day_type} {part.hour_from}-{part.hour_to}"


def _positions(part: HourPart) -> frozenset[int]:
    return frozenset(
        first + hour for first in FIRST_POSITIONS[part.day_type] for hour in range(part.hour_from, part.hour_to + 1)
    )


def _whole_week(counts: AxisCounts) -> HourPart:
    return HourPart(WHOLE_WEEK, 0, HOURS - 1, counts.persons, sum(counts.sessions), sum(counts.measure))


def _all_lengths(counts: AxisCounts) -> Part:
    return Part(0, len(counts.sessions) - 1, counts.persons, sum(counts.sessions), sum(counts.measure))
