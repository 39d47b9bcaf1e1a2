"""Tables with up to three quasi-identifiers: classes recounted from the records themselves."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from anonymisation.hierarchies.value_hierarchy import ValueHierarchy
from anonymisation.tables.classes.class_rules import ClassRules
from anonymisation.tables.classes.histogram import Histogram
from anonymisation.tables.few_quasi_identifiers import can_recode_few, recode_few
from anonymisation.tables.recoding_problem import RecodingProblem

AGE = ValueHierarchy.from_rows("age", [(f"{n}", "*") for n in range(6)], is_ordinal=True)
PLACE = ValueHierarchy.from_rows(
    "place", [(f"{side}{n}", side, "*") for side in "abc" for n in range(3)], is_ordinal=False
)
SEX = ValueHierarchy.from_rows("sex", [("f", "*"), ("m", "*")], is_ordinal=False)
HIERARCHIES = (AGE, PLACE, SEX)
RECORD = st.tuples(st.integers(0, 5), st.integers(0, 8), st.integers(0, 1))


def problem_of(records, dimensions=3, objective="gcp"):
    columns = [np.array([record[d] for record in records]) for d in range(dimensions)]
    histogram = Histogram.of_records(columns, [len(h.leaves) for h in HIERARCHIES[:dimensions]])
    return RecodingProblem(histogram, HIERARCHIES[:dimensions], objective)


@settings(max_examples=60)
@given(st.lists(RECORD, min_size=2, max_size=50), st.integers(2, 6), st.integers(1, 3))
def test_every_record_is_in_one_class_and_every_class_has_k(records, k, dimensions):
    problem = problem_of(records, dimensions)
    assert can_recode_few(problem, ClassRules(k=k))
    classes = recode_few(problem, ClassRules(k=k))
    if len(records) < k:
        assert classes is None
        return
    assert sorted(np.concatenate(classes).tolist()) == list(range(len(problem.records)))
    held = {}
    for number, members in enumerate(classes):
        held.update(dict.fromkeys((tuple(row) for row in problem.leaves[members].tolist()), number))
    sizes = [0] * len(classes)
    for record in records:
        sizes[held[record[:dimensions]]] += 1
    assert min(sizes) >= k


def test_other_rules_objectives_and_more_quasi_identifiers_are_left_to_local_recoding():
    records = [(n % 6, n % 9, n % 2) for n in range(40)]
    assert not can_recode_few(problem_of(records), ClassRules(k=5, l=2))
    assert not can_recode_few(problem_of(records, objective="non_uniform_entropy"), ClassRules(k=5))
