"""No recoding goes below the proven bound, and the bound is what its proof says."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anonymisation.tables import measures
from anonymisation.tables.classes.class_rules import ClassRules
from anonymisation.tables.recoding_problem import RecodingProblem
from anonymisation.tables.table_recoding import recode_table
from benchmarks.loss_bound import least_loss
from tests.readers.anonymised import AGE_ROWS, DEVICE_ROWS, HIERARCHIES, REGION_ROWS, counted

RECORDS = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 9), st.integers(0, 3)), min_size=6, max_size=30)


def together(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """The loss of a class of two records, from the rows of the hierarchies."""
    lost = abs(one[0] - other[0]) / (len(AGE_ROWS) - 1)
    for d, rows in ((1, REGION_ROWS), (2, DEVICE_ROWS)):
        if one[d] == other[d]:
            continue
        level = next(h for h in range(len(rows[0])) if rows[one[d]][h] == rows[other[d]][h])
        touched = {rows[one[d]][level - 1], rows[other[d]][level - 1]}
        lost += (sum(row[level - 1] in touched for row in rows) - 1) / (len(rows) - 1)
    return lost


@settings(max_examples=50, deadline=None)
@given(RECORDS, st.integers(2, 6))
def test_the_bound_is_the_mean_distance_of_the_kth_nearest_record(records, k):
    problem = RecodingProblem(counted(records), HIERARCHIES)
    nearest = [sorted(together(record, other) for other in records)[k - 1] for record in records]
    assert least_loss(problem, k) == pytest.approx(sum(nearest) / (3 * len(records)), abs=1e-6)


@settings(max_examples=50, deadline=None)
@given(RECORDS, st.integers(2, 6), st.sampled_from(["local", "full_domain"]))
def test_no_recoding_loses_less(records, k, recoding):
    histogram = counted(records)
    table = recode_table(histogram, HIERARCHIES, ClassRules(k), recoding=recoding)
    assert measures.gcp(table, histogram, HIERARCHIES) >= least_loss(RecodingProblem(histogram, HIERARCHIES), k) - 1e-6
