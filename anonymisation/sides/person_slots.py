"""How the persons of a week lie across cells and parts of side marts: enough to count whom any combination is about.

A person is in one cell. Each amount of theirs is in one part of every side mart, of the union that holds the cell:
these parts together are a slot.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from refusals.errors import InputRefused

Integers = NDArray[np.int64]

MOST_PARTS = 62  # one bit each


@dataclass(frozen=True)
class Division:
    """One union of whole cells (their numbers) that a side mart tells in parts (their figures' names).

    `minutes`: of each part, the shortest and longest whole minutes of a session in it (None: open); empty where lengths
    are not told. `visits`: of each part, the fewest and most sessions of a person in it, likewise.
    """

    name: str
    cells: tuple[int, ...]
    parts: tuple[str, ...]
    minutes: tuple[tuple[int, int | None], ...] = ()
    visits: tuple[tuple[int, int | None], ...] = ()


@dataclass(frozen=True)
class PersonSlots:
    """Arrays over (person, slot): the person's number and cell, the part of each side mart, and the sums there.

    Persons are numbered by what is in these arrays alone, since searches go by their order.

    Raises:
        InputRefused: the arrays differ in length, or there are too many parts.
    """

    person: Integers
    cell: Integers
    parts: tuple[Integers, ...]
    sessions: Integers
    measure: Integers

    def __post_init__(self) -> None:
        if len({len(a) for a in (self.person, self.cell, *self.parts, self.sessions, self.measure)}) != 1:
            raise InputRefused("person slots: one person, cell, part of each side mart and figure each")
        if len(self.person) and max((part.max() for part in self.parts), default=0) >= MOST_PARTS:
            raise InputRefused(f"person slots: at most {MOST_PARTS} parts of one union")
        if any(part.min(initial=0) < 0 for part in self.parts):
            raise InputRefused("person slots: every amount is in a part of every side mart")

    def of_unions(self, unions: Sequence[Sequence[int]]) -> list["PersonSlots"]:
        """Those of each union of cells, in the order that they are in; no cell is in two of them."""
        union_of = np.full(1 + self.cell.max(initial=-1), len(unions), dtype=np.int64)
        for number, cells in enumerate(unions):
            there = np.array(cells, dtype=np.int64)
            union_of[there[there < len(union_of)]] = number
        union = union_of[self.cell]
        order = np.argsort(union, kind="stable")
        bounds = np.searchsorted(union[order], np.arange(len(unions) + 1)).tolist()
        return [self._at(order[first:end]) for first, end in pairwise(bounds)]

    def _at(self, chosen: Integers) -> "PersonSlots":
        return PersonSlots(
            self.person[chosen],
            self.cell[chosen],
            tuple(part[chosen] for part in self.parts),
            self.sessions[chosen],
            self.measure[chosen],
        )

    def of_first(self, sides: int) -> "PersonSlots":
        """As the first side marts alone tell them apart, persons numbered anew."""
        return numbered_by_slots(replace(self, parts=self.parts[:sides]))

    def merged(self, side: int, cells: Sequence[int]) -> "PersonSlots":
        """The same, with one part only of that side mart in the union of these cells."""
        part = np.where(np.isin(self.cell, np.array(cells, dtype=np.int64)), 0, self.parts[side])
        return replace(self, parts=(*self.parts[:side], part, *self.parts[side + 1 :]))


def numbered_by_slots(slots: PersonSlots) -> PersonSlots:
    """The same, with persons numbered by their cell and slots: whoever is alike may change places, whatever they were
    called before. Sorted by person and slot."""
    order = np.lexsort([*slots.parts[::-1], slots.person])
    person, cell = slots.person[order], slots.cell[order]
    parts = tuple(part[order] for part in slots.parts)
    slot: Integers = np.zeros(len(person), dtype=np.int64)
    for part in parts:
        slot = slot * (MOST_PARTS + 1) + part
    is_first = np.diff(person, prepend=-1) != 0
    first = np.flatnonzero(is_first)
    place = np.cumsum(is_first) - 1
    each = np.arange(len(person)) - first[place]
    held: Integers = np.full((each.max(initial=0) + 2, len(first)), -1, dtype=np.int64)
    held[0] = cell[first]
    held[each + 1, place] = slot
    number: Integers = np.empty(len(first), dtype=np.int64)
    number[np.lexsort(held[::-1])] = np.arange(len(first))
    again = np.argsort(number[place], kind="stable")
    return PersonSlots(
        number[place][again],
        cell[again],
        tuple(part[again] for part in parts),
        slots.sessions[order][again],
        slots.measure[order][again],
    )


def sums_at(place: Integers, figures: Integers, size: int) -> Integers:
    """The figures added up by place, 0 to `size` - 1; exact."""
    sums: Integers = np.zeros(size, dtype=np.int64)
    np.add.at(sums, place, figures)
    return sums
