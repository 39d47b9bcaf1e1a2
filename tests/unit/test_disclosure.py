import numpy as np
import pytest

from anonymisation.cells.disclosure import Rules, is_safe, is_undominated, safe_where
from anonymisation.cells.leaf_cell import LeafCell, check_leaf_cells, merged_top_two
from refusals.errors import InputRefused, UsageError

RULES = Rules(k=10, dominance_p=10)


def cell(persons: int, measure: int, largest: int, second: int) -> LeafCell:
    return LeafCell(("x",), persons, measure, largest, second)


@pytest.mark.parametrize(
    ("figures", "safe"),
    [
        (cell(10, 210, 100, 100), True),  # the rest is 10, exactly 10 % of 100
        (cell(10, 209, 100, 100), False),
        (cell(9, 900, 100, 100), False),
        (cell(10, 0, 0, 0), True),
        (cell(10, 1, 1, 0), False),
        (cell(10, 10**18, 3 * 10**17, 10**17), True),
    ],
)
def test_a_cell_is_safe_with_k_persons_and_without_dominance(figures, safe):
    assert is_safe(figures, RULES) is safe
    arrays = (np.array([n]) for n in (figures.persons, figures.measure, figures.largest, figures.second))
    assert safe_where(*arrays, RULES).tolist() == [safe]


def test_the_boundary_of_the_rule_is_not_rounded_away():
    assert not is_undominated(1_000_000_007 + 100_000_000, 1_000_000_007, 0, RULES)
    assert is_undominated(1_000_000_007 + 100_000_001, 1_000_000_007, 0, RULES)


@pytest.mark.parametrize(("k", "p"), [(1, 10), (0, 10), (10, -1), (10, 101)])
def test_rules_that_protect_nobody_are_refused(k, p):
    with pytest.raises(UsageError, match=r"k must|dominance_p"):
        Rules(k, p)


def test_the_two_largest_of_disjoint_sets():
    assert merged_top_two([(5, 4), (9, 1), (4, 4)]) == (9, 5)
    assert merged_top_two([(5, 5), (5, 0)]) == (5, 5)
    assert merged_top_two([]) == (0, 0)


@pytest.mark.parametrize(
    "leaves",
    [
        [cell(0, 0, 0, 0)],
        [cell(2, 10, 7, 4)],
        [cell(2, 10, 3, 4)],
        [cell(2, 10, 5, -1)],
        [cell(2, 10, 5, 5), cell(1, 1, 1, 0)],
        [LeafCell(("x", "y"), 1, 1, 1, 0)],
        [LeafCell(("x",), 1, 1, 1, 0, (-1,))],
    ],
)
def test_counts_that_cannot_be_counts_are_refused(leaves):
    with pytest.raises(InputRefused):
        check_leaf_cells(leaves, 1)


@pytest.mark.parametrize("dominated", range(3))
def test_arrays_are_safe_where_no_measure_is_dominated(dominated):
    """[measure, cell]: the first cell is even by all three, the second has one person in front by one of them."""
    measure, second = np.full((3, 2), 100), np.full((3, 2), 10)
    largest = second.copy()
    largest[dominated, 1] = 85
    assert safe_where(np.array([10, 10]), measure, largest, second, RULES).tolist() == [True, False]
