"""Full-domain recoding against a search of every combination of levels, in plain Python."""

from collections import Counter
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anonymisation.tables import measures
from anonymisation.tables.classes.class_rules import ClassRules
from anonymisation.tables.table_recoding import recode_table
from tests.readers.anonymised import AGE_ROWS, DEVICE_ROWS, HIERARCHIES, REGION_ROWS, counted

ROWS = [AGE_ROWS, REGION_ROWS, DEVICE_ROWS]


def best_gcp(records: list[tuple[int, ...]], k: int, may_drop: int) -> float:
    best = 1.0
    for levels in product(*(range(len(rows[0])) for rows in ROWS)):
        told = [tuple(ROWS[d][record[d]][level] for d, level in enumerate(levels)) for record in records]
        sizes = Counter(told)
        dropped = sum(size for size in sizes.values() if size < k)
        if dropped > may_drop or dropped == len(records):
            continue
        lost = 0.0
        for row in told:
            for d, level in enumerate(levels):
                width = sum(leaf[level] == row[d] for leaf in ROWS[d])
                lost += 1.0 if sizes[row] < k else (width - 1) / (len(ROWS[d]) - 1)
        best = min(best, lost / (len(records) * len(ROWS)))
    return best


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 11), st.integers(0, 9), st.integers(0, 3)), min_size=6, max_size=40),
    st.integers(2, 6),
    st.integers(0, 6),
)
def test_nothing_better_is_in_the_lattice(records, k, may_drop):
    histogram = counted(records)
    table = recode_table(histogram, HIERARCHIES, ClassRules(k), recoding="full_domain", may_drop=may_drop)
    assert measures.gcp(table, histogram, HIERARCHIES) == pytest.approx(best_gcp(records, k, may_drop), abs=1e-6)
