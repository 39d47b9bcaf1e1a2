"""What the release audit must know of a week's persons, from the warehouse: in which cells and parts somebody is."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa

from anonymisation.cells.leaf_cell import Cell, LeafCell
from anonymisation.cells.recoding import members_of
from anonymisation.hierarchies.hierarchy import Group
from anonymisation.sides.person_slots import Integers, PersonSlots
from catalogue.axis import Axis

#: Which code of a leaf cell is a unit of an axis.
_LEAF = {"region": 0, "age": 1}

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
    cell_of = np.empty(len(leaves), dtype=np.int64)
    for number, inside in enumerate(members):
        cell_of[inside] = number
    numbers = {"region_code": [leaf.codes[0] for leaf in leaves], "age_band": [leaf.codes[1] for leaf in leaves]}
    con.register("numbered_leaves", pa.table({**numbers, "leaf": np.arange(len(leaves))}))
    found = con.execute(_query([axis for axis, _ in sides]), {"week": week}).fetchnumpy()
    con.unregister("numbered_leaves")
    person, leaf, sessions, measure, *positions = (column.astype(np.int64) for column in found.values())
    parts = (
        _part_of([leaf.codes[_LEAF[axis.divides]] for leaf in leaves], divided)[leaf, position]
        for (axis, divided), position in zip(sides, positions, strict=True)
    )
    return PersonSlots(person, cell_of[leaf], tuple(parts), sessions, measure)


def _query(axes: Sequence[Axis]) -> str:
    """One row a slot: a column a side mart, the position that it is at; names are the catalogue's."""
    positions = "".join(f", slots.{axis.name}_position" for axis in axes)
    return (
        f"select slots.person_number, numbered_leaves.leaf, slots.sessions, slots.duration_us{positions}"
        " from int_app__slots_counted as slots"
        " inner join numbered_leaves using (region_code, age_band) where slots.week_start = $week"
    )


def _part_of(units: Sequence[str], divided: Parts) -> Integers:
    """[leaf, position]: the number of the part; `units`: of each leaf cell, what the axis divides it by."""
    last = max(position for _, parts in divided for positions in parts for position in positions)
    part_of: Integers = np.full((len(units), last + 1), -1, dtype=np.int64)
    leaves_of = defaultdict(list)
    for leaf, unit in enumerate(units):
        leaves_of[unit].append(leaf)
    for group, parts in divided:
        inside = [leaf for unit in group.leaves for leaf in leaves_of.get(unit, ())]
        for number, positions in enumerate(parts):
            part_of[np.ix_(inside, sorted(positions))] = number
    return part_of
