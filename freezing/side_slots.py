"""What the release audit must know of a week's persons, from the warehouse: in which cells and parts somebody is."""

from collections.abc import Collection, Sequence
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa

from anonymisation.cells.leaf_cell import Cell, LeafCell
from anonymisation.cells.recoding import members_of
from anonymisation.hierarchies.hierarchy import Group
from anonymisation.sides.person_slots import PersonSlots
from catalogue.axis import Axis

#: The columns of `int_app__slots_counted` in which a leaf of each dimension stands.
_LEAF = {"region": "region_code", "age": "age_band"}

Parts = Sequence[tuple[Group, Sequence[frozenset[int]]]]  # a union's group, and the positions of each of its parts


def side_slots(
    con: duckdb.DuckDBPyConnection,
    week: date,
    leaves: Sequence[LeafCell],
    cells: Sequence[Cell],
    sides: Sequence[tuple[Axis, Parts]],
) -> PersonSlots:
    """The week's persons over its cells and the parts of its side marts, each in the order given.

    Positions are those of `int_app__slots_counted`, whose rows these are.
    """
    members = members_of(
        [tuple(group.leaves for group in cell.groups) for cell in cells], [leaf.codes for leaf in leaves]
    )
    codes: list[tuple[str | int, ...]] = [
        (*leaves[leaf].codes, number) for number, inside in enumerate(members) for leaf in inside
    ]
    seen = {code for leaf in leaves for code in leaf.codes}
    tables = {"audited_cells": _arrow(codes, ("region_code", "age_band", "cell"))}
    for axis, parts in sides:
        tables[f"audited_{axis.name}"] = _arrow(_positions(parts, seen), ("unit", "position", "part"))
    for name, table in tables.items():
        con.register(name, table)
    found = con.execute(_query([axis for axis, _ in sides]), {"week": week}).fetchnumpy()
    for name in tables:
        con.unregister(name)
    person, cell, *parts_of, sessions, measure = (column.astype(np.int64) for column in found.values())
    return PersonSlots(person, cell, tuple(parts_of), sessions, measure)


def _query(axes: Sequence[Axis]) -> str:
    """One row a slot: a column a side mart, the part that it is in; names are the catalogue's."""
    parts = "".join(f" {axis.name}.part as {axis.name}," for axis in axes)
    joins = "".join(
        f" inner join audited_{axis.name} as {axis.name} on slots.{_LEAF[axis.divides]} = {axis.name}.unit"
        f" and slots.{axis.name}_position = {axis.name}.position"
        for axis in axes
    )
    return (
        f"select slots.person_number, cells.cell,{parts} slots.sessions, slots.duration_us"
        " from (select * from int_app__slots_counted where week_start = $week) as slots"
        " inner join audited_cells as cells"
        f" on slots.region_code = cells.region_code and slots.age_band = cells.age_band{joins}"
    )


def _positions(divided: Parts, seen: Collection[str]) -> list[tuple[str | int, ...]]:
    """(unit, position, number of the part) of every unit where anybody is."""
    return [
        (unit, position, number)
        for group, positions_of_parts in divided
        for unit in group.leaves
        if unit in seen
        for number, positions in enumerate(positions_of_parts)
        for position in sorted(positions)
    ]


def _arrow(rows: Sequence[tuple[str | int, ...]], names: Sequence[str]) -> pa.Table:
    return pa.table(dict(zip(names, zip(*rows, strict=True), strict=True)))
