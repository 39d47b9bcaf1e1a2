"""What a merge gives away to whoever knows how the recoding chooses: the minimality attack, tried on the week itself.

Such an attacker excludes every table under which other cells would have been published. A merged leaf of fewer than k
persons stays hidden as long as a table with another figure for it is left. One such table is looked for: within each
merged cell the leaves exchange their figures, so that every cell stays as it is, and the week is recoded again. Where
all cells come out the same, the table cannot be excluded. Where some do not, only the others' leaves exchange theirs,
and the week is recoded again, a few times.

For the leaves found this is a proof. For the others nothing is shown: neither that they leak nor that they do not.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from anonymisation.disclosure import Rules
from anonymisation.leaf_cell import Cell, LeafCell
from anonymisation.recoding import members_of

MOST_TRIES = 4

Recode = Callable[[list[LeafCell]], list[Cell] | None]
Rows = list[tuple[object, ...]]


@dataclass(frozen=True)
class MergedLeaves:
    """Leaves of fewer than k persons in merged cells: how many, and how many of them another table hides."""

    small: int
    hidden: int


def merged_leaves(leaf_cells: Sequence[LeafCell], cells: Sequence[Cell], recode: Recode, rules: Rules) -> MergedLeaves:
    """`cells`: what `recode` made of `leaf_cells`. Hidden: persons and measure can both be more than p % different."""
    published = _rows(cells)
    members = members_of(
        [tuple(group.leaves for group in cell.groups) for cell in cells], [leaf.codes for leaf in leaf_cells]
    )
    small = [leaf for inside in members if len(inside) > 1 for leaf in inside if leaf_cells[leaf].persons < rules.k]
    hidden: set[int] = set()
    for step in (1, -1):
        chosen = {number for number, inside in enumerate(members) if len(inside) > 1}
        for _ in range(MOST_TRIES):
            other = _exchanged(leaf_cells, [members[number] for number in sorted(chosen)], step)
            again = recode(other)
            kept = set(_rows(again)) if again else set()
            if kept == set(published):
                hidden.update(n for n in small if _is_other(leaf_cells[n], other[n], rules))
                break
            chosen = {number for number in chosen if published[number] in kept}
    return MergedLeaves(len(small), len(hidden))


def _exchanged(leaf_cells: Sequence[LeafCell], groups: Sequence[Sequence[int]], step: int) -> list[LeafCell]:
    """Within each group, every leaf gets the figures of the next one by size."""
    other = list(leaf_cells)
    for group in groups:
        by_size = sorted(group, key=lambda n: (leaf_cells[n].persons, leaf_cells[n].measure, leaf_cells[n].codes))
        for place, number in enumerate(by_size):
            giver = leaf_cells[by_size[(place + step) % len(by_size)]]
            other[number] = LeafCell(
                leaf_cells[number].codes, giver.persons, giver.measure, giver.largest, giver.second, giver.counts
            )
    return other


def _is_other(leaf: LeafCell, other: LeafCell, rules: Rules) -> bool:
    return all(
        abs(one - two) * 100 > rules.dominance_p * one
        for one, two in ((leaf.persons, other.persons), (leaf.measure, other.measure))
    )


def _rows(cells: Sequence[Cell]) -> Rows:
    """What is published of the cells, and nothing else."""
    return [(*(group.leaves for group in cell.groups), cell.persons, cell.measure, cell.counts) for cell in cells]
