"""The smallest cut of persons over nodes, against every way of dividing the nodes."""

from itertools import chain, combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from anonymisation.sides.fewest_crossing import cuts_below

NODES = 6


def crossing(persons, side):
    return sum(count for nodes, count in persons if nodes & side and nodes - side)


def all_sides(nodes):
    return (set(side) for side in chain.from_iterable(combinations(nodes, size) for size in range(1, len(nodes))))


def as_arrays(persons):
    members = np.array([[node in nodes for node in range(NODES)] for nodes, _ in persons], dtype=np.bool_)
    return members.reshape(len(persons), NODES), np.array([count for _, count in persons], dtype=np.int64)


PERSONS = st.lists(
    st.tuples(st.frozensets(st.integers(0, NODES - 1), min_size=1, max_size=4), st.integers(1, 6)), max_size=12
)


@given(PERSONS, st.integers(2, 9))
def test_a_cut_is_found_exactly_where_there_is_one(persons, k):
    """Some division of the nodes is crossed by somebody but by fewer than k: then the search has one, and it is one."""
    least = min((n for side in all_sides(range(NODES)) if (n := crossing(persons, side))), default=None)
    found = cuts_below(*as_arrays(persons), k)
    assert bool(found) == (least is not None and least < k)
    for cut in found:
        assert crossing(persons, cut.side) == cut.persons
        assert 0 < cut.persons < k
    if found:
        assert min(cut.persons for cut in found) == least


def test_a_bridge_of_one_person_is_found_by_hand():
    persons = [(frozenset({0, 1, 2}), 20), (frozenset({3, 4, 5}), 20), (frozenset({2, 3}), 1)]
    (cut,) = cuts_below(*as_arrays(persons), 10)
    assert cut.side in ({0, 1, 2}, {3, 4, 5})
    assert cut.persons == 1
    persons[2] = (frozenset({2, 3}), 10)
    assert cuts_below(*as_arrays(persons), 10) == []
