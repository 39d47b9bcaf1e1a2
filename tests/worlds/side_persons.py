"""Persons with their slots, in plain Python, as the audit of side marts takes them."""

from collections.abc import Sequence

import numpy as np

from anonymisation.audit.count_step import CountStep
from anonymisation.cells.leaf_cell import Cell
from anonymisation.sides.person_slots import Division, PersonSlots, numbered_by_slots
from anonymisation.sides.side_audit import Side, SideMarts

Person = tuple[int, frozenset[tuple[int, int]]]  # the cell, and (hour part, length part) of each amount
MINUTES_EACH = 20


def slots_of(persons: Sequence[Person]) -> PersonSlots:
    """One session of twenty minutes a slot."""
    rows = [(n, cell, hour, length) for n, (cell, slots) in enumerate(persons) for hour, length in sorted(slots)]
    person, cell, hour, length = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    ones = np.ones(len(rows), dtype=np.int64)
    return numbered_by_slots(PersonSlots(person, cell, (hour, length), ones, ones * MINUTES_EACH))


def marts_of(
    persons: Sequence[Person],
    hour_cells: Sequence[tuple[int, ...]],
    length_cells: Sequence[tuple[int, ...]],
    hours: int,
    lengths: int,
) -> SideMarts:
    """Every union told in all its parts."""
    count = 1 + max(cell for cells in hour_cells for cell in cells)
    cells = []
    for number in range(count):
        slots = [slots for cell, slots in persons if cell == number]
        cells.append(Cell((), len(slots), MINUTES_EACH * sum(map(len, slots)), 0, 0))
    return SideMarts(
        cells,
        [f"cell {number}" for number in range(count)],
        [
            Side([_division(f"region {n}", inside, hours) for n, inside in enumerate(hour_cells)]),
            Side([_division(f"age {n}", inside, lengths) for n, inside in enumerate(length_cells)]),
        ],
        slots_of(persons),
        CountStep(10),
    )


def _division(name: str, cells: tuple[int, ...], parts: int) -> Division:
    return Division(name, cells, tuple(f"{name} part {part}" for part in range(parts)))
