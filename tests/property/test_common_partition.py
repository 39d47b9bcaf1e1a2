"""The finest common partition against a search of all partitions into boxes, and by hand."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anonymisation.cells.common_partition import finest_common_partition
from anonymisation.hierarchies.hierarchy import Tree, ordered_bands, region_hierarchy
from refusals.errors import InputRefused

REGIONS = ("a1", "a2", "b1")
TREE = Tree([("w", "world", None), ("a", "country", "w"), ("b", "country", "w"),
             ("a1", "subdivision", "a"), ("a2", "subdivision", "a"), ("b1", "subdivision", "b")])  # fmt: skip
AGES = ordered_bands(["0-15", "16-17", "18+"], [0, 16, 18])
POINTS = [(region, age) for region in TREE.leaves for age in AGES.leaves]


def points(cell):
    return frozenset(itertools.product(cell[0], cell[1]))


def all_boxes():
    for size in range(1, len(TREE.leaves) + 1):
        for regions in itertools.combinations(TREE.leaves, size):
            for first in range(3):
                for last in range(first, 3):
                    yield regions, AGES.leaves[first : last + 1]


BOXES = [(box, points(box)) for box in all_boxes()]


@st.composite
def partitions(draw):
    """A random partition into boxes, of some of the points: cut a box in two, again and again; leave some away."""
    whole = (TREE.leaves, AGES.leaves)
    cells = [whole]
    for _ in range(draw(st.integers(0, 5))):
        cell = cells.pop(draw(st.integers(0, len(cells) - 1)))
        regions, ages = cell
        if draw(st.booleans()) and len(ages) > 1:
            at = draw(st.integers(1, len(ages) - 1))
            cells += [(regions, ages[:at]), (regions, ages[at:])]
        elif len(regions) > 1:
            at = draw(st.integers(1, len(regions) - 1))
            shuffled = draw(st.permutations(regions))
            cells += [(TREE.in_order(shuffled[:at]), ages), (TREE.in_order(shuffled[at:]), ages)]
        else:
            cells.append(cell)
    return [cell for cell in cells if draw(st.integers(0, 5))] or cells[:1]


def finest_by_search(weeks):
    """The most blocks over all families of disjoint boxes of which every cell is in one; plain backtracking."""
    cells = [points(cell) for week in weeks for cell in week]
    covered = frozenset().union(*cells)
    usable = [
        box for _, box in BOXES if all(cell <= box or not cell & box for cell in cells) and any(c <= box for c in cells)
    ]
    best = []

    def search(left, taken, used):
        nonlocal best
        if not left & covered:
            if len(taken) > len(best):
                best = list(taken)
            return
        point = min(left & covered)
        for box in usable:
            if point in box and not box & used:
                search(left - box, [*taken, box], used | box)

    search(covered, [], frozenset())
    return best


@settings(max_examples=60, deadline=None)
@given(st.lists(partitions(), min_size=1, max_size=3))
def test_it_is_the_finest_of_all(weeks):
    blocks = finest_common_partition(weeks, (TREE, AGES))
    described = [points((block.groups[0].leaves, block.groups[1].leaves)) for block in blocks]
    assert sum(map(len, described)) == len(frozenset().union(*described))
    assert len(described) == len(finest_by_search(weeks))
    for number, week in enumerate(weeks):
        assert sorted(cell for block in blocks for cell in block.cells[number]) == list(range(len(week)))
        for block, inside in zip(blocks, described, strict=True):
            assert all(points(week[cell]) <= inside for cell in block.cells[number])


def test_by_hand():
    """a1 and a2 are apart in one week and together in the other; the ages of b1 differ."""
    one = [(("a1",), ("0-15", "16-17", "18+")), (("a2",), ("0-15", "16-17", "18+")), (("b1",), ("0-15", "16-17"))]
    two = [(("a1", "a2"), ("0-15",)), (("a1", "a2"), ("16-17", "18+")), (("b1",), ("16-17", "18+"))]
    blocks = finest_common_partition([one, two], (TREE, AGES))
    assert [(b.groups[0].label, b.groups[1].label, b.cells) for b in blocks] == [
        ("a", "all", ((0, 1), (0, 1))),
        ("b", "all", ((2,), (2,))),
    ]


def test_a_box_that_reaches_into_another_block_takes_it_along():
    """a1's young and a2 of all ages share a cell: the box over both reaches over a1's other ages."""
    one = [(("a1", "a2"), ("0-15",)), (("a1",), ("16-17",)), (("a1",), ("18+",)), (("b1",), ("18+",))]
    two = [(("a2",), ("0-15", "16-17", "18+")), (("a1",), ("16-17", "18+"))]
    blocks = finest_common_partition([one, two], (TREE, AGES))
    assert [(b.groups[0].label, b.groups[1].label, b.cells) for b in blocks] == [
        ("a", "all", ((0, 1, 2), (0, 1))),
        ("b", "18+", ((3,), ())),
    ]


def test_a_cell_with_a_hole_in_its_ages_is_refused():
    with pytest.raises(InputRefused, match="neighbours"):
        finest_common_partition([[(("a1",), ("0-15", "18+"))]], (TREE, AGES))


def test_regions_of_the_real_table_are_named_by_the_hierarchy():
    regions = region_hierarchy()
    blocks = finest_common_partition(
        [[(("NL-UT",), ("18+",)), (("NL-FL",), ("18+",))], [(("NL-UT", "NL-FL"), ("18+",))]], (regions, AGES)
    )
    assert [block.groups[0].label for block in blocks] == ["NL-FL+NL-UT"]
