"""The audit of a week's side marts against its cells, and against each other.

**Sums** (sessions, minutes). A combination of figures gives each amount (of a cell, in one part of each side mart)
the coefficient x[cell] - y[part of the first side mart] - z[part of the second] - …; it is about all persons who have
an amount whose coefficient is not zero. Two steps prove that these are nobody or at least k, whatever the
coefficients:
1. Of every side mart but the first, beginning with the last: its coefficient is the same for all parts of one union,
   or else at least k persons are in it. Of two persons of one cell whose amounts lie in the same parts of the side
   marts before it, one in one part of this side mart and one in another, at least one is in any combination that
   gives the two parts different coefficients; and so is whoever has both. k such pairs and persons that share nobody
   are looked for; parts that are tied in this way are then taken together. (In the end the coefficient goes into x.)
2. What is left is x[cell] - y[part of the first]: a person is in it unless all their parts have the x of their cell. So
   the fewest persons of any such combination are the smallest cut of the hypergraph whose nodes are cells and parts,
   and whose edges are persons (`fewest_crossing.py`). This number is exact, and a cut below k is a leak.

**Users** are no sums over parts: whoever is in three is counted three times. Every difference of two figures is
checked, each part less any sum of cells, and sums of a union's parts less its cells: of all sets of parts where these
are six or fewer, else of all pairs and of all together (`side_division.py`). Other combinations are not proven.

**Bounds**. What of a cell is at a part lies between max(0, cell + part - union) and min(cell, part), for users and
sums alike, and no figure of another mart narrows that: exchanging the hours of two persons of one union, or equal
amounts of two cells of it, keeps every figure as it is and reaches both ends. Likewise two parts of one union, whose
common users also are at most the surplus of its parts' users over its own. Sets of fewer than k persons whose figure is
held within p % are leaks.

**Dominance.** Of sessions and of minutes alike, each part, what of its union is outside it, and each cell less a part:
of every person exactly (`side_dominance.py`). The division itself only bounds minutes from above.

**Who came again**. Sessions are told in steps (`count_step.py`); cells and parts taken together narrow what is left
open, a part of lengths is narrowed by its minutes, and how often people came bounds their sessions on both sides. A
row of which all of it proves one to k - 1 sessions beyond its users is a leak (`repeat_visits.py`). A union that is not
divided says what its cells say, and so narrows nothing.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations, pairwise, product

import numpy as np

from anonymisation.audit.count_step import CountStep
from anonymisation.audit.leak import Leak
from anonymisation.audit.minutes import whole_minutes
from anonymisation.audit.repeat_visits import ToldRow, ToldUnion, row_of_visits, told_row, unions_that_tell
from anonymisation.cells.disclosure import Rules
from anonymisation.cells.leaf_cell import Cell
from anonymisation.sides.divided_union import SESSIONS, USERS, DividedUnion
from anonymisation.sides.person_slots import MOST_PARTS, Division, Integers, PersonSlots, sums_at

#: Who was somewhere, ascending, and bits of the parts that each has.
Attendance = tuple[Integers, Integers]


@dataclass(frozen=True)
class SideFinding:
    """What is wrong with the division of one union, and mends itself if it is not divided.

    `leak` is None where the division could not be proven safe.
    """

    division: Division
    leak: Leak | None


@dataclass(frozen=True)
class Side:
    """One side mart: its unions. `tells_sessions`: in steps. `yields`: gives way to the side marts before it."""

    divisions: Sequence[Division]
    tells_sessions: bool = True
    yields: bool = False


@dataclass(frozen=True)
class SideMarts:
    """A week's side marts over its cells, in the order of `slots.parts`; those that yield come last.

    `step`: in which the sessions of cells and parts are told. `slots.measure` is in microseconds.
    """

    cells: Sequence[Cell]
    cell_names: Sequence[str]
    sides: Sequence[Side]
    slots: PersonSlots
    step: CountStep

    @cached_property
    def slots_of_divisions(self) -> list[list[PersonSlots]]:
        """Of each side mart and union, the slots of its cells."""
        return [self.slots.of_unions([division.cells for division in side.divisions]) for side in self.sides]

    def of_first(self, sides: int) -> "SideMarts":
        """The first of them alone."""
        return replace(self, sides=self.sides[:sides], slots=self.slots.of_first(sides))

    def not_dividing(self, names: Collection[str]) -> "SideMarts":
        """The same, with these unions in one part, which is the sum of its cells."""
        slots, sides = self.slots, []
        for number, side in enumerate(self.sides):
            for division in side.divisions:
                if division.name in names:
                    slots = slots.merged(number, division.cells)
            whole = [Division(d.name, d.cells, (d.name,)) if d.name in names else d for d in side.divisions]
            sides.append(replace(side, divisions=whole))
        return replace(self, sides=sides, slots=slots)


def audit_sides(marts: SideMarts, rules: Rules, since: int = 0) -> list[SideFinding]:
    """Everything that must not be divided, in a fixed order; empty: the side marts may be published.

    `since`: those before it passed without the others, so that what concerns them alone is not looked at again.
    """
    findings: list[SideFinding] = []
    sides = list(enumerate(marts.sides))[since:]
    for number, side in sides:
        for division, within in zip(side.divisions, marts.slots_of_divisions[number], strict=True):
            is_divided = len(division.parts) > 1
            if number and is_divided and not _are_tied(within, number, division, rules.k):
                findings.append(SideFinding(division, None))
    for number, side in sides:
        for division, within in zip(side.divisions, marts.slots_of_divisions[number], strict=True):
            if len(division.parts) > 1:
                names = [marts.cell_names[cell] for cell in division.cells]
                union = DividedUnion(division, names, within, within.parts[number], rules)
                leaks = [
                    *(() if number else union.small_cuts()),
                    *union.differences(),
                    *union.cells_against_parts(),
                    *union.several_parts(),
                    *union.bounded(),
                    *union.dominated(),
                ]
                findings += [SideFinding(division, leak) for leak in leaks]
    return [*findings, *_differences_between_marts(marts, rules, since), *_repeat_visits(marts, rules)]


def _are_tied(inside: PersonSlots, side: int, division: Division, k: int) -> bool:
    """Step 1: whether the lower bound reaches k for whatever differs between parts of this side mart."""
    groups = [1 << part for part in range(len(division.parts))]  # bits of parts known to have the same coefficient
    places = _places(inside, side)
    while pair := next((p for p in combinations(groups, 2) if _fewest_between(places, *p, k) >= k), None):
        groups = [group for group in groups if group not in pair] + [pair[0] | pair[1]]
    return len(groups) == 1


def _places(inside: PersonSlots, side: int) -> list[Attendance]:
    """For each cell and parts of the side marts before, who was there, with the bits of the parts that they have of
    this one; places in the order of whom they are first met with, persons ascending."""
    place: Integers = inside.cell
    for part in inside.parts[:side]:
        place = place * MOST_PARTS + part
    order = np.lexsort([inside.person, place])
    place, person = place[order], inside.person[order]
    bits = np.left_shift(np.int64(1), inside.parts[side][order])
    is_new_place = np.diff(place, prepend=-1) != 0
    starts = np.flatnonzero(is_new_place | (np.diff(person, prepend=-1) != 0))
    if not len(starts):
        return []
    held, is_new_place = np.bitwise_or.reduceat(bits, starts), is_new_place[starts]
    first_met = np.minimum.reduceat(order, np.flatnonzero(np.diff(place, prepend=-1) != 0))
    bounds = [*np.flatnonzero(is_new_place).tolist(), len(starts)]
    number = np.unique(person, return_inverse=True)[1][starts]
    return [(number[bounds[n] : bounds[n + 1]], held[bounds[n] : bounds[n + 1]]) for n in np.argsort(first_met)]


def _fewest_between(places: Sequence[Attendance], one: int, other: int, enough: int) -> int:
    """At least so many persons (counted up to `enough`) are in any combination whose coefficient differs between two
    groups of parts, and does not within each."""
    used = np.zeros(1 + max((int(persons[-1]) for persons, _ in places), default=-1), dtype=np.bool_)
    found = 0
    for persons, held in places:
        is_free, has_one, has_other = ~used[persons], (held & one) > 0, (held & other) > 0
        both = persons[is_free & has_one & has_other]
        only_one, only_other = persons[is_free & has_one & ~has_other], persons[is_free & has_other & ~has_one]
        pairs = min(len(only_one), len(only_other))
        for chosen in (both, only_one[:pairs], only_other[:pairs]):
            used[chosen] = True
        found += len(both) + pairs
        if found >= enough:
            break
    return found


def _differences_between_marts(marts: SideMarts, rules: Rules, since: int) -> Iterator[SideFinding]:
    """Users of two parts of different side marts that differ by fewer than k persons; the one that yields is at fault.

    Most pairs are settled by the size of what the two unions share: whoever is in both parts is in a common cell.
    """
    persons_of = [cell.persons for cell in marts.cells]
    users = [
        [_users(within, number, one) for one, within in zip(side.divisions, inside, strict=True)]
        for number, (side, inside) in enumerate(zip(marts.sides, marts.slots_of_divisions, strict=True))
    ]
    sizes = [[np.array([len(part) for part in parts]) for parts in of_side] for of_side in users]
    for (first, one_side), (second, other_side) in combinations(enumerate(marts.sides), 2):
        if second < since:
            continue
        pairs = product(enumerate(one_side.divisions), enumerate(other_side.divisions))
        cells_of_other = [frozenset(other.cells) for other in other_side.divisions]
        for (place, one), (other_place, other) in pairs:
            if len(one.parts) < 2 or len(other.parts) < 2:
                continue
            mine, theirs = sizes[first][place][:, None], sizes[second][other_place][None, :]
            shared = cells_of_other[other_place].intersection(one.cells)
            if not shared and mine.min() + theirs.min() >= rules.k:
                continue
            most = sum(persons_of[cell] for cell in shared)
            close = mine + theirs - 2 * np.minimum(np.minimum(mine, theirs), most) < rules.k
            for part, other_part in np.argwhere(close).tolist():
                inside, other_inside = users[first][place][part], users[second][other_place][other_part]
                if 0 < len(np.setxor1d(inside, other_inside, assume_unique=True)) < rules.k:
                    told = ((one.parts[part], 1), (other.parts[other_part], -1))
                    leak = Leak("those in one and not in the other", "determined", USERS, told)
                    yield SideFinding(other if other_side.yields else one, leak)


def _users(inside: PersonSlots, side: int, division: Division) -> list[Integers]:
    """The persons in each part of a division; `inside`: the slots of its union."""
    held = np.unique(inside.parts[side] * (1 + inside.person.max(initial=0)) + inside.person)
    part, person = np.divmod(held, 1 + inside.person.max(initial=0))
    bounds = np.searchsorted(part, np.arange(len(division.parts) + 1)).tolist()
    return [person[start:end] for start, end in pairwise(bounds)]


def _repeat_visits(marts: SideMarts, rules: Rules) -> list[SideFinding]:
    """Rows that are told of few who came again, each with the division that tells it; and unions, as sums of cells."""
    divisions = {division.name: division for side in marts.sides for division in side.divisions}
    cells, unions = told_rows(marts)
    return [
        SideFinding(divisions[name], Leak("those who came again", "bounded", SESSIONS, ((row, 0),)))
        for row, at_fault in unions_that_tell(cells, unions, rules.k)
        for name in at_fault
    ]


def told_rows(marts: SideMarts) -> tuple[list[ToldRow], list[ToldUnion]]:
    """What is told of the sessions of each cell, and of the parts of each union that is divided.

    Side marts that yield come first: of several unions that tell a row together, the first is at fault.
    """
    sessions = sums_at(marts.slots.cell, marts.slots.sessions, len(marts.cells)).tolist()
    cells = [
        told_row(name, cell.persons, count, marts.step)
        for cell, name, count in zip(marts.cells, marts.cell_names, sessions, strict=True)
    ]
    unions = [
        ToldUnion(division.name, division.cells, _told_parts(within, number, division, marts.step))
        for number, side in sorted(enumerate(marts.sides), key=lambda one: not one[1].yields)
        for division, within in zip(side.divisions, marts.slots_of_divisions[number], strict=True)
        if len(division.parts) > 1 and (side.tells_sessions or division.visits)
    ]
    return cells, unions


def _told_parts(inside: PersonSlots, side: int, division: Division, step: CountStep) -> tuple[ToldRow, ...]:
    users = _users(inside, side, division)
    sessions, measure = (
        sums_at(inside.parts[side], figures, len(division.parts)).tolist()
        for figures in (inside.sessions, inside.measure)
    )
    rows = []
    for number, name in enumerate(division.parts):
        if division.visits:
            rows.append(row_of_visits(name, len(users[number]), division.visits[number]))
            continue
        minutes = None
        if division.minutes:
            minutes = whole_minutes(measure[number]), division.minutes[number]
        rows.append(told_row(name, len(users[number]), sessions[number], step, minutes))
    return tuple(rows)
