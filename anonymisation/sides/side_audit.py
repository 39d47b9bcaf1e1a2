"""The audit of a week's side marts against its cells, and against each other.

**Sums** (sessions, minutes). A combination of figures gives each amount (of a cell, at an hour part, of a length part)
the coefficient x[cell] - y[hour part] - z[length part]; it is about all persons who have an amount whose coefficient is
not zero. Two steps prove that these are nobody or at least k, whatever the coefficients:
1. z is the same for all parts of one union of ages, or else at least k persons are in it. Of two persons of one cell
   who were there in one hour part, one for one length part and the other for another, at least one is in any
   combination that gives the two lengths a different z; and so is whoever has both lengths in one hour part. k such
   pairs and persons that share nobody are looked for; parts that are tied in this way are then taken together. (In the
   end z goes into x.)
2. What is left is x[cell] - y[hour part]: a person is in it unless all their hour parts have the x of their cell. So
   the fewest persons of any such combination are the smallest cut of the hypergraph whose nodes are cells and hour
   parts, and whose edges are persons (`fewest_crossing.py`). This number is exact, and a cut below k is a leak.

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
open, and a part of lengths is narrowed by its minutes. A row of which they prove one to k - 1 sessions beyond its users
is a leak (`repeat_visits.py`). A union that is told undivided says what its cells say, and so narrows nothing.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from anonymisation.audit.count_step import CountStep
from anonymisation.audit.leak import Leak
from anonymisation.audit.minutes import whole_minutes
from anonymisation.audit.repeat_visits import ToldRow, ToldUnion, told_row, unions_that_tell
from anonymisation.cells.disclosure import Rules
from anonymisation.cells.leaf_cell import Cell
from anonymisation.sides.divided_union import SESSIONS, USERS, DividedUnion
from anonymisation.sides.person_slots import Division, Integers, PersonSlots


@dataclass(frozen=True)
class SideFinding:
    """What is wrong with the division of one union, and mends itself if it is told undivided.

    `leak` is None where the division could not be proven safe.
    """

    division: Division
    leak: Leak | None


@dataclass(frozen=True)
class SideMarts:
    """A week's side marts over its cells, told by hours (unions of regions) and by lengths (unions of ages).

    `step`: in which the sessions of cells and parts are told. `slots.measure` is in microseconds.
    """

    cells: Sequence[Cell]
    cell_names: Sequence[str]
    hours: Sequence[Division]
    lengths: Sequence[Division]
    slots: PersonSlots
    step: CountStep


def audit_sides(marts: SideMarts, rules: Rules) -> list[SideFinding]:
    """Everything that has to be told undivided, in a fixed order; empty: the side marts may be published."""
    findings: list[SideFinding] = []
    for division in marts.lengths:
        if len(division.parts) > 1 and not _are_tied(marts.slots.within(division.cells), len(division.parts), rules.k):
            findings.append(SideFinding(division, None))
    for divisions, by_hour in ((marts.hours, True), (marts.lengths, False)):
        for division in divisions:
            if len(division.parts) > 1:
                within = marts.slots.within(division.cells)
                names = [marts.cell_names[cell] for cell in division.cells]
                union = DividedUnion(division, names, within, within.hour if by_hour else within.length, rules)
                leaks = [
                    *(union.small_cuts() if by_hour else ()),
                    *union.differences(),
                    *union.cells_against_parts(),
                    *union.several_parts(),
                    *union.bounded(),
                    *union.dominated(),
                ]
                findings += [SideFinding(division, leak) for leak in leaks]
    return [*findings, *_differences_between_marts(marts, rules), *_repeat_visits(marts, rules)]


def to_tell_undivided(marts: SideMarts, rules: Rules) -> frozenset[str]:
    """The names of the divisions to be given up, so that what is left passes. Deterministic, a function of the week.

    Undivided, a union's only part is the sum of its cells. With every union undivided there is nothing left to find.
    """
    given_up: frozenset[str] = frozenset()
    while findings := audit_sides(marts, rules):
        found = {finding.division.name for finding in findings}
        given_up |= found
        slots = marts.slots
        for division in (d for d in marts.hours if d.name in found):
            slots = replace(slots, hour=np.where(np.isin(slots.cell, division.cells), 0, slots.hour))
        for division in (d for d in marts.lengths if d.name in found):
            slots = replace(slots, length=np.where(np.isin(slots.cell, division.cells), 0, slots.length))
        hours, lengths = (
            [Division(d.name, d.cells, (d.name,)) if d.name in found else d for d in divisions]
            for divisions in (marts.hours, marts.lengths)
        )
        marts = replace(marts, hours=hours, lengths=lengths, slots=slots)
    return given_up


def _are_tied(inside: PersonSlots, parts: int, k: int) -> bool:
    """Step 1: whether the lower bound reaches k for whatever differs between length parts."""
    groups = [1 << part for part in range(parts)]  # bits of parts known to have the same z
    lengths: dict[tuple[int, int, int], int] = {}
    for *key, length in zip(
        *(a.tolist() for a in (inside.cell, inside.hour, inside.person, inside.length)), strict=True
    ):
        lengths[tuple(key)] = lengths.get(tuple(key), 0) | 1 << length
    places: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for (cell, hour, person), held in lengths.items():
        places.setdefault((cell, hour), []).append((person, held))
    while pair := next((p for p in combinations(groups, 2) if _fewest_between(places.values(), *p, k) >= k), None):
        groups = [group for group in groups if group not in pair] + [pair[0] | pair[1]]
    return len(groups) == 1


def _fewest_between(places: Iterable[Sequence[tuple[int, int]]], one: int, other: int, enough: int) -> int:
    """At least so many persons (counted up to `enough`) are in any combination whose z differs between two groups of
    length parts, and does not within each. `places`: for each cell and hour part, who was there, with their lengths."""
    used: set[int] = set()
    found = 0
    for persons in places:
        only_one, only_other = [], []
        for person, held in persons:
            if person in used:
                continue
            if held & one and held & other:
                used.add(person)
                found += 1
            elif held & one:
                only_one.append(person)
            elif held & other:
                only_other.append(person)
        pairs = list(zip(only_one, only_other, strict=False))
        found += len(pairs)
        used.update(person for pair in pairs for person in pair)
        if found >= enough:
            break
    return found


def _differences_between_marts(marts: SideMarts, rules: Rules) -> Iterator[SideFinding]:
    """Users of an hour part and of a length part that differ by fewer than k persons.

    Most pairs are settled by the size of what the two unions share: whoever is in both parts is in a common cell.
    """
    slots = marts.slots
    persons_of = np.array([cell.persons for cell in marts.cells])
    users = {
        id(d): _users(slots, d, by_hour=by_hour)
        for divs, by_hour in ((marts.hours, True), (marts.lengths, False))
        for d in divs
    }
    for hours in marts.hours:
        for lengths in marts.lengths:
            if len(hours.parts) < 2 or len(lengths.parts) < 2:
                continue
            shared = sorted(set(hours.cells) & set(lengths.cells))
            most = int(persons_of[shared].sum())
            for hour, one in enumerate(users[id(hours)]):
                for length, other in enumerate(users[id(lengths)]):
                    if len(one) + len(other) - 2 * min(len(one), len(other), most) >= rules.k:
                        continue
                    if 0 < len(np.setxor1d(one, other, assume_unique=True)) < rules.k:
                        told = ((hours.parts[hour], 1), (lengths.parts[length], -1))
                        yield SideFinding(hours, Leak("those in one and not in the other", "determined", USERS, told))


def _users(slots: PersonSlots, division: Division, *, by_hour: bool) -> list[Integers]:
    """The persons in each part."""
    inside = slots.within(division.cells)
    part = inside.hour if by_hour else inside.length
    return [np.unique(inside.person[part == number]) for number in range(len(division.parts))]


def _repeat_visits(marts: SideMarts, rules: Rules) -> list[SideFinding]:
    """Rows that are told of few who came again, each with the division that tells it; and unions, as sums of cells."""
    divisions = {division.name: division for division in (*marts.hours, *marts.lengths)}
    cells, unions = told_rows(marts)
    return [
        SideFinding(divisions[name], Leak("those who came again", "bounded", SESSIONS, ((row, 0),)))
        for row, at_fault in unions_that_tell(cells, unions, rules.k)
        for name in at_fault
    ]


def told_rows(marts: SideMarts, undivided: Collection[str] = ()) -> tuple[list[ToldRow], list[ToldUnion]]:
    """What is told of the sessions of each cell, and of the parts of each union that is divided and not `undivided`."""
    by_hour = {division.name for division in marts.hours}
    cells = [
        told_row(name, cell.persons, int(marts.slots.sessions[marts.slots.cell == number].sum()), marts.step)
        for number, (cell, name) in enumerate(zip(marts.cells, marts.cell_names, strict=True))
    ]
    unions = [
        ToldUnion(one.name, one.cells, _told_parts(marts, one, by_hour=one.name in by_hour))
        for one in (*marts.hours, *marts.lengths)
        if len(one.parts) > 1 and one.name not in undivided
    ]
    return cells, unions


def _told_parts(marts: SideMarts, division: Division, *, by_hour: bool) -> tuple[ToldRow, ...]:
    inside = marts.slots.within(division.cells)
    part = inside.hour if by_hour else inside.length
    rows = []
    for number, name in enumerate(division.parts):
        chosen = part == number
        users, sessions = len(np.unique(inside.person[chosen])), int(inside.sessions[chosen].sum())
        minutes = None
        if division.minutes:
            minutes = whole_minutes(int(inside.measure[chosen].sum())), division.minutes[number]
        rows.append(told_row(name, users, sessions, marts.step, minutes))
    return tuple(rows)
