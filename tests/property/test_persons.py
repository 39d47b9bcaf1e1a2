"""With a person column, k, l, t and dominance hold for distinct persons, counted again by pandas and plain Python."""

from collections import defaultdict
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anonymisation.tables import local_recoding, measures
from anonymisation.tables.classes.class_rules import ClassRules, distances
from anonymisation.tables.classes.histogram import Histogram
from anonymisation.tables.recoded_table import RecodedTable
from anonymisation.tables.table_recoding import check_published_classes, recode_table
from refusals.errors import InputRefused, PublicationRefused, UsageError
from tests.readers.anonymised import HIERARCHIES, counted, published_rows

LABELS = ["age", "region", "device"]
# three quasi-identifiers, a sensitive value, an amount, and a person, of whom some have many records
RECORDS = st.lists(
    st.tuples(
        st.integers(0, 11),
        st.integers(0, 9),
        st.integers(0, 3),
        st.integers(0, 2),
        st.integers(0, 50),
        st.integers(0, 400).map(lambda drawn: int(drawn**0.5)),
    ),
    min_size=8,
    max_size=80,
)


def with_persons(records: list[tuple[int, ...]]) -> Histogram:
    quasi_identifiers = [record[:3] for record in records]
    sensitive, amounts, persons = zip(*(record[3:] for record in records), strict=True)
    return counted(quasi_identifiers, list(sensitive), list(amounts), list(persons))


def frame_of(records: list[tuple[int, ...]], rows: list[tuple[str, ...] | None]) -> pd.DataFrame:
    """What is published, with the columns that the rules are about."""
    frame = pd.DataFrame([row or (None,) * 3 for row in rows], columns=LABELS)
    frame[["sensitive", "amount", "person"]] = [record[3:] for record in records]
    return frame.dropna(subset=LABELS)


def diversity(pairs: set[tuple[int, int]]) -> int:
    """The most persons that can be named with different values, one each, by trying every assignment."""
    values = sorted({value for _, value in pairs})
    persons = sorted({person for person, _ in pairs})
    few, many, held = (
        (values, persons, {(v, p) for p, v in pairs})
        if len(values) <= len(persons)
        else (
            persons,
            values,
            pairs,
        )
    )
    return max(
        sum(pair in held for pair in zip(few, chosen, strict=True)) for chosen in permutations(many, len(few))
    )  # fmt: skip


def even_shares(frame: pd.DataFrame, records_of: pd.Series) -> pd.Series:
    """The distribution of the value of a person drawn evenly, then one of its records drawn evenly."""
    weight = 1 / frame["person"].map(records_of)
    return weight.groupby(frame["sensitive"]).sum() / weight.sum()


@settings(max_examples=80, deadline=None)
@given(
    RECORDS,
    st.integers(2, 5),
    st.sampled_from(["local", "full_domain"]),
    st.sampled_from(["gcp", "non_uniform_entropy"]),
    st.sampled_from([0, 0, 5]),
)
def test_every_class_has_k_persons(records, k, recoding, objective, may_drop):
    histogram = with_persons(records)
    if len({record[5] for record in records}) < k:
        with pytest.raises(UsageError, match="persons"):
            recode_table(histogram, HIERARCHIES, ClassRules(k), recoding=recoding)
        return
    table = recode_table(
        histogram, HIERARCHIES, ClassRules(k), recoding=recoding, objective=objective, may_drop=may_drop
    )
    frame = frame_of(records, published_rows(table, histogram))
    assert len(records) - len(frame) <= may_drop
    persons = frame.groupby(LABELS)["person"].nunique()
    assert persons.min() >= k
    assert sorted(measures.class_facts(table, histogram).persons.tolist()) == sorted(persons.tolist())
    assert measures.class_sizes(table, histogram).sum() == len(frame)


@pytest.mark.clause("table-persons")
@settings(max_examples=80, deadline=None)
@given(
    RECORDS,
    st.integers(2, 4),
    st.tuples(st.sampled_from([None, 2, 3]), st.sampled_from([None, 0.3]), st.sampled_from([None, 10.0])),
    st.sampled_from(["local", "full_domain"]),
)
def test_the_other_rules_hold_for_persons_too_or_the_table_is_refused(records, k, others, recoding):
    l, t, dominance_p = others  # noqa: E741
    whole = pd.DataFrame([record[3:] for record in records], columns=["sensitive", "amount", "person"])
    if whole["person"].nunique() < k:
        return
    histogram = with_persons(records)
    shares = histogram.facts.sensitive_shares
    rules = ClassRules(k, dominance_p, l, t, shares)
    records_of = whole["person"].value_counts()

    def breaks(frame: pd.DataFrame) -> bool:
        sums = sorted(frame.groupby("person")["amount"].sum())
        pairs = set(zip(frame["person"], frame["sensitive"], strict=True))
        return (dominance_p is not None and sum(sums[:-2]) * 100 < dominance_p * sums[-1]) or (
            l is not None and diversity(pairs) < l
        )

    if breaks(whole):
        with pytest.raises(InputRefused, match="breaks"):
            recode_table(histogram, HIERARCHIES, rules, recoding=recoding)
        return
    table = recode_table(histogram, HIERARCHIES, rules, recoding=recoding)
    frame = frame_of(records, published_rows(table, histogram))
    in_all = even_shares(whole, records_of)
    apart = []
    for _, members in frame.groupby(LABELS):
        assert members["person"].nunique() >= k
        assert not breaks(members)
        here = even_shares(members, records_of).reindex(in_all.index, fill_value=0.0)
        apart.append((here - in_all).abs().sum() / 2)
    facts = measures.class_facts(table, histogram)
    assert distances(facts, shares).max() == pytest.approx(max(apart))
    assert t is None or max(apart) <= t + 1e-9
    found = [diversity(set(zip(m["person"], m["sensitive"], strict=True))) for _, m in frame.groupby(LABELS)]
    assert sorted(facts.diversity.tolist()) == sorted(found)


