"""Unions of the portal: what shares a leaf is together, and nothing else is."""

from hypothesis import given
from hypothesis import strategies as st

from portal.figures.whole_unions import whole_unions

COVERED = st.lists(st.frozensets(st.integers(0, 12), min_size=1, max_size=4), max_size=12)


def reachable(cells: list[frozenset[int]], start: int) -> set[int]:
    """The cells that can be reached from one by steps to a cell that shares a leaf."""
    found, waiting = {start}, [start]
    while waiting:
        here = cells[waiting.pop()]
        new = {place for place, cell in enumerate(cells) if cell & here} - found
        found |= new
        waiting += new
    return found


@given(COVERED)
def test_a_union_is_what_can_be_reached_by_shared_leaves(cells: list[frozenset[int]]) -> None:
    unions = whole_unions(list(enumerate(cells)), lambda row: row[1])
    found = [{place for place, _ in union} for union in unions]
    assert sorted(place for union in found for place in union) == list(range(len(cells)))
    for union in found:
        assert union == reachable(cells, min(union))


@given(COVERED)
def test_unions_share_no_leaf_and_keep_the_order(cells: list[frozenset[int]]) -> None:
    unions = whole_unions(list(enumerate(cells)), lambda row: row[1])
    leaves = [frozenset().union(*(cell for _, cell in union)) for union in unions]
    assert all(not one & other for place, one in enumerate(leaves) for other in leaves[place + 1 :])
    firsts = [union[0][0] for union in unions]
    assert firsts == sorted(firsts)
    assert all(union == sorted(union) for union in unions)
