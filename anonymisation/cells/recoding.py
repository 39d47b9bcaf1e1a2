"""Leaf cells → cells that may be published: deterministic, and a function of the week's leaf cells alone.

Two steps. First an anchor grid (`anchor_grid.py`), so that cells of different regions and ages align and side marts can
be told finely; then each block of the grid is divided with the least information lost (`block_optimum.py`). Without
alignment, the second step alone divides the whole week: its GCP is lower, its unions coarser.

What the choice of a partition tells beyond its cells: who knows this code knows that every finer partition of the
family was unsafe or lost more, hence inequalities on leaf counts (that two merged neighbours were not both safe, say).
Splits are made on safe parts only and never on an exact count, and no inequality isolates a person by itself; whether
several of them together bound a small set too tightly is for the release audit to check (docs/privacy-promise.md).
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, product

from anonymisation.cells.age_blocks import SideBlocks
from anonymisation.cells.anchor_grid import AnchorGrid
from anonymisation.cells.block_optimum import BlockOptimum
from anonymisation.cells.disclosure import Rules, is_safe
from anonymisation.cells.leaf_cell import Cell, LeafCell, cell_of, check_leaf_cells
from anonymisation.cells.reference_partition import ReferencePartition
from anonymisation.hierarchies.hierarchy import Group, Hierarchy, OrderedBands, Tree
from anonymisation.hierarchies.leaf_box import LeafSets
from refusals.errors import InputRefused, PublicationRefused

_NO_TREE = Tree([("", "all", None)])


def recode(
    leaf_cells: Sequence[LeafCell],
    hierarchies: Sequence[Hierarchy],
    rules: Rules,
    *,
    aligned: bool = True,
    fitted: bool = False,
    reference: ReferencePartition | None = None,
) -> list[Cell] | None:
    """Every leaf cell in exactly one cell, every cell safe; None where even all together are unsafe.

    One hierarchy a dimension. Of two trees the larger is split with rest groups, the other into all children or not.
    `aligned`: two dimensions, a tree and ordered bands, are recoded along a grid, so that the finest unions by region
    and by age stay fine; without, and for other dimensions, less is lost. No leaf cells: no cells. Cells are in the
    hierarchies' order of their first leaves. A combination of groups without a person has no cell.
    `fitted`: intervals begin and end with bands that somebody is in, and tell that; else none is divided into
    a part without persons, and bands with and without persons cost alike (side_blocks.py).
    `reference`: cells that are kept wherever they are safe (reference_partition.py), of the same hierarchies.

    Raises:
        InputRefused: the figures are no counts, or a code is outside its hierarchy.
    """
    check_leaf_cells(leaf_cells, len(hierarchies))
    if not leaf_cells:
        return []
    whole = cell_of((), leaf_cells)
    if not is_safe(whole, rules):
        return None
    if reference is not None:
        described = reference.recode(leaf_cells, rules, partial(recode, aligned=aligned, fitted=fitted))
    else:
        described = _least_loss(leaf_cells, hierarchies, rules, aligned=aligned, fitted=fitted)
    cells = _fill(described, leaf_cells, hierarchies)
    check_cells(cells, whole, rules)
    return cells


def _least_loss(
    leaf_cells: Sequence[LeafCell], hierarchies: Sequence[Hierarchy], rules: Rules, *, aligned: bool, fitted: bool
) -> list[LeafSets]:
    """What each cell covers, as little as can be; the leaf cells are safe together."""
    axis = _tree_axis(hierarchies)
    tree = hierarchies[axis] if axis is not None else _NO_TREE
    if not isinstance(tree, Tree):
        raise InputRefused("only a tree can be split with rest groups")
    side_axes = [dimension for dimension in range(len(hierarchies)) if dimension != axis]
    sides = SideBlocks(
        [hierarchies[dimension] for dimension in side_axes],
        [{leaf.codes[dimension] for leaf in leaf_cells} for dimension in side_axes],
        fitted=fitted,
    )
    optimum = BlockOptimum(tree, sides, [_tree_first(leaf, axis) for leaf in leaf_cells], rules)
    blocks = [(optimum.root, sides.everything)]
    if aligned and axis is not None and len(hierarchies) == 2 and isinstance(hierarchies[1 - axis], OrderedBands):
        blocks = AnchorGrid(optimum).blocks()
    parts = (part for block, side in blocks for part in optimum.partition(block, side))
    return [_leaf_sets(tree, axis, codes, sides, side) for codes, side in parts]


def check_cells(cells: Sequence[Cell], whole: Cell, rules: Rules) -> None:
    """The last look before cells leave this package: each safe, and together the whole.

    Raises:
        PublicationRefused: a cell is unsafe, or persons are lost or counted twice.
    """
    if not all(is_safe(cell, rules) for cell in cells):
        raise PublicationRefused("recoding made an unsafe cell: nothing was published")
    totals = (sum(c.persons for c in cells), sum(c.measure for c in cells))
    counts = tuple(map(sum, zip(*(cell.counts for cell in cells), strict=True)))
    if totals != (whole.persons, whole.measure) or counts != whole.counts:
        raise PublicationRefused("recoding lost a leaf cell or counted one twice: nothing was published")


def _tree_axis(hierarchies: Sequence[Hierarchy]) -> int | None:
    trees = [d for d, hierarchy in enumerate(hierarchies) if isinstance(hierarchy, Tree)]
    return max(trees, key=lambda d: (len(hierarchies[d].leaves), -d), default=None)


def _tree_first(leaf: LeafCell, axis: int | None) -> LeafCell:
    code = leaf.codes[axis] if axis is not None else _NO_TREE.root
    others = tuple(other for dimension, other in enumerate(leaf.codes) if dimension != axis)
    return replace(leaf, codes=(code, *others))


def _leaf_sets(tree: Tree, axis: int | None, codes: tuple[str, ...], sides: SideBlocks, side: int) -> LeafSets:
    groups = sides.groups_of(side)
    if axis is not None:
        groups.insert(axis, tuple(chain.from_iterable(tree.nodes[code].leaves for code in codes)))
    return tuple(groups)


def _fill(
    described: Sequence[LeafSets], leaf_cells: Sequence[LeafCell], hierarchies: Sequence[Hierarchy]
) -> list[Cell]:
    known: dict[tuple[int, tuple[str, ...]], Group] = {}
    cells = []
    members = members_of(described, [leaf.codes for leaf in leaf_cells])
    for leaf_sets, inside in zip(described, members, strict=True):
        for dimension, leaves in enumerate(leaf_sets):
            if (dimension, leaves) not in known:
                known[dimension, leaves] = hierarchies[dimension].group(leaves)
        groups = tuple(known[key] for key in enumerate(leaf_sets))
        cells.append(cell_of(groups, (leaf_cells[number] for number in inside)))
    return sorted(
        cells, key=lambda cell: [h.position(g.leaves[0]) for h, g in zip(hierarchies, cell.groups, strict=True)]
    )


def members_of(described: Sequence[LeafSets], codes: Sequence[tuple[str, ...]]) -> list[list[int]]:
    """For each cell, the numbers of the leaf cells inside it.

    Raises:
        PublicationRefused: a leaf cell is in none.
    """
    observed = [set(column) for column in zip(*codes, strict=True)]
    cell_at: dict[tuple[str, ...], int] = {}
    for number, leaf_sets in enumerate(described):
        present = ([leaf for leaf in s if leaf in o] for s, o in zip(leaf_sets, observed, strict=True))
        cell_at.update(dict.fromkeys(product(*present), number))
    members: list[list[int]] = [[] for _ in described]
    for number, combination in enumerate(codes):
        if combination not in cell_at:
            raise PublicationRefused("recoding left a leaf cell without a cell: nothing was published")
        members[cell_at[combination]].append(number)
    return members
