"""Unions of whole cells by region of which engaged sessions may be told: as fine as they come, coarser where they must.

Every cell of the week is in exactly one union, so that a sum or difference of unions is again unions, of which what has
to hold (`engagement.py`) holds again. Begun is with the finest unions that no cell crosses. Going up the region tree,
each one inside a node that may not be told, the smallest first, is put together with others inside the node until it
may: with such as may not be told either, if those are enough; else also with what was put together before; else also
with finest ones that may be told, with few persons. At each turn joins, if there is one, what suffices; of equals what
tells persons among the fewest leaves. What finds too little inside a node goes on to the node above, and what may be
told stays. At the root everything can join, so nothing is told of a week exactly if the whole of it may not be.

No proof that no other merging keeps more: that would be bin covering. `tests/unit/test_engaged_unions.py` compares
small weeks with all mergings there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

from anonymisation.cells.disclosure import Rules
from anonymisation.cells.engagement import Engagement, may_be_told, together
from anonymisation.cells.leaf_cell import Cell
from anonymisation.cells.unions import Union, finest_unions
from anonymisation.hierarchies.hierarchy import Tree
from refusals.errors import InputRefused, PublicationRefused


@dataclass(frozen=True, eq=False)
class EngagedUnion:
    """A union of whole cells, and what is true of each of them, in their order."""

    union: Union
    of_cells: tuple[Engagement, ...]

    @cached_property
    def engagement(self) -> Engagement:
        """What is true of all persons of the union."""
        return together(self.of_cells)


class _Kind(IntEnum):
    """In which order unions join one that may not be told."""

    OPEN = 0  # may not be told either
    MERGED = 1  # was put together, and may be told
    FINEST = 2  # may be told as it came


_Kinds = dict[EngagedUnion, _Kind]


def engaged_unions(
    cells: Sequence[Cell], engagements: Sequence[Engagement], tree: Tree, rules: Rules
) -> list[EngagedUnion]:
    """Unions of whole cells that may be told, every cell in exactly one; none where not even the whole week may be.

    `cells`: their first dimension is the region, of `tree`; `engagements`: one a cell. In the tree's order.

    Raises:
        InputRefused: a cell and its engagement are not about the same persons.
        PublicationRefused: the last look found a fault.
    """
    if [cell.persons for cell in cells] != [one.persons for one in engagements]:
        raise InputRefused("engagement: one of each cell, of the persons in it")
    of_cell = {id(cell): one for cell, one in zip(cells, engagements, strict=True)}
    placed: dict[str, list[EngagedUnion]] = {}
    for union in finest_unions(cells, 0):
        finest = EngagedUnion(union, tuple(of_cell[id(cell)] for cell in union.cells))
        placed.setdefault(tree.smallest_node_over(union.group.leaves), []).append(finest)
    kinds = _settled(placed, tree, rules)
    if _Kind.OPEN in kinds.values():
        return []
    unions = sorted(kinds, key=lambda one: tree.position(one.union.group.leaves[0]))
    _check(unions, cells, rules)
    return unions


def _settled(placed: dict[str, list[EngagedUnion]], tree: Tree, rules: Rules) -> _Kinds:
    """The unions of the whole tree. `placed`: the finest ones, by the smallest node around each."""
    inside: dict[str, _Kinds] = {}
    for node in reversed(tree.nodes.values()):  # children before their parents
        kinds = {
            one: _Kind.FINEST if may_be_told(one.engagement, rules) else _Kind.OPEN for one in placed.get(node.code, ())
        }
        for child in node.children:
            kinds |= inside.pop(child)
        inside[node.code] = _settled_inside(kinds, tree, rules)
    return inside[tree.root]


def _settled_inside(kinds: _Kinds, tree: Tree, rules: Rules) -> _Kinds:
    """The unions of a node: those that could not be told are put together as far as others inside suffice."""
    open_ones = [one for one, kind in kinds.items() if kind == _Kind.OPEN]
    settled = dict(kinds)
    for one in sorted(open_ones, key=lambda one: (one.union.persons, tree.position(one.union.group.leaves[0]))):
        for last in _Kind if one in settled else ():  # else another has taken it along
            others = {other: kind for other, kind in settled.items() if other is not one and kind <= last}
            taken = _enough(one, others, tree, rules)
            if taken:
                settled = {other: kind for other, kind in settled.items() if other not in taken}
                settled[_merged(taken, tree)] = _Kind.MERGED
                break
    return settled


def _enough(one: EngagedUnion, others: _Kinds, tree: Tree, rules: Rules) -> list[EngagedUnion] | None:
    """`one` and those of the others with which it may be told; None: all of them are not enough."""
    taken, so_far, leaves, others = [one], one.engagement, len(one.union.group.leaves), dict(others)
    while not may_be_told(so_far, rules):
        if not others:
            return None
        costs = {other: _cost(so_far, leaves, other, kind, rules) for other, kind in others.items()}
        joining = min(others, key=lambda other: (costs[other], tree.position(other.union.group.leaves[0])))
        del others[joining]
        taken.append(joining)
        so_far, leaves = together([so_far, joining.engagement]), leaves + len(joining.union.group.leaves)
    return taken


def _cost(so_far: Engagement, leaves: int, other: EngagedUnion, kind: _Kind, rules: Rules) -> tuple[int, ...]:
    """What is lost if the other joins: it may not suffice, or be told by itself; leaves that persons are told among."""
    persons, beside = other.union.persons, len(other.union.group.leaves)
    return (
        not may_be_told(together([so_far, other.engagement]), rules),
        kind,
        persons if kind == _Kind.FINEST else 0,
        so_far.persons * beside + persons * leaves,
    )


def _merged(unions: Sequence[EngagedUnion], tree: Tree) -> EngagedUnion:
    group = tree.group([leaf for one in unions for leaf in one.union.group.leaves])
    cells = tuple(cell for one in unions for cell in one.union.cells)
    return EngagedUnion(Union(group, cells), tuple(of for one in unions for of in one.of_cells))


def _check(unions: Sequence[EngagedUnion], cells: Sequence[Cell], rules: Rules) -> None:
    """The last look before unions leave this package: each may be told, no leaf in two, no cell lost or cut.

    Raises:
        PublicationRefused: one of these does not hold.
    """
    leaves = [leaf for one in unions for leaf in one.union.group.leaves]
    held = sorted(id(cell) for one in unions for cell in one.union.cells)
    whole = all(set(cell.groups[0].leaves) <= set(one.union.group.leaves) for one in unions for cell in one.union.cells)
    if len(set(leaves)) != len(leaves) or held != sorted(id(cell) for cell in cells) or not whole:
        raise PublicationRefused("engaged sessions: a cell was cut, lost or counted twice: nothing was published")
    if not all(may_be_told(one.engagement, rules) for one in unions):
        raise PublicationRefused("engaged sessions: a union of too few was to be told: nothing was published")
