"""Atoms, and what was published as sums of them: as an attacker writes it down, with the interval of each value.

An atom is the smallest set of person-weeks that any figure tells apart (a leaf cell of a week, say). It carries its
week, so that weeks share nothing, and a re-issued week or a quarterly sum shares all with what it was made of.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from anonymisation.cells.leaf_cell import Cell, LeafCell, merged_top_two

Atom = tuple[str, ...]  # the block (week and source), then a code a dimension
Interval = tuple[int, int]  # lowest and highest value that rounding leaves open; equal where the figure is exact

PERSONS = "persons"
MEASURE = "measure"  # the dominance measure, in the unit of `LeafCell.measure`


@dataclass(frozen=True)
class PublishedFigure:
    """One published row: the sum of `coefficients` x atoms, for each measure within `values`."""

    name: str
    coefficients: Mapping[Atom, int]
    values: Mapping[str, Interval]


@dataclass(frozen=True)
class AtomCounts:
    """What is true of one atom: its persons, its dominance measure with the two largest contributions, other sums.

    `tops`: of those sums that dominance is judged on, the two largest contributions.
    """

    persons: int
    measure: int = 0
    largest: int = 0
    second: int = 0
    sums: Mapping[str, int] = field(default_factory=dict)
    tops: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def further(self) -> list[tuple[int, int, int]]:
        """Total, largest and second largest contribution of each of those sums."""
        return [(self.sums[name], *top) for name, top in self.tops.items()]

    def of(self, name: str) -> int:
        """One of its figures, by the measure's name."""
        return self.persons if name == PERSONS else self.measure if name == MEASURE else self.sums[name]


def sum_of_atoms(counts: Iterable[AtomCounts]) -> AtomCounts:
    """What is true of several atoms together (they share no person)."""
    members = list(counts)
    largest, second = merged_top_two((one.largest, one.second) for one in members)
    names = {name for one in members for name in one.sums}
    judged = {name for one in members for name in one.tops}
    return AtomCounts(
        sum(one.persons for one in members),
        sum(one.measure for one in members),
        largest,
        second,
        {name: sum(one.sums.get(name, 0) for one in members) for name in sorted(names)},
        {name: merged_top_two(one.tops.get(name, (0, 0)) for one in members) for name in sorted(judged)},
    )


def rounded(value: int, unit: int) -> Interval:
    """What a value told in whole `unit`s, rounded half up, leaves open; no figure is below zero."""
    whole = (value + unit // 2) // unit * unit
    return max(0, whole - unit // 2), max(0, whole + (unit - 1) // 2)


def atoms_of_leaf_cells(block: str, leaf_cells: Sequence[LeafCell], counts: Sequence[str]) -> dict[Atom, AtomCounts]:
    """The atoms of one week of one source (`block` names both): its leaf cells. `counts` names `LeafCell.counts`."""
    return {
        (block, *leaf.codes): AtomCounts(
            leaf.persons,
            leaf.measure,
            leaf.largest,
            leaf.second,
            dict(zip(counts, leaf.counts, strict=True)),
            dict(zip(counts, leaf.tops, strict=True)) if leaf.tops else {},
        )
        for leaf in leaf_cells
    }


def figures_of_cells(  # noqa: PLR0917
    block: str, cube: str, cells: Sequence[Cell], atoms: Iterable[Atom], counts: Sequence[str], unit: int
) -> list[PublishedFigure]:
    """The rows of a core cube over a week's atoms; the measure is told in whole `unit`s."""
    covered = [[frozenset(group.leaves) for group in cell.groups] for cell in cells]
    beginning_with: dict[str, list[int]] = {}
    for number, (first, *_) in enumerate(covered):
        for leaf in first:
            beginning_with.setdefault(leaf, []).append(number)
    inside: list[list[Atom]] = [[] for _ in cells]
    for atom in atoms:
        _, *codes = atom
        for number in beginning_with.get(codes[0], ()):
            if all(code in leaves for code, leaves in zip(codes, covered[number], strict=True)):
                inside[number].append(atom)
    return [
        PublishedFigure(
            f"{cube} {block}: {', '.join(group.label for group in cell.groups)}",
            dict.fromkeys(members, 1),
            {
                PERSONS: (cell.persons, cell.persons),
                MEASURE: rounded(cell.measure, unit),
                **{name: (value, value) for name, value in zip(counts, cell.counts, strict=True)},
            },
        )
        for cell, members in zip(cells, inside, strict=True)
    ]
