"""Whatever the table, what local recoding publishes keeps the rules, is true of every record, and loses none."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anonymisation.tables import local_recoding
from anonymisation.tables.classes.class_rules import ClassRules
from anonymisation.tables.table_recoding import recode_table
from refusals.errors import InputRefused
from tests.readers.anonymised import HIERARCHIES, classes_of, counted, farthest, label_leaves, published_rows

RECORDS = st.lists(
    st.tuples(st.integers(0, 11), st.integers(0, 9), st.integers(0, 3), st.integers(0, 2), st.integers(0, 50)),
    min_size=8,
    max_size=80,
)


@pytest.mark.clause("table-rules")
@settings(max_examples=60, deadline=None)
@given(
    RECORDS,
    st.integers(2, 8),
    st.sampled_from(["local", "full_domain"]),
    st.sampled_from(["gcp", "non_uniform_entropy"]),
)
def test_every_class_has_k_records_and_every_value_is_true(records, k, recoding, objective):
    histogram = counted(records)
    table = recode_table(histogram, HIERARCHIES, ClassRules(k), recoding=recoding, objective=objective)
    rows = published_rows(table, histogram)
    meaning = label_leaves(table)
    assert None not in rows
    assert min(map(len, classes_of(rows).values())) >= k
    for record, row in zip(records, rows, strict=True):
        assert all(record[d] in meaning[d][label] for d, label in enumerate(row))


@settings(max_examples=60, deadline=None)
@given(
    RECORDS, st.integers(2, 5), st.sampled_from([None, 2]), st.sampled_from([None, 0.3]), st.sampled_from([None, 10.0])
)
def test_the_other_rules_hold_too_or_the_table_is_refused(records, k, l, t, dominance_p):  # noqa: E741
    sensitive = [record[3] for record in records]
    amounts = [record[4] for record in records]
    shares = np.bincount(sensitive) / len(records)
    rules = ClassRules(k, dominance_p, l, t, shares)
    histogram = counted(records, sensitive, amounts)
    ordered = sorted(amounts)
    dominated = dominance_p is not None and sum(ordered[:-2]) * 100 < dominance_p * ordered[-1]
    if dominated or (l is not None and len(set(sensitive)) < l):
        with pytest.raises(InputRefused, match="breaks"):
            recode_table(histogram, HIERARCHIES, rules)
        return
    classes = classes_of(published_rows(recode_table(histogram, HIERARCHIES, rules), histogram))
    assert sum(map(len, classes.values())) == len(records)
    for members in classes.values():
        assert len(members) >= k
        assert l is None or len({sensitive[member] for member in members}) >= l
        own = sorted(amounts[member] for member in members)
        assert dominance_p is None or sum(own[:-2]) * 100 >= dominance_p * own[-1]
    assert t is None or farthest(sensitive, classes) <= t + 1e-9


@settings(max_examples=30, deadline=None)
@given(RECORDS, st.randoms(use_true_random=False))
def test_the_order_of_the_records_plays_no_part(records, random):
    shuffled = list(records)
    random.shuffle(shuffled)
    one, other = counted(records), counted(shuffled)
    rows = published_rows(recode_table(one, HIERARCHIES, ClassRules(3)), one)
    others = published_rows(recode_table(other, HIERARCHIES, ClassRules(3)), other)
    assert sorted(zip(records, rows, strict=True)) == sorted(zip(shuffled, others, strict=True))


@pytest.mark.clause("table-rules")
@settings(max_examples=40, deadline=None)
@given(RECORDS, st.integers(2, 5), st.floats(0, 0.4), st.sampled_from(["local", "full_domain"]))
def test_no_more_is_dropped_than_allowed(records, k, limit, recoding):
    histogram = counted(records)
    may_drop = int(limit * len(records))
    table = recode_table(histogram, HIERARCHIES, ClassRules(k), recoding=recoding, may_drop=may_drop)
    rows = published_rows(table, histogram)
    assert rows.count(None) <= may_drop
    assert min(map(len, classes_of(rows).values())) >= k


def test_a_lone_outlier_is_dropped_where_that_is_allowed_and_pays():
    records = [(0, 0, 0)] * 30 + [(1, 1, 0)] * 30 + [(11, 9, 3)]
    histogram = counted(records)
    kept = published_rows(recode_table(histogram, HIERARCHIES, ClassRules(5)), histogram)
    assert None not in kept
    dropped = published_rows(recode_table(histogram, HIERARCHIES, ClassRules(5), may_drop=1), histogram)
    assert [number for number, row in enumerate(dropped) if row is None] == [60]


def test_a_table_of_any_size_is_cut_and_refined_in_stretches(monkeypatch):
    monkeypatch.setattr(local_recoding, "SMALL_CLASSES", 9)
    monkeypatch.setattr(local_recoding, "REFINED_TOGETHER", 3)
    records = [(i % 12, i * 7 % 10, i % 4) for i in range(60)]
    sensitive = [0 if number < 50 else 1 for number in range(60)]
    histogram = counted(records, sensitive)
    for rules in (ClassRules(4), ClassRules(4, l=2), ClassRules(20)):
        classes = classes_of(published_rows(recode_table(histogram, HIERARCHIES, rules), histogram))
        assert sum(map(len, classes.values())) == 60
        assert min(map(len, classes.values())) >= rules.k
        assert all(len({sensitive[member] for member in members}) >= (rules.l or 1) for members in classes.values())
