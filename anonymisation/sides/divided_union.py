"""One union of whole cells told in parts: what its parts and cells give away together."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from anonymisation.audit.atoms import PERSONS
from anonymisation.audit.leak import Leak, is_told
from anonymisation.cells.disclosure import Rules
from anonymisation.sides.fewest_crossing import cuts_below
from anonymisation.sides.person_slots import Division, Integers, PersonSlots
from anonymisation.sides.side_dominance import CELL, PART, REST, dominated

USERS, SESSIONS, MINUTES = "users", "sessions", "minutes"

#: Up to so many parts every set of them is tried: 2 ** 6 sets.
FEW_PARTS = 6


class DividedUnion:
    """`slots`: everyone in the union; `part`: for each slot, the part of the division that it is in."""

    def __init__(
        self, division: Division, cell_names: Sequence[str], slots: PersonSlots, part: Integers, rules: Rules
    ) -> None:
        self._division, self._rules = division, rules
        self._names = [*cell_names, *division.parts]  # of nodes: first the cells, then the parts
        self._cells = len(division.cells)
        cells, parts = np.array(division.cells), len(division.parts)
        row = np.searchsorted(cells, slots.cell)
        #: Persons who are in the same cell and parts (`members[kind, node]`), and how many they are.
        self._members, self._persons = _kinds(slots.person, row, part, (self._cells, parts))
        self._place = row, part
        self._slots = slots
        self._sums = {
            name: _table(row, part, values, (self._cells, parts))
            for name, values in ((SESSIONS, slots.sessions), (MINUTES, slots.measure))
        }

    def small_cuts(self) -> Iterator[Leak]:
        """Sums: combinations of cells and parts that are about more than nobody and fewer than k persons."""
        for cut in cuts_below(self._members, self._persons, self._rules.k):
            told = [(self._names[node], 1 if node < self._cells else -1) for node in sorted(cut.side)]
            yield self._leak("those in its cells and not in its parts, or the reverse", "determined", "sums", told)

    def differences(self) -> Iterator[Leak]:
        """Users: two figures that differ by fewer than k persons."""
        common = self._in_common
        users = common.diagonal()
        apart = users[:, None] + users[None, :] - 2 * common
        for one, other in zip(*np.nonzero(np.triu((apart > 0) & (apart < self._rules.k), 1)), strict=True):
            told = [(self._names[one], 1), (self._names[other], -1)]
            yield self._leak("those in one and not in the other", "determined", USERS, told)

    def cells_against_parts(self) -> Iterator[Leak]:
        """Users: a part less a sum of whole cells, where that is about fewer than k persons.

        Of each cell the attacker takes it or leaves it, whichever leaves fewer of its persons in the difference; any
        other choice is about at least one whole cell more.
        """
        inside = self._in_common[: self._cells, self._cells :]
        whole = self._in_common.diagonal()[: self._cells, None]
        fewest = np.minimum(inside, whole - inside).sum(axis=0)
        for part in np.flatnonzero((fewest > 0) & (fewest < self._rules.k)):
            taken = np.flatnonzero(2 * inside[:, part] > whole[:, 0])
            told = [(self._names[self._cells + int(part)], 1), *((self._names[int(cell)], -1) for cell in taken)]
            yield self._leak("those in the part and in none of the cells, or the reverse", "determined", USERS, told)

    def several_parts(self) -> Iterator[Leak]:
        """Users: some parts' users added up, less the union's so many times, where that is about fewer than k persons.

        Every set of parts where they are few (lengths are), else every pair.
        """
        number, everyone = len(self._division.parts), int(self._persons.sum())
        sizes = range(2, number + 1) if number <= FEW_PARTS else (2,)
        for size in sizes:
            for chosen in combinations(range(number), size):
                for union_times, persons in enumerate(self._in_so_many(chosen)[1:], 1):
                    if 0 < everyone - persons < self._rules.k:
                        told = [(self._names[self._cells + part], 1) for part in chosen]
                        told += [(self._names[cell], -union_times) for cell in range(self._cells)]
                        yield self._leak("those not in just so many of the parts", "determined", USERS, told)

    def _in_so_many(self, parts: tuple[int, ...]) -> list[int]:
        """How many persons are in none, in one, in two, … of these parts."""
        common, everyone = self._parts_in_common
        if len(parts) == 2:
            one, other = parts
            both = common[one][other]
            either = common[one][one] + common[other][other] - both
            return [everyone - either, either - both, both]
        times, chosen = [0] * (len(parts) + 1), sum(1 << part for part in parts)
        for held, persons in self._held_sets:
            times[(held & chosen).bit_count()] += persons
        return times

    @cached_property
    def _parts_in_common(self) -> tuple[list[list[int]], int]:
        """[part][part]: how many persons are in both; and how many there are."""
        return self._in_common[self._cells :, self._cells :].tolist(), int(self._persons.sum())

    def bounded(self) -> Iterator[Leak]:
        """Fewer than k persons, held within p % by cell, part and union."""
        yield from self._of_cell_and_part()
        yield from self._of_two_parts()
        yield from self._of_one_part_alone()

    def _of_cell_and_part(self) -> Iterator[Leak]:
        """Of each cell, who was there in a part, and who was there in another."""
        users = self._in_common[: self._cells, self._cells :]
        whole = self._in_common.diagonal()
        few = (users > 0) & (users < self._rules.k)
        for measure in (USERS, SESSIONS, MINUTES):
            inside, cells, parts = users, whole[: self._cells], whole[self._cells :]
            if measure != USERS:
                inside = self._sums[measure]
                cells, parts = inside.sum(axis=1), inside.sum(axis=0)
            low = np.maximum(0, cells[:, None] + parts[None, :] - cells.sum())
            high = np.minimum(cells[:, None], parts[None, :])
            for cell, part in zip(*np.nonzero(few), strict=True):
                if self._is_told(low[cell, part], high[cell, part], inside[cell, part], measure):
                    yield self._held("those of the cell in the part", measure, [cell, self._cells + part])

    def _of_two_parts(self) -> Iterator[Leak]:
        both = self._in_common[self._cells :, self._cells :]
        users, everyone = both.diagonal(), int(self._persons.sum())
        surplus = int(users.sum()) - everyone
        for one, other in combinations(range(len(users)), 2):
            low = max(0, int(users[one] + users[other]) - everyone)
            high = min(int(users[one]), int(users[other]), surplus)
            if 0 < both[one, other] < self._rules.k and self._is_told(low, high, both[one, other], USERS):
                yield self._held("those in both parts", USERS, [self._cells + one, self._cells + other])

    def _of_one_part_alone(self) -> Iterator[Leak]:
        parts = self._members[:, self._cells :]
        everyone = int(self._persons.sum())
        users = self._in_common.diagonal()[self._cells :]
        surplus = int(users.sum()) - everyone
        alone = (parts * (self._persons * (parts.sum(axis=1) == 1))[:, None]).sum(axis=0)
        for part in np.flatnonzero((alone > 0) & (alone < self._rules.k)):
            low = max(0, int(users[part]) - surplus)
            high = min(int(users[part]), everyone - int(np.delete(users, part).max()))
            if self._is_told(low, high, alone[part], USERS):
                yield self._held("those in no other part", USERS, [self._cells + int(part)])

    def dominated(self) -> Iterator[Leak]:
        """Sums: parts, what is outside them, and cells less parts, of which one person has nearly all."""
        row, part = self._place
        persons, first, person = np.unique(self._slots.person, return_index=True, return_inverse=True)
        shape = (len(persons), len(self._division.parts))
        if not len(persons):
            return
        for measure, values in ((SESSIONS, self._slots.sessions), (MINUTES, self._slots.measure)):
            amounts = _table(person, part, values, shape)
            for found in dominated(row[first], amounts, self._rules):
                node = self._cells + found.part
                about, told = {
                    PART: ("those in the part", [(self._names[node], 1)]),
                    REST: (
                        "those outside the part",
                        [*((name, 1) for name in self._names[: self._cells]), (self._names[node], -1)],
                    ),
                    CELL: ("those of the cell, less the part", [(self._names[found.cell], 1), (self._names[node], -1)]),
                }[found.kind]
                yield self._leak(f"{about}, of whom one has nearly all", "determined", measure, told)

    @cached_property
    def _in_common(self) -> Integers:
        """[node, node]: how many persons are in both."""
        members = csr_array(self._members, dtype=np.int64)
        common: Integers = (members.multiply(self._persons[:, None]).T @ members).toarray()
        return common

    @cached_property
    def _held_sets(self) -> list[tuple[int, int]]:
        """Each set of parts that somebody is in, as bits, and how many persons are in just these."""
        bits = self._members[:, self._cells :] @ np.left_shift(1, np.arange(len(self._division.parts)))
        sets, kind = np.unique(bits, return_inverse=True)
        persons: Integers = np.zeros(len(sets), dtype=np.int64)
        np.add.at(persons, kind, self._persons)
        return list(zip(sets.tolist(), persons.tolist(), strict=True))

    def _is_told(self, low: int, high: int, true: int, measure: str) -> bool:
        return is_told(int(low), int(high), int(true), PERSONS if measure == USERS else measure, self._rules)

    def _held(self, about: str, measure: str, nodes: Sequence[int]) -> Leak:
        return self._leak(about, "bounded", measure, [(self._names[node], 0) for node in nodes])

    def _leak(self, about: str, how: str, measure: str, told: Sequence[tuple[str, int]]) -> Leak:
        return Leak(f"{self._division.name}: {about}", how, measure, tuple(told))


def _table(row: Integers, column: Integers, values: Integers, shape: tuple[int, int]) -> Integers:
    table: NDArray[np.int64] = np.zeros(shape, dtype=np.int64)
    np.add.at(table, (row, column), values)
    return table


def _kinds(
    person: Integers, row: Integers, part: Integers, shape: tuple[int, int]
) -> tuple[NDArray[np.bool_], Integers]:
    order = np.argsort(person, kind="stable")
    starts = np.flatnonzero(np.diff(person[order], prepend=-1) != 0)
    if not len(starts):
        return np.zeros((0, sum(shape)), dtype=np.bool_), np.zeros(0, dtype=np.int64)
    held = np.bitwise_or.reduceat(np.left_shift(np.int64(1), part[order]), starts)  # a bit a part
    cell = row[order][starts]
    order = np.lexsort([held, cell])
    held, cell = held[order], cell[order]
    is_new = (np.diff(held, prepend=-1) != 0) | (np.diff(cell, prepend=-1) != 0)
    starts = np.flatnonzero(is_new)
    in_cell = cell[starts][:, None] == np.arange(shape[0])[None, :]
    in_part = (held[starts][:, None] >> np.arange(shape[1], dtype=np.int64)[None, :]) & 1 == 1
    return np.hstack([in_cell, in_part]), np.diff(starts, append=len(held)).astype(np.int64)
