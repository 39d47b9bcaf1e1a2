"""The minimality attack: whoever knows the algorithm excludes tables; one that is left hides a small merged leaf."""

from functools import partial

from anonymisation.disclosure import Rules
from anonymisation.leaf_cell import LeafCell
from anonymisation.minimality import MergedLeaves, merged_leaves
from anonymisation.recoding import recode
from tests.person_weeks import SMALL_BANDS, SMALL_TREE

RULES = Rules(k=10, dominance_p=10)
RECODE = partial(recode, hierarchies=(SMALL_TREE, SMALL_BANDS), rules=RULES)


def leaf(code, age, persons):
    return LeafCell((code, age), persons, 60 * persons, 60, 60 if persons > 1 else 0, (persons,))


def test_two_small_leaves_that_may_change_places_are_hidden():
    leaves = [leaf("w1", "young", 4), leaf("w2", "young", 8), leaf("e1", "old", 40)]
    assert merged_leaves(leaves, RECODE(leaves), RECODE, RULES) == MergedLeaves(2, 2)


def test_two_alike_are_not_shown_to_be_hidden():
    """Exchanged, they are the same table: that another one is left was not shown."""
    leaves = [leaf("w1", "young", 6), leaf("w2", "young", 6), leaf("e1", "old", 40)]
    assert merged_leaves(leaves, RECODE(leaves), RECODE, RULES) == MergedLeaves(2, 0)


def test_a_recoding_that_tells_which_one_was_small_hides_nothing():
    """Planted: one that publishes other cells as soon as the first leaf is not the smaller one."""
    leaves = [leaf("w1", "young", 4), leaf("w2", "young", 8), leaf("e1", "old", 40)]

    def telling(table):
        return RECODE(table if table[0].persons < table[1].persons else [leaf("w1", "young", 52)])

    assert merged_leaves(leaves, telling(leaves), telling, RULES) == MergedLeaves(2, 0)
