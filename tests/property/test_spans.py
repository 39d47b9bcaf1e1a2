"""Whatever coding a span uses, its losses are those of plain sets of leaves."""

from itertools import combinations as subsets

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anonymisation.hierarchies.value_hierarchy import ValueHierarchy
from anonymisation.tables.spread.objective import Objective
from anonymisation.tables.spread.span import IntervalSpan, Span, TabulatedSpan
from anonymisation.tables.spread.wide_span import LadderSpan, PackedSpan

ROWS = [[f"l{i}", f"m{i // 2}", f"n{i // 4}", "*"] for i in range(10)]


def plain_loss(rows: list[list[str]], is_ordinal: bool, held: set[int]) -> float:
    """By the documented family, straight from the rows of the hierarchy."""
    if is_ordinal:
        return (max(held) - min(held)) / (len(rows) - 1)
    for level in range(len(rows[0])):
        if len({rows[leaf][level] for leaf in held}) == 1:
            break
    if level == 0:
        return 0.0
    touched = {rows[leaf][level - 1] for leaf in held}
    return (sum(row[level - 1] in touched for row in rows) - 1) / (len(rows) - 1)


def span_and_rows(kind: str) -> tuple[Span, list[list[str]], bool]:
    rows = ROWS
    hierarchy = ValueHierarchy.from_rows("x", rows, is_ordinal=kind == "interval")
    objective = Objective.of("gcp", hierarchy, np.ones(len(rows), dtype=np.int64))
    present = np.arange(len(rows))
    if kind == "interval":
        return IntervalSpan(objective), rows, True
    if kind == "tabulated":
        return TabulatedSpan(hierarchy, objective, present), rows, False
    return (
        (PackedSpan(hierarchy, objective, present) if kind == "packed" else LadderSpan(hierarchy, objective)),
        rows,
        False,
    )


def state_of(span: Span, held: set[int]) -> tuple[np.ndarray, ...]:
    return span.joined(span.of_leaves(np.array(sorted(held))), np.array([0]))


@pytest.mark.parametrize("kind", ["interval", "tabulated", "packed"])
def test_loss_of_every_small_set_is_that_of_the_family(kind: str) -> None:
    span, rows, is_ordinal = span_and_rows(kind)
    for size in (1, 2, 3, 9, 10):
        for held in subsets(range(10), size):
            assert span.loss(state_of(span, set(held)))[0] == pytest.approx(plain_loss(rows, is_ordinal, set(held)))


def test_whole_nodes_are_an_upper_bound() -> None:
    span, rows, _ = span_and_rows("ladder")
    for held in subsets(range(10), 3):
        assert span.loss(state_of(span, set(held)))[0] >= plain_loss(rows, False, set(held)) - 1e-6


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["interval", "tabulated", "packed", "ladder"]),
    st.sets(st.integers(0, 9), min_size=1),
    st.sets(st.integers(0, 9), min_size=1),
)
def test_joining_two_states_is_the_state_of_both(kind: str, one: set[int], other: set[int]) -> None:
    span, _, _ = span_and_rows(kind)
    joined = span.loss(span.join(state_of(span, one), state_of(span, other)))
    assert joined[0] == pytest.approx(span.loss(state_of(span, one | other))[0])


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["interval", "tabulated", "packed"]),
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 2)), min_size=2, max_size=20),
)
def test_what_leaving_saves_is_the_difference(kind: str, entries: list[tuple[int, int]]) -> None:
    span, rows, is_ordinal = span_and_rows(kind)
    numbers = {number: index for index, number in enumerate(sorted({entry[1] for entry in entries}))}
    entries = sorted(entries, key=lambda entry: entry[1])
    leaves = np.array([entry[0] for entry in entries])
    class_of = np.array([numbers[entry[1]] for entry in entries])
    by_class = span.joined(span.of_leaves(leaves), np.searchsorted(class_of, np.arange(len(numbers))))
    saved = span.saved_without(leaves, class_of, by_class)
    for index in range(len(entries)):
        members = [j for j in range(len(entries)) if class_of[j] == class_of[index]]
        left = {int(leaves[j]) for j in members if j != index}
        if left:
            whole = plain_loss(rows, is_ordinal, {int(leaves[j]) for j in members})
            assert saved[index] == pytest.approx(whole - plain_loss(rows, is_ordinal, left), abs=1e-6)


def test_entropy_counts_the_records_that_a_value_covers() -> None:
    hierarchy = ValueHierarchy.from_rows("x", ROWS, is_ordinal=False)
    held = np.array([8, 1, 1, 1, 1, 4, 4, 7, 4, 5])
    objective = Objective.of("non_uniform_entropy", hierarchy, held)
    for span in (TabulatedSpan(hierarchy, objective, np.arange(10)), PackedSpan(hierarchy, objective, np.arange(10))):
        assert span.loss(state_of(span, {0}))[0] == pytest.approx(3.0)  # log2 8
        assert span.loss(state_of(span, {5, 6}))[0] == pytest.approx(4.0)  # both children of n1: 1 + 4 + 4 + 7 records
