"""A hierarchy in the field's usual form (one row a leaf: `leaf; level 1; …; *`) as one that recoding can split.

Reading and refusing is `ValueHierarchy.from_rows`.
"""

from anonymisation.hierarchies.hierarchy import Hierarchy, OrderedBands, Tree
from anonymisation.hierarchies.value_hierarchy import ValueHierarchy


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
