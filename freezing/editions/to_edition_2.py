"""From edition 1 to edition 2: sessions and views, exact in the frozen cells, are told in steps.

What the freeze does with counts by the records, this does by the cells: each row in steps above its floor, a union that
is not divided as the sum of what its cells tell, and a division that would still tell of few who came again is given
up. The same cells and rules always give the same rows.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from anonymisation.audit.count_step import CountStep
from anonymisation.audit.repeat_visits import ToldRow, ToldUnion, told_row, unions_that_tell
from anonymisation.cells.disclosure import Rules
from anonymisation.sides.side_division import HOURS, WHOLE_WEEK
from freezing.cell_rows import cube_table
from freezing.editions.column_fates import FATES, Fate
from refusals.errors import PublicationRefused

CORE = "usage_by_region_age_week"
SIDES = ("usage_by_hour_week", "session_length_by_age_week")
EDITION = 2

Row = dict[str, Any]

#: What the one row of a union says that is not divided, beside the union and its figures.
_UNDIVIDED: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "usage_by_hour_week": {"day_type": WHOLE_WEEK, "hour_from": 0, "hour_to": HOURS - 1},
        "session_length_by_age_week": {"minutes_from": 0, "minutes_to": None},
    }
)


def to_edition_2(week: date, cubes: Mapping[str, pa.Table], rules: Rules, step: CountStep) -> dict[str, pa.Table]:
    """The cubes of one source's week as edition 2 tells them; `cubes` as edition 1 froze them.

    Raises:
        UsageError: a row of the app has fewer sessions than users.
    """
    told = {
        cube: [_in_steps(row, FATES[EDITION][cube], step) for row in table.to_pylist()]
        for cube, table in cubes.items()
        if cube in FATES[EDITION]
    }
    if CORE in told:
        exact = {cube: cubes[cube].to_pylist() for cube in (CORE, *SIDES) if cube in cubes}
        unions = [_Union(cube, rows, exact[CORE]) for cube in SIDES if cube in exact for rows in _by_union(exact[cube])]
        divided = _divided(exact[CORE], unions, rules, step)
        for cube in (cube for cube in SIDES if cube in told):
            told[cube] = [
                row
                for union in unions
                if union.cube == cube
                for row in (
                    [_in_steps(row, FATES[EDITION][cube], step) for row in union.rows]
                    if union.name in divided
                    else [union.as_its_cells(told[CORE])]
                )
            ]
    return {cube: cube_table(cube, rows, week) for cube, rows in told.items()}


class _Union:
    """A union of core cells as a side cube tells it: `rows`, exact, are all that it tells of the union."""

    def __init__(self, cube: str, rows: Sequence[Row], cells: Sequence[Row]) -> None:
        self.cube = cube
        self.rows = rows
        self.cells = tuple(number for number, cell in enumerate(cells) if _is_within(cell, rows[0]))
        self.name = f"{cube}: {rows[0].get('region_code') or rows[0]['age_group']}"

    def as_its_cells(self, told: Sequence[Row]) -> Row:
        """The one row of the union undivided: everything that its cells tell, added up."""
        sums = {name: sum(told[cell][name] for cell in self.cells) for name in ("users", "sessions", "minutes")}
        if len(self.rows) == 1:
            return {**self.rows[0], "sessions": sums["sessions"]}
        return {**self.rows[0], **_UNDIVIDED[self.cube], **sums}


def _divided(cells: Sequence[Row], unions: Sequence[_Union], rules: Rules, step: CountStep) -> frozenset[str]:
    """The names of the unions that may be told in parts; what tells of few is given up until nothing does."""
    rows = [told_row(f"cell {number}", cell["users"], cell["sessions"], step) for number, cell in enumerate(cells)]
    divided = {
        union.name: ToldUnion(union.name, union.cells, tuple(_parts(union, step)))
        for union in unions
        if len(union.rows) > 1
    }
    try:
        while found := unions_that_tell(rows, list(divided.values()), rules.k):
            for name in {name for _, at_fault in found for name in at_fault}:
                del divided[name]
    except PublicationRefused:
        return frozenset()  # figures that contradict one another prove nothing, so none is told in parts
    return frozenset(divided)


def _parts(union: _Union, step: CountStep) -> Iterable[ToldRow]:
    for number, row in enumerate(union.rows):
        of_lengths = "minutes_from" in row
        minutes = (row["minutes"], (row["minutes_from"], row["minutes_to"])) if of_lengths else None
        yield told_row(f"{union.name}, part {number}", row["users"], row["sessions"], step, minutes)


def _in_steps(row: Row, fates: Mapping[str, Fate], step: CountStep) -> Row:
    """One row, column by column as the table says."""
    told: Row = {}
    for name, fate in fates.items():
        match fate:
            case Fate.LEFT_OUT:
                told[name] = None  # a cube without the column takes none
            case Fate.STEPS_ABOVE_USERS:
                told[name] = step.told(row[name], row["users"])
            case Fate.STEPS_ABOVE_NOTHING:
                told[name] = step.told(row[name])
            case Fate.KEPT | Fate.NOT_JUDGED_ANEW:
                told[name] = row[name]
    return told


def _by_union(rows: Iterable[Row]) -> list[list[Row]]:
    """The rows of a side cube by the union that they tell of."""
    unions: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        key = tuple(row["region_members"]) if "region_members" in row else (row["age_from"], row["age_to"])
        unions.setdefault(key, []).append(row)
    return list(unions.values())


def _is_within(cell: Row, union: Row) -> bool:
    """Whether a core cell is in a union; cells reach over no union's edge."""
    if "region_members" in union:
        return cell["region_members"][0] in union["region_members"]
    return bool(
        union["age_from"] <= cell["age_from"]
        and (union["age_to"] is None or (cell["age_to"] is not None and cell["age_to"] <= union["age_to"]))
    )