@settings(max_examples=30, deadline=None)
@given(RECORDS, st.integers(2, 5))
def test_one_record_a_person_is_as_if_no_person_were_named(records, k):
    quasi_identifiers = [record[:3] for record in records]
    each = counted(quasi_identifiers, [record[3] for record in records], None, list(range(len(records)))[::-1])
    none = counted(quasi_identifiers, [record[3] for record in records])
    rules = ClassRules(k, t=0.5, table_shares=none.facts.sensitive_shares)
    assert published_rows(recode_table(each, HIERARCHIES, rules), each) == published_rows(
        recode_table(none, HIERARCHIES, rules), none
    )


@settings(max_examples=30, deadline=None)
@given(RECORDS, st.randoms(use_true_random=False))
def test_neither_the_order_of_records_nor_the_numbers_of_persons_play_a_part(records, random):
    if len({record[5] for record in records}) < 3:
        return
    shuffled = list(records)
    random.shuffle(shuffled)
    numbers = list(range(21))
    random.shuffle(numbers)
    one, other = with_persons(records), with_persons([(*r[:5], numbers[r[5]]) for r in shuffled])
    rows = published_rows(recode_table(one, HIERARCHIES, ClassRules(3)), one)
    others = published_rows(recode_table(other, HIERARCHIES, ClassRules(3)), other)
    assert sorted(zip(records, rows, strict=True)) == sorted(zip(shuffled, others, strict=True))


def test_a_large_table_with_persons_is_cut_and_refined_in_stretches(monkeypatch):
    monkeypatch.setattr(local_recoding, "SMALL_CLASSES", 9)
    monkeypatch.setattr(local_recoding, "REFINED_TOGETHER", 3)
    records = [(i % 12, i * 7 % 10, i % 4, i % 3, i, i * 11 % 23) for i in range(90)]
    histogram = with_persons(records)
    for rules in (ClassRules(4), ClassRules(4, l=2), ClassRules(9)):
        frame = frame_of(records, published_rows(recode_table(histogram, HIERARCHIES, rules), histogram))
        assert len(frame) == 90
        assert frame.groupby(LABELS)["person"].nunique().min() >= rules.k


CLASSES = [
    # a rule, and a class's records as (person, sensitive, amount): it breaks the rule, though its records alone do not
    (ClassRules(3), [(0, 0, 1), (0, 1, 1), (1, 2, 1)], "k"),
    (ClassRules(2, l=3), [(0, 0, 1), (0, 1, 1), (0, 2, 1), (1, 0, 1), (2, 0, 1)], "l"),
    (ClassRules(2, l=3), [(0, 0, 1), (1, 1, 1), (0, 2, 1), (1, 2, 1), (0, 1, 1)], "l"),
    (ClassRules(2, dominance_p=20), [(0, 0, 30), (0, 0, 30), (1, 0, 1), (2, 0, 10), (3, 0, 1)], "dominance_p"),
]


@pytest.mark.parametrize(("rules", "first", "broken"), CLASSES)
def test_the_last_check_counts_persons(rules, first, broken):
    rest = [(10 + n, n % 3, 5) for n in range(9)]
    both = [(0, 0, 0, s, a, p) for p, s, a in first] + [(1, 1, 1, s, a, p) for p, s, a in rest]
    histogram = with_persons(both)
    table = RecodedTable.of_classes([np.array([0]), np.array([1])], histogram.leaves, HIERARCHIES)
    with pytest.raises(PublicationRefused, match=f"1 published classes break `{broken}`"):
        check_published_classes(table, histogram, rules, may_drop=0)
    counted_records = counted([r[:3] for r in both], [r[3] for r in both], [r[4] for r in both])
    check_published_classes(table, counted_records, rules, may_drop=0)


def test_unions_of_classes_that_share_persons_keep_what_their_parts_keep():
    drawn = np.random.default_rng(5)
    for _ in range(200):
        records = [(0, n % 2, 0, *drawn.integers(0, [4, 9, 6]).tolist()) for n in range(16)]
        facts = with_persons(records).facts
        parts, whole = facts.unions(np.arange(2), np.arange(2), 2), facts.union(np.arange(2))
        assert whole.persons[0] >= parts.persons.max()
        assert whole.diversity[0] >= parts.diversity.max()
        together: dict[int, int] = defaultdict(int)
        for record in records:
            together[record[5]] += record[4]
        ordered = sorted(together.values())
        assert (whole.largest[0], whole.second[0], whole.measure[0]) == (ordered[-1], ordered[-2], sum(ordered))
        for p in (10, 50, 100):
            kept = ClassRules(2, dominance_p=p)
            if kept.keeps(parts).all():
                assert kept.keeps(whole)[0]
