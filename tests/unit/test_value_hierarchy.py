"""Hierarchies of any table's columns: what is refused, and which leaves a published value covers."""

import numpy as np
import pytest

from anonymisation.hierarchies.value_hierarchy import ValueHierarchy
from anonymisation.tables.generalised_values import GeneralisedColumn
from refusals.errors import UsageError

REGIONS = [
    ["Utrecht", "NL", "Europe", "*"],
    ["Zeeland", "NL", "Europe", "*"],
    ["Drenthe", "NL", "Europe", "*"],
    ["Paris", "FR", "Europe", "*"],
    ["Lyon", "FR", "Europe", "*"],
    ["Kyoto", "JP", "Asia", "*"],
]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "is empty"),
        ([["a", "x"], ["b"]], "ragged"),
        ([["a", "x"], ["a", "y"]], r"a leaf twice, .*'a' in lines 1 and 2"),
        ([["a", "x"], ["b", "x"], ["a", "y"], ["a", "x"], ["b", "z"]], r"'a' in lines 1 and 3, 'b' in lines 2 and 5"),
        ([["a", "x"], ["b"], ["c", "x"], ["", "x"]], r"line 2 has 1; it has an empty label.*level 0 in line 4"),
        (
            [["a", "x", "p", "*"], ["b", "x", "q", "*"], ["c", "y", "p", "-"]],
            r"'x' is under 'p' in line 1 and under 'q' in line 2.*'p' is under '\*' in line 1 and under '-' in line 3",
        ),
        ([["a", "*"], ["a", "*"]], "one leaf only"),
        ([["a", "x", "p"], ["b", "x", "q"]], "two parents"),
        ([["a", "*"]], "one leaf only"),
        ([["a", ""], ["b", ""]], "empty label"),
    ],
)
def test_what_is_no_hierarchy_is_refused_by_the_columns_name(rows: list[list[str]], said: str) -> None:
    with pytest.raises(UsageError, match=said) as refusal:
        ValueHierarchy.from_rows("region", rows, is_ordinal=False)
    assert "'region'" in str(refusal.value)


def test_rows_that_are_the_same_are_one() -> None:
    rows = [*REGIONS[:2], REGIONS[1], *REGIONS[2:], REGIONS[0]]
    one, other = (ValueHierarchy.from_rows("region", each, is_ordinal=True) for each in (REGIONS, rows))
    assert (one.labels, [nodes.tolist() for nodes in one.nodes]) == (
        other.labels,
        [nodes.tolist() for nodes in other.nodes],
    )


def test_a_top_level_of_several_nodes_gets_a_root() -> None:
    hierarchy = ValueHierarchy.from_rows("region", [row[:2] for row in REGIONS], is_ordinal=False)
    assert hierarchy.labels[-1] == ("*",)
    assert hierarchy.top == 2


@pytest.mark.parametrize(
    ("held", "covered", "label"),
    [
        ([0], [0], "Utrecht"),
        ([0, 1], [0, 1], "Utrecht+Zeeland"),
        ([0, 1, 2], [0, 1, 2], "NL"),
        ([0, 3], [0, 1, 2, 3, 4], "Europe"),
        ([5], [5], "Kyoto"),
        ([4, 5], [0, 1, 2, 3, 4, 5], "*"),
    ],
)
def test_a_categorical_value_covers_siblings_or_a_whole_node(held: list[int], covered: list[int], label: str) -> None:
    hierarchy = ValueHierarchy.from_rows("region", REGIONS, is_ordinal=False)
    closure = hierarchy.closure(np.array(held))
    assert closure.tolist() == covered
    column = GeneralisedColumn(hierarchy)
    assert column.values[column.number(closure)].label == label


def test_most_of_a_nodes_children_are_told_by_who_is_missing() -> None:
    rows = [[leaf, "letters"] for leaf in "abcdef"]
    hierarchy = ValueHierarchy.from_rows("letter", rows, is_ordinal=False)
    column = GeneralisedColumn(hierarchy)
    assert column.values[column.number(np.array([0, 1, 2, 3, 5]))].label == "letters except e"


def test_an_ordinal_value_covers_an_interval_of_neighbours() -> None:
    rows = [[str(age), f"{age // 5 * 5}-{age // 5 * 5 + 4}", "*"] for age in range(20, 40)]
    hierarchy = ValueHierarchy.from_rows("age", rows, is_ordinal=True)
    column = GeneralisedColumn(hierarchy)

    def label(*held: int) -> str:
        return column.values[column.number(hierarchy.closure(np.array(held)))].label

    assert label(3) == "23"
    assert label(3, 8) == "23-28"
    assert label(0, 4) == "20-24"
    assert label(0, 19) == "*"


@pytest.mark.parametrize(
    ("leaves", "label"),
    [
        (["18-24", "25-34", "35+", "x"], "18-34"),
        (["0-15", "16-17", "65+"], "16+"),
        (["low", "mid", "high"], "mid to high"),
    ],
)
def test_intervals_of_bands_are_told_by_their_ends(leaves: list[str], label: str) -> None:
    hierarchy = ValueHierarchy.from_rows("band", [[leaf] for leaf in leaves], is_ordinal=True)
    column = GeneralisedColumn(hierarchy)
    first = 1 if len(leaves) == 3 else 0
    assert column.values[column.number(np.arange(first, first + 2))].label == label


def test_one_label_never_stands_for_two_sets_of_leaves() -> None:
    rows = [["other", "other", "*"], ["a", "other", "*"], ["b", "some", "*"], ["a+b", "some", "*"], ["c", "some", "*"]]
    hierarchy = ValueHierarchy.from_rows("kind", rows, is_ordinal=False)
    column = GeneralisedColumn(hierarchy)
    sets = [[0], [1], [0, 1], [2], [3], [2, 3], [2, 4], [3, 4], [2, 3, 4], [0, 1, 2, 3, 4]]
    labels = [column.values[column.number(np.array(leaves))].label for leaves in sets]
    assert len(set(labels)) == len(sets)
