from itertools import combinations

import pytest

from anonymisation.hierarchies.hierarchy import FlatCategories, Tree, flat_categories, ordered_bands, region_hierarchy
from policy.region_table import regions
from refusals.errors import InputRefused, UsageError
from tests.worlds.person_weeks import AGE_LABELS, FIRST_YEARS, SMALL_TREE

AGES = ordered_bands(AGE_LABELS, FIRST_YEARS)


def leaves_below(code: str) -> set[str]:
    table = regions()
    has_children = {region.parent for region in table.values()}
    below = {code}
    while True:
        more = {c for c, region in table.items() if region.parent in below} | below
        if more == below:
            return {c for c in below if c not in has_children}
        below = more


def test_every_leaf_of_the_region_table_belongs():
    assert set(region_hierarchy().leaves) == leaves_below("001")


@pytest.mark.parametrize(
    ("code", "level", "parent"),
    [("001", "world", None), ("155", "subregion", "001"), ("NL", "country", "155"), ("NL-GE", "subdivision", "NL")],
)
def test_a_node_is_told_by_its_code_with_every_leaf_observed_or_not(code, level, parent):
    group = region_hierarchy().group(leaves_below(code))
    assert (group.label, group.level, group.parent) == (code, level, parent)
    assert set(group.leaves) == leaves_below(code)
    assert len(group.leaves) == len(set(group.leaves))


def test_a_country_of_one_leaf_is_told_as_the_country():
    assert region_hierarchy().group(["VA-?"]).label == "VA"


@pytest.mark.parametrize(
    ("codes", "label", "parent"),
    [
        (["NL-ZE", "NL-FL"], "NL-FL+NL-ZE", "NL"),
        (["NL-ZE", "NL-FL", "NL-DR", "NL-GR", "NL-FR"], "rest of NL", "NL"),
        (["NL-ZE", "BE"], "BE+NL-ZE", "155"),
        (["??", "AQ"], "??+AQ", "001"),
    ],
)
def test_siblings_are_joined_when_few_and_else_the_rest_of_their_parent(codes, label, parent):
    leaves = {leaf for code in codes for leaf in leaves_below(code)}
    group = region_hierarchy().group(leaves)
    assert (group.label, group.level, group.parent) == (label, "group", parent)
    assert set(group.leaves) == leaves


@pytest.mark.parametrize(
    ("bands", "label", "lower", "upper"),
    [
        (["18-24"], "18-24", 18, 24),
        (["18-24", "25-34"], "18-34", 18, 34),
        (["65+"], "65+", 65, None),
        (AGE_LABELS[3:], "25+", 25, None),
        (AGE_LABELS, "all", 0, None),
    ],
)
def test_ages_are_told_by_their_years(bands, label, lower, upper):
    group = AGES.group(bands)
    assert (group.label, group.lower, group.upper) == (label, lower, upper)
    assert group.leaves == tuple(bands)


def test_bands_that_are_no_neighbours_have_no_interval():
    with pytest.raises(InputRefused):
        AGES.group(["0-15", "18-24"])


def test_devices_are_told_each_or_all_together():
    devices = flat_categories(["desktop", "mobile", "tablet"])
    assert devices.group(["mobile"]).label == "mobile"
    assert devices.group(devices.leaves).label == "all"
    with pytest.raises(InputRefused):
        devices.group(["mobile", "desktop"])


def test_an_unknown_value_is_refused_without_being_quoted():
    with pytest.raises(InputRefused) as refusal:
        AGES.group(["somebody"])
    assert "somebody" not in str(refusal.value)


@pytest.mark.parametrize(
    "nodes",
    [
        [],
        [("a", "root", None), ("b", "root", None)],
        [("a", "root", None), ("b", "leaf", "missing")],
        [("a", "root", None), ("b", "leaf", "a"), ("b", "leaf", "a")],
        [("b", "leaf", "a"), ("a", "root", None)],
    ],
)
def test_what_is_no_tree_is_refused(nodes):
    with pytest.raises(UsageError):
        Tree(nodes)


def test_a_leaf_twice_or_years_that_do_not_ascend_are_refused():
    with pytest.raises(UsageError):
        FlatCategories(["a", "a"])
    with pytest.raises(UsageError):
        ordered_bands(["a", "b"], [18, 18])
    with pytest.raises(UsageError):
        ordered_bands(["a", "b"], [0])


@pytest.mark.parametrize("size", range(1, len(SMALL_TREE.leaves) + 1))
def test_any_leaves_are_told_by_the_topmost_nodes_that_have_no_other_leaf(size):
    for leaves in combinations(SMALL_TREE.leaves, size):
        whole = {code for code, node in SMALL_TREE.nodes.items() if set(node.leaves) <= set(leaves)}
        topmost = {code for code in whole if SMALL_TREE.nodes[code].parent not in whole}
        assert sorted(SMALL_TREE.fewest_nodes(frozenset(leaves))) == sorted(topmost)
        over = SMALL_TREE.smallest_node_over(leaves)
        around = [node for node in SMALL_TREE.nodes.values() if set(leaves) <= set(node.leaves)]
        assert len(SMALL_TREE.nodes[over].leaves) == min(len(node.leaves) for node in around)
