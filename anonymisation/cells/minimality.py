"""What a merge gives away to whoever knows how the recoding chooses: the minimality attack, tried on the week itself.

Such an attacker excludes every table under which other cells would have been published (Wong et al. 2007). A merged
leaf of fewer than k persons stays hidden as long as a table with another figure for it is left. One such table is
looked for: the leaf exchanges its figures with one other leaf of its cell, so that every cell stays as it is, and the
week is recoded again. Where all cells come out the same, the table cannot be excluded.

Many pairs are tried in one table: where that comes out the same, it hides all of them. Where it does not, they are
divided, first into those of cells that came out the same and the others, until what fails is one pair; its leaves then
try others. For the leaves found this is a proof. For the others nothing is shown: neither that they leak nor that they
do not.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from anonymisation.cells.disclosure import Rules
from anonymisation.cells.leaf_cell import Cell, LeafCell
from anonymisation.cells.recoding import members_of

#: Leaves that a leaf tries to change places with, before it is left unproven.
MOST_PARTNERS = 12
#: Tables that are recoded for one week, and the leaf cells in all of them together, so that the trial of the widest
#: week costs seconds; what they do not reach is left unproven.
MOST_TABLES = 60
MOST_LEAF_CELLS = 20_000

Recode = Callable[[list[LeafCell]], list[Cell] | None]
Pair = tuple[int, int]


@dataclass(slots=True)
class Tables:
    """How many more tables may be recoded."""

    left: int

    @classmethod
    def of(cls, leaf_cells: Sequence[LeafCell]) -> "Tables":
        """What a week of so many leaf cells may take: at least one."""
        return cls(max(1, min(MOST_TABLES, MOST_LEAF_CELLS // max(1, len(leaf_cells)))))


@dataclass(frozen=True, slots=True)
class MergedLeaves:
    """Leaf cells of fewer than k persons in merged cells, by number; those that no other table was found for.

    `untried`: of these, the ones that had more partners to try when `MOST_TABLES` was reached.
    """

    small: frozenset[int]
    unproven: frozenset[int]
    untried: frozenset[int] = frozenset()


def merged_leaves(leaf_cells: Sequence[LeafCell], cells: Sequence[Cell], recode: Recode, rules: Rules) -> MergedLeaves:
    """`cells`: what `recode` made of `leaf_cells`. Hidden: persons and measure can both be more than p % different."""
    members = members_of_cells(cells, leaf_cells)
    small = {n for inside in members if len(inside) > 1 for n in inside if leaf_cells[n].persons < rules.k}
    partners = _Attack(leaf_cells, cells, members, recode, rules, Tables.of(leaf_cells)).unproven(small)
    return MergedLeaves(
        frozenset(small), frozenset(partners), frozenset(leaf for leaf, left in partners.items() if left)
    )


def unproven_in(  # noqa: PLR0917
    leaf_cells: Sequence[LeafCell],
    cells: Sequence[Cell],
    members: Sequence[Sequence[int]],
    leaves: set[int],
    recode: Recode,
    rules: Rules,
    tables: Tables,
) -> set[int]:
    """Of these leaves, those for which no exchange within their cell comes out as the same cells.

    `members`: the numbers of the leaf cells in each of `cells`. `tables`: what is left of them is counted down.
    """
    return set(_Attack(leaf_cells, cells, members, recode, rules, tables).unproven(leaves))


def members_of_cells(cells: Sequence[Cell], leaf_cells: Sequence[LeafCell]) -> list[list[int]]:
    """For each cell, the numbers of the leaf cells inside it."""
    described = [tuple(group.leaves for group in cell.groups) for cell in cells]
    return members_of(described, [leaf.codes for leaf in leaf_cells])


def published_rows(cells: Sequence[Cell]) -> list[tuple[object, ...]]:
    """What is published of the cells, and nothing else."""
    return [(*(group.leaves for group in cell.groups), cell.persons, cell.measure, cell.counts) for cell in cells]


class _Attack:
    """One week's leaf cells, and what was made of them."""

    def __init__(  # noqa: PLR0917
        self,
        leaf_cells: Sequence[LeafCell],
        cells: Sequence[Cell],
        members: Sequence[Sequence[int]],
        recode: Recode,
        rules: Rules,
        tables: Tables,
    ) -> None:
        self._leaf_cells, self._members, self._recode, self._rules = leaf_cells, members, recode, rules
        self._published, self._tables = published_rows(cells), tables
        self._cell_of = {leaf: number for number, inside in enumerate(members) for leaf in inside}

    def unproven(self, leaves: set[int]) -> dict[int, list[int]]:
        """The leaves that no other table was found for, each with the partners that it did not come to."""
        partners = {leaf: self._partners(leaf) for leaf in sorted(leaves)}
        while self._tables.left and (pairs := self._disjoint_pairs(partners)):
            for pair in self._kept(pairs):
                for leaf, other in (pair, pair[::-1]):
                    if self._is_other(leaf, other):
                        partners.pop(leaf, None)
        return partners

    def _partners(self, leaf: int) -> list[int]:
        """Leaves of its cell with other figures, those of like size first."""
        figures = self._leaf_cells[leaf]
        others = [other for other in self._members[self._cell_of[leaf]] if self._is_other(leaf, other)]
        others.sort(key=lambda other: (abs(self._leaf_cells[other].persons - figures.persons), other))
        return others[:MOST_PARTNERS]

    def _is_other(self, leaf: int, other: int) -> bool:
        one, two = self._leaf_cells[leaf], self._leaf_cells[other]
        return all(
            abs(mine - theirs) * 100 > self._rules.dominance_p * mine
            for mine, theirs in ((one.persons, two.persons), (one.measure, two.measure))
        )

    @staticmethod
    def _disjoint_pairs(partners: dict[int, list[int]]) -> list[Pair]:
        """For each leaf the next partner, as far as both are free; takes it off its list."""
        taken: set[int] = set()
        pairs = []
        for leaf, others in partners.items():
            other = next((other for other in others if other not in taken), None)
            if leaf not in taken and other is not None:
                others.remove(other)
                taken |= {leaf, other}
                pairs.append((leaf, other))
        return pairs

    def _kept(self, pairs: list[Pair]) -> list[Pair]:
        """The pairs that were part of an exchange after which the same cells come out."""
        if not self._tables.left:
            return []
        self._tables.left -= 1
        rows = self._rows_after(pairs)
        if rows == self._published:
            return pairs
        if len(pairs) == 1:
            return []
        still = set(rows)
        unchanged = [pair for pair in pairs if self._published[self._cell_of[pair[0]]] in still]
        changed = [pair for pair in pairs if pair not in unchanged]
        if not unchanged or not changed:
            unchanged, changed = pairs[::2], pairs[1::2]
        return self._kept(unchanged) + self._kept(changed)

    def _rows_after(self, pairs: list[Pair]) -> list[tuple[object, ...]]:
        other = list(self._leaf_cells)
        for one, two in pairs:
            other[one] = replace(self._leaf_cells[two], codes=self._leaf_cells[one].codes)
            other[two] = replace(self._leaf_cells[one], codes=self._leaf_cells[two].codes)
        return published_rows(self._recode(other) or [])
