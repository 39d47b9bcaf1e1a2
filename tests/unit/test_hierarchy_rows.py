import pytest

from anonymisation.hierarchies.hierarchy import OrderedBands, Tree, region_hierarchy
from anonymisation.hierarchies.hierarchy_rows import hierarchy_of
from anonymisation.hierarchies.value_hierarchy import ValueHierarchy
from refusals.errors import UsageError
from tests.worlds.person_weeks import SMALL_TREE


def rows_of(tree: Tree) -> list[tuple[str, ...]]:
    """One row a leaf, all of one length: of a branch shorter than others the leaf stands in the first levels too."""
    above = []
    for leaf in tree.leaves:
        row = [leaf]
        while (parent := tree.nodes[row[-1]].parent) is not None:
            row.append(parent)
        above.append(row)
    longest = max(map(len, above))
    return [(row[0],) * (longest - len(row)) + tuple(row) for row in above]


@pytest.mark.parametrize("tree", [SMALL_TREE, region_hierarchy()], ids=["small", "regions"])
def test_a_tree_that_was_written_is_read_as_the_same_sets_of_leaves(tree):
    read = hierarchy_of(ValueHierarchy.from_rows("region", rows_of(tree), is_ordinal=False))
    assert set(read.leaves) == set(tree.leaves)
    assert {frozenset(node.leaves) for node in read.nodes.values()} == {
        frozenset(node.leaves) for node in tree.nodes.values()
    }


def test_bands_that_were_read_keep_their_order_and_are_told_by_their_ends():
    bands = hierarchy_of(ValueHierarchy.from_rows("dose", [("low", "*"), ("mid", "*"), ("high", "*")], is_ordinal=True))
    assert isinstance(bands, OrderedBands)
    assert bands.group(["mid", "low"]).label == "low to mid"
    assert bands.group(bands.leaves).label == "all"


def test_a_label_at_two_levels_over_other_leaves_is_told_apart():
    rows = [("a", "x", "*"), ("b", "x", "*"), ("x", "x2", "*"), ("c", "*", "*")]
    tree = hierarchy_of(ValueHierarchy.from_rows("any", rows, is_ordinal=False))
    assert {(code, node.leaves) for code, node in tree.nodes.items() if len(node.leaves) > 1} == {
        ("x (level 1)", ("a", "b")),
        ("*", tree.nodes["*"].leaves),
    }
    assert set(tree.leaves) == {"a", "b", "c", "x"}


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [("a", "*"), ("b",)],
        [("a", "*"), ("a", "*")],
        [("a", "x", "p"), ("b", "x", "q")],
        [("a", "*")],
        [("a", " "), ("b", "*")],
    ],
    ids=["empty", "ragged", "leaf twice", "two parents", "one leaf", "no label"],
)
def test_what_is_no_hierarchy_is_refused_by_its_column(rows):
    with pytest.raises(UsageError, match="'diagnosis'"):
        ValueHierarchy.from_rows("diagnosis", rows, is_ordinal=False)
