"""Hierarchies in the field's usual form, one row a leaf: `leaf; level 1; level 2; …; *`.

Reading and refusing is `ValueHierarchy.from_rows`; here a hierarchy is written as rows, and what was read becomes
one that recoding can split. Pure: rows in, rows out.
"""

from anonymisation.hierarchies.hierarchy import Hierarchy, OrderedBands, Tree
from anonymisation.hierarchies.value_hierarchy import ValueHierarchy

ROOT = "*"
_Rows = list[tuple[str, ...]]


def rows_of(hierarchy: Hierarchy) -> _Rows:
    """One row a leaf, in the hierarchy's order, all of one length.

    Where a branch of a tree is shorter than others, its last node stands in the missing levels too. Bands and
    categories have one level over them; that neighbouring bands may merge to intervals is not in this form, but in the
    kind (`ordinal`) that is told beside it.
    """
    if not isinstance(hierarchy, Tree):
        return [(leaf, ROOT) for leaf in hierarchy.leaves]
    heights = _heights(hierarchy)
    return [_row(hierarchy, heights, leaf) for leaf in hierarchy.leaves]


def hierarchy_of(values: ValueHierarchy) -> Hierarchy:
    """Ordered bands, or a tree in which nodes over the same leaves are one node (the lowest).

    A label that an other node has already gets its level behind it.
    """
    if values.is_ordinal:
        return OrderedBands(values.leaves)
    covered: dict[tuple[int, ...], str] = {(leaf,): values.leaves[leaf] for leaf in range(len(values.leaves))}
    code_above: dict[str, str] = {}
    taken = set(values.leaves)
    level_of = dict.fromkeys(values.leaves, "leaf")
    order = list(values.leaves)
    code_at = list(values.leaves)  # the topmost node so far over each leaf
    for level in range(1, values.top + 1):
        members: dict[int, list[int]] = {}
        for leaf, node in enumerate(values.nodes[level].tolist()):
            members.setdefault(node, []).append(leaf)
        for node, leaves in members.items():
            if tuple(leaves) in covered:
                continue
            code = values.labels[level][node]
            while code in taken:
                code += f" (level {level})"
            taken.add(code)
            covered[tuple(leaves)] = code
            level_of[code] = f"level {level}"
            order.append(code)
            for leaf in leaves:
                code_above[code_at[leaf]] = code
                code_at[leaf] = code
    return Tree([(code, level_of[code], code_above.get(code)) for code in reversed(order)])


def _heights(tree: Tree) -> dict[str, int]:
    heights: dict[str, int] = {}
    for node in reversed(tree.nodes.values()):
        heights[node.code] = 1 + max((heights[child] for child in node.children), default=-1)
    return heights


def _row(tree: Tree, heights: dict[str, int], leaf: str) -> tuple[str, ...]:
    row = [leaf]
    while len(row) <= heights[tree.root]:
        above = tree.nodes[row[-1]].parent
        row.append(above if above is not None and heights[above] <= len(row) else row[-1])
    return tuple(row)
