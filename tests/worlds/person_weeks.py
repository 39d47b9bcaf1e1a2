"""Raw person-weeks in plain Python: tests build from them what counting hands over, and recompute what came out."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from anonymisation.cells.leaf_cell import Cell, LeafCell
from anonymisation.hierarchies.hierarchy import OrderedBands, Tree
from anonymisation.sides.axis_counts import AxisCounts

AGE_LABELS = ["0-15", "16-17", "18-24", "25-34", "35-44", "45-54", "55-64", "65+"]
FIRST_YEARS = [0, 16, 18, 25, 35, 45, 55, 65]

SMALL_TREE = Tree(
    [
        ("world", "world", None),
        ("west", "country", "world"),
        ("east", "country", "world"),
        ("sea", "country", "world"),
        *((f"w{n}", "subdivision", "west") for n in range(1, 5)),
        *((f"e{n}", "subdivision", "east") for n in range(1, 4)),
        ("sea-?", "subdivision", "sea"),
        ("??", "subdivision", "world"),
    ]
)
SMALL_BANDS = OrderedBands(["young", "middle", "old", "eldest"], [0, 18, 40, 65])


@dataclass(frozen=True)
class PersonWeek:
    """One person's week: where they are counted, and their measure (microseconds) and sessions."""

    codes: tuple[str, ...]
    measure: int
    sessions: int = 1


def leaf_cells_of(persons: Sequence[PersonWeek]) -> list[LeafCell]:
    by_codes: dict[tuple[str, ...], list[PersonWeek]] = defaultdict(list)
    for person in persons:
        by_codes[person.codes].append(person)
    cells = []
    for codes, members in sorted(by_codes.items()):
        measures = sorted((member.measure for member in members), reverse=True)
        second = measures[1] if len(measures) > 1 else 0
        sessions = sorted((member.sessions for member in members), reverse=True)
        tops = ((sessions[0], sessions[1] if len(sessions) > 1 else 0),)
        cells.append(LeafCell(codes, len(members), sum(measures), measures[0], second, (sum(sessions),), tops))
    return cells


def persons_in_cell(cell: Cell, persons: Sequence[PersonWeek]) -> list[PersonWeek]:
    return [
        person
        for person in persons
        if all(code in group.leaves for code, group in zip(person.codes, cell.groups, strict=True))
    ]


def is_anonymous(measures: Sequence[int], k: int, p: int) -> bool:
    """Promises 1 and 2, from the contributions themselves."""
    ordered = sorted(measures, reverse=True)
    return len(ordered) >= k and (p == 0 or sum(ordered[2:]) >= p * ordered[0] / 100)


def are_anonymous(persons: Sequence[PersonWeek], k: int, p: int) -> bool:
    """Promises 1 and 2, by every measure of these persons."""
    return all(is_anonymous(column, k, p) for column in ([x.measure for x in persons], [x.sessions for x in persons]))


def axis_counts_of(persons: Sequence[Mapping[int, tuple[int, int]]], positions: int, listed: int = 20) -> AxisCounts:
    """Counts from each person's {position: (sessions, measure)}; the `listed` heaviest by their whole week."""
    sessions, measure = [0] * positions, [0] * positions
    transitions: Counter[tuple[int, int]] = Counter()
    extents: Counter[tuple[int, int]] = Counter()
    for person in persons:
        held = sorted(person)
        transitions.update(zip([-1, *held], held, strict=False))
        extents[held[0], held[-1]] += 1
        for position, (count, duration) in person.items():
            sessions[position] += count
            measure[position] += duration
    vectors = [tuple(person.get(p, (0, 0))[1] for p in range(positions)) for person in persons]
    vectors.sort(key=lambda vector: (-sum(vector), vector))
    unlisted = max((sum(vector) for vector in vectors[listed:]), default=0)
    return AxisCounts(tuple(sessions), tuple(measure), transitions, extents, tuple(vectors[:listed]), unlisted)


def check_recoding(cells, persons, rules):
    """Every person is in exactly one cell, and every cell is anonymous and tells the sums of those in it."""
    if not persons:
        assert cells == []
        return
    if cells is None:
        assert not are_anonymous(persons, rules.k, rules.dominance_p)
        return
    inside = [persons_in_cell(cell, persons) for cell in cells]
    assert sorted(id(person) for members in inside for person in members) == sorted(map(id, persons))
    for cell, members in zip(cells, inside, strict=True):
        measures = [person.measure for person in members]
        assert are_anonymous(members, rules.k, rules.dominance_p)
        assert (cell.persons, cell.measure) == (len(members), sum(measures))
        assert cell.counts == (sum(person.sessions for person in members),)
    labels = [tuple((group.label, group.leaves) for group in cell.groups) for cell in cells]
    assert len(labels) == len(set(labels))
