"""Persons on both sides of every cut, and t with persons, by hand and by plain sets."""

import numpy as np
import pytest

from anonymisation.tables.classes.class_rules import distances
from anonymisation.tables.classes.person_cuts import PersonPlaces
from anonymisation.tables.classes.sparse_counts import SparseCounts
from tests.readers.anonymised import counted


def test_persons_on_both_sides_of_every_cut_are_those_of_plain_sets() -> None:
    drawn = np.random.default_rng(7)
    for _ in range(50):
        records = drawn.integers(0, [9, 6], (30, 2))
        leaf_of, combination_of = np.unique(records[:, 0], return_inverse=True)  # a combination a leaf
        held = SparseCounts.of_pairs(combination_of.reshape(-1), records[:, 1], None, len(leaf_of))
        part = np.arange(len(leaf_of))
        who = {leaf: {person for of, person in records.tolist() if of == leaf} for leaf in leaf_of.tolist()}
        persons = PersonPlaces.of(held, part).by_leaf(leaf_of, leaf_of)
        rank = drawn.permutation(len(leaf_of))
        in_order = [who[int(leaf_of[place])] for place in np.argsort(rank)]
        cuts = [(set().union(*in_order[:n]), set().union(*in_order[n:])) for n in range(1, len(in_order))]
        before, after = persons.before_and_after(rank)
        assert list(zip(before.tolist(), after.tolist(), strict=True)) == [(len(one), len(two)) for one, two in cuts]
        alone = [
            (len(each), len(set().union(*(other for at, other in enumerate(in_order) if at != place))))
            for place, each in enumerate(in_order)
        ]
        one, other = persons.of_siblings(rank)
        expected = alone + [(len(first), len(rest)) for first, rest in cuts[1:]]
        assert list(zip(one.tolist(), other.tolist(), strict=True)) == expected


def test_a_person_with_many_records_weighs_as_one() -> None:
    # person 0 has value 0 four times; persons 1, 2 and 3 once each have 0, 1 and 1; the last in a class of its own
    histogram = counted([(0, 0, 0)] * 6 + [(1, 1, 1)], [0, 0, 0, 0, 0, 1, 1], None, [0, 0, 0, 0, 1, 2, 3])
    shares = histogram.facts.sensitive_shares
    assert shares.tolist() == pytest.approx([1 / 2, 1 / 2])
    assert distances(histogram.facts, shares).tolist() == pytest.approx([2 / 3 - 1 / 2, 1 / 2])
