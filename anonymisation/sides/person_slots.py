"""How the persons of a week lie across cells and parts of side marts: enough to count whom any combination is about.

A person is in one cell. Each amount of theirs is in one hour part of the cell's union of regions and in one length part
of its union of ages: that pair is a slot.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from refusals.errors import InputRefused

Integers = NDArray[np.int64]

MOST_PARTS = 62  # one bit each


@dataclass(frozen=True)
class Division:
    """One union of whole cells (their numbers) that a side mart tells in parts (their figures' names).

    `minutes`: of each part, the shortest and longest whole minutes of a session in it (None: open); empty where lengths
    are not told.
    """

    name: str
    cells: tuple[int, ...]
    parts: tuple[str, ...]
    minutes: tuple[tuple[int, int | None], ...] = ()


@dataclass(frozen=True)
class PersonSlots:
    """Arrays over (person, slot): the person's number and cell, hour and length part, and the sums there.

    Persons are numbered by what is in these arrays alone, since searches go by their order.

    Raises:
        InputRefused: the arrays differ in length, or there are too many parts.
    """

    person: Integers
    cell: Integers
    hour: Integers
    length: Integers
    sessions: Integers
    measure: Integers

    def __post_init__(self) -> None:
        if len({len(a) for a in (self.person, self.cell, self.hour, self.length, self.sessions, self.measure)}) != 1:
            raise InputRefused("person slots: one person, cell, hour part, length part and figure each")
        if len(self.person) and max(self.hour.max(), self.length.max()) >= MOST_PARTS:
            raise InputRefused(f"person slots: at most {MOST_PARTS} parts of one union")

    def within(self, cells: Sequence[int]) -> "PersonSlots":
        """Those of some cells."""
        chosen = np.isin(self.cell, np.array(cells, dtype=np.int64))
        return PersonSlots(
            *(a[chosen] for a in (self.person, self.cell, self.hour, self.length, self.sessions, self.measure))
        )


def numbered_by_slots(slots: PersonSlots) -> PersonSlots:
    """The same, with persons numbered by their cell and slots: whoever is alike may change places, whatever they were
    called before. Sorted by person and slot."""
    order = np.lexsort([slots.length, slots.hour, slots.person])
    person, cell, hour, length = (a[order] for a in (slots.person, slots.cell, slots.hour, slots.length))
    is_first = np.diff(person, prepend=-1) != 0
    first = np.flatnonzero(is_first)
    place = np.cumsum(is_first) - 1
    each = np.arange(len(person)) - first[place]
    held: Integers = np.full((each.max(initial=0) + 2, len(first)), -1, dtype=np.int64)
    held[0] = cell[first]
    held[each + 1, place] = hour * (MOST_PARTS + 1) + length
    number: Integers = np.empty(len(first), dtype=np.int64)
    number[np.lexsort(held[::-1])] = np.arange(len(first))
    again = np.argsort(number[place], kind="stable")
    return PersonSlots(
        number[place][again],
        cell[again],
        hour[again],
        length[again],
        slots.sessions[order][again],
        slots.measure[order][again],
    )
