"""The measures by hand on a table of six, and against pycanon on a larger one."""

import math

import numpy as np
import pandas as pd
import pytest
from pycanon import anonymity

from anonymisation.tables import measures
from anonymisation.tables.classes.class_rules import ClassRules, distances
from anonymisation.tables.recoded_table import RecodedTable
from anonymisation.tables.table_recoding import check_published_classes, recode_table
from refusals.errors import PublicationRefused, UsageError
from tests.readers.anonymised import HIERARCHIES, counted, published_rows

# ages 20, 20, 21 | 31, 31; regions r0, r1, r1 | r9, r9; all on a phone; the sixth is dropped
SIX = [(0, 0, 0), (0, 1, 0), (1, 1, 0), (11, 9, 0), (11, 9, 0), (5, 5, 3)]


def two_classes() -> tuple[RecodedTable, object]:
    histogram = counted(SIX)
    by_record = histogram.combination_of
    classes = [np.unique(by_record[:3]), np.unique(by_record[3:5])]
    return RecodedTable.of_classes(classes, histogram.leaves, HIERARCHIES), histogram


def test_measures_by_hand():
    table, histogram = two_classes()
    # three records lose 1/11 by age and 1/9 by region, two lose nothing, the dropped one loses 3
    assert measures.gcp(table, histogram, HIERARCHIES) == pytest.approx((3 * (1 / 11 + 1 / 9) + 3) / 18)
    assert measures.suppressed(table, histogram) == 1
    assert measures.discernibility(table, histogram) == 9 + 4 + 1 * 6
    assert measures.average_class_size(table, histogram) == 2.5
    assert measures.class_sizes(table, histogram).tolist() == [3, 2]
    age = 2 * math.log2(3 / 2) + math.log2(3) + math.log2(6)
    region = math.log2(3) + 2 * math.log2(3 / 2) + math.log2(6)
    possible = (2 * math.log2(3) + math.log2(6) + 2 * math.log2(3) + math.log2(6)) + (
        math.log2(6) + 2 * math.log2(3) + 2 * math.log2(3) + math.log2(6)
    )
    possible += 5 * math.log2(6 / 5) + math.log2(6)
    device = math.log2(6)
    assert measures.non_uniform_entropy(table, histogram, HIERARCHIES) == pytest.approx(
        (age + region + device) / possible
    )


def test_k_l_and_t_agree_with_pycanon():
    drawn = np.random.default_rng(3).integers(0, [12, 10, 4, 6, 6], (400, 5)).tolist()
    records = [tuple(row[:3]) for row in drawn]
    sensitive = [min(row[3:]) for row in drawn]
    shares = np.bincount(sensitive) / len(sensitive)
    histogram = counted(records, sensitive)
    table = recode_table(histogram, HIERARCHIES, ClassRules(4, l=3, t=0.35, table_shares=shares))
    frame = pd.DataFrame(published_rows(table, histogram), columns=["age", "region", "device"])
    frame["diagnosis"] = [f"d{value}" for value in sensitive]
    quasi_identifiers = ["age", "region", "device"]
    facts = measures.class_facts(table, histogram)
    assert facts.records.min() == anonymity.k_anonymity(frame, quasi_identifiers) >= 4
    assert facts.diversity.min() == anonymity.l_diversity(frame, quasi_identifiers, ["diagnosis"]) >= 3
    t = anonymity.t_closeness(frame, quasi_identifiers, ["diagnosis"])
    assert distances(facts, shares).max() == pytest.approx(t)
    assert t <= 0.35


def test_the_last_check_finds_a_class_that_is_too_small():
    table, histogram = two_classes()
    check_published_classes(table, histogram, ClassRules(2), may_drop=1)
    with pytest.raises(PublicationRefused, match="`k`"):
        check_published_classes(table, histogram, ClassRules(3), may_drop=1)
    with pytest.raises(PublicationRefused, match="suppression_limit"):
        check_published_classes(table, histogram, ClassRules(2), may_drop=0)


@pytest.mark.parametrize(
    ("rules", "broken"),
    [
        (ClassRules(2, dominance_p=10), "dominance_p"),
        (ClassRules(2, l=2), "l"),
        (ClassRules(2, t=0.1, table_shares=np.array([0.5, 0.5])), "t"),
    ],
)
def test_the_last_check_finds_every_broken_rule(rules, broken):
    records = [(0, 0, 0)] * 3 + [(1, 1, 1)] * 3
    histogram = counted(records, [0, 0, 0, 1, 1, 1], [100, 1, 1, 5, 5, 5])
    table = RecodedTable.of_classes([np.array([0]), np.array([1])], histogram.leaves, HIERARCHIES)
    with pytest.raises(PublicationRefused, match=f"`{broken}`"):
        check_published_classes(table, histogram, rules, may_drop=0)


@pytest.mark.parametrize("k", [1, 0, -3, 7])
def test_a_k_that_cannot_be_is_refused(k):
    with pytest.raises(UsageError, match=f"`k` = {k}"):
        recode_table(counted(SIX), HIERARCHIES, ClassRules(k))
