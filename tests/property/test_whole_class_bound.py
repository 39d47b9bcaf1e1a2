"""The bound is below the best of all partitions, found by trying every one."""

from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anonymisation.tables.recoding_problem import RecodingProblem
from benchmarks.whole_class_bound import least_loss_of_whole_classes
from refusals.errors import UsageError
from tests.readers.anonymised import AGE_ROWS, DEVICE_ROWS, HIERARCHIES, REGION_ROWS, counted

Record = tuple[int, int, int]
KINDS = st.lists(
    st.tuples(st.integers(0, 11), st.integers(0, 9), st.integers(0, 3)), min_size=2, max_size=6, unique=True
)


def partitions(items: list[Record]) -> Iterator[list[list[Record]]]:
    if not items:
        yield []
        return
    first, *others = items
    for rest in partitions(others):
        yield [[first], *rest]
        for number, part in enumerate(rest):
            yield [*rest[:number], [first, *part], *rest[number + 1 :]]


def covered(rows: list[list[str]], leaves: set[int]) -> float:
    """Share lost by publishing these leaves together: the lowest level at which they have one parent."""
    if len(leaves) == 1:
        return 0.0
    level = next(h for h in range(len(rows[0])) if len({rows[leaf][h] for leaf in leaves}) == 1)
    touched = {rows[leaf][level - 1] for leaf in leaves}
    return (sum(row[level - 1] in touched for row in rows) - 1) / (len(rows) - 1)


def loss(part: list[Record]) -> float:
    ages = [record[0] for record in part]
    return (
        (max(ages) - min(ages)) / (len(AGE_ROWS) - 1)
        + covered(REGION_ROWS, {record[1] for record in part})
        + covered(DEVICE_ROWS, {record[2] for record in part})
    )


def optimum(counts: Counter[Record], k: int) -> float | None:
    """The least GCP of all partitions into classes of at least k records; None: there is none."""
    found = [
        sum(sum(counts[record] for record in part) * loss(part) for part in parts)
        for parts in partitions(sorted(counts))
        if all(sum(counts[record] for record in part) >= k for part in parts)
    ]
    return min(found) / (3 * counts.total()) if found else None


@settings(max_examples=200, deadline=None)
@given(KINDS, st.lists(st.integers(1, 7), min_size=6, max_size=6), st.integers(2, 6))
def test_no_partition_of_whole_combinations_loses_less(kinds, sizes, k):
    counts = Counter(dict(zip(kinds, sizes, strict=False)))
    best = optimum(counts, k)
    if best is not None:
        problem = RecodingProblem(counted(list(counts.elements())), HIERARCHIES)
        assert least_loss_of_whole_classes(problem, k) <= best + 1e-6


def test_it_is_the_optimum_where_one_small_combination_joins_a_large_one():
    counts = Counter({(0, 0, 0): 1, (1, 0, 0): 9})
    problem = RecodingProblem(counted(list(counts.elements())), HIERARCHIES)
    best = optimum(counts, 2)
    assert best is not None and best > 0
    assert least_loss_of_whole_classes(problem, 2) == pytest.approx(best, abs=1e-6)


def test_where_every_combination_is_large_nothing_need_be_lost():
    counts = Counter({(0, 0, 0): 3, (5, 2, 1): 4})
    assert least_loss_of_whole_classes(RecodingProblem(counted(list(counts.elements())), HIERARCHIES), 3) == 0


def test_a_table_of_too_many_boxes_is_refused(monkeypatch):
    monkeypatch.setattr("benchmarks.whole_class_bound.MOST_BOXES", 4)
    with pytest.raises(UsageError, match="too many boxes"):
        least_loss_of_whole_classes(RecodingProblem(counted([(0, 0, 0), (5, 2, 1)]), HIERARCHIES), 2)
