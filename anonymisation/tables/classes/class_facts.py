"""What the privacy rules need to know of an equivalence class, for many classes at once; facts of a union are sums.

Where a table has several records a person, persons are what is counted: the facts then hold who is in a class (as
numbers), so that a person of several parts counts once in their union.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from anonymisation.tables.classes.person_values import PersonValues
from anonymisation.tables.classes.sparse_counts import SparseCounts

Numbers = NDArray[np.int64]
Amounts = NDArray[np.float64]


@dataclass
class ClassFacts:
    """One entry a class. What no rule asks for is None.

    `records`; `contributions`: the persons, and what each contributes to the measure (None: each record is one
    person); `sensitive`: the sensitive values, by records (with persons: a person weighs 1 in the whole table, each of
    its records the same part of it); `person_values`: which person has which sensitive value; `measure`, `largest`,
    `second`: the summed amount and the two largest contributions to it.
    """

    records: Numbers
    contributions: SparseCounts | None = None
    sensitive: SparseCounts | None = None
    person_values: PersonValues | None = None
    measure: Amounts | None = None
    largest: Amounts | None = None
    second: Amounts | None = None

    @classmethod
    def of_records(
        cls,
        class_of: Numbers,
        records: Numbers,
        sensitive: Numbers | None,
        measure: Amounts | None,
        person: Numbers | None = None,
    ) -> "ClassFacts":
        """Facts of classes, from each record's class, sensitive value's number, amount and person's number."""
        count = len(records)
        facts = cls(records.astype(np.int64))
        weights = None
        if person is not None:
            facts.contributions = SparseCounts.of_pairs(class_of, person, measure, count)
            weights = 1 / np.bincount(person)[person]
            if sensitive is not None:
                facts.person_values = PersonValues.of_records(class_of, person, sensitive, count)
        if sensitive is not None:
            facts.sensitive = SparseCounts.of_pairs(class_of, sensitive, weights, count)
        if measure is not None and facts.contributions is not None:
            return facts._with_contributions_measured()
        if measure is not None:
            order = np.lexsort((-measure, class_of))
            start = np.concatenate([[0], np.cumsum(records)[:-1]])
            ranked = measure[order]
            facts.measure = np.bincount(class_of, measure, count).astype(np.float64)
            facts.largest = ranked[start]
            facts.second = np.where(records > 1, ranked[np.minimum(start + 1, len(ranked) - 1)], 0.0)
        return facts

    def _with_contributions_measured(self) -> "ClassFacts":
        if self.contributions is None:
            return self
        largest, second = self.contributions.two_largest()
        return replace(self, measure=self.contributions.totals, largest=largest, second=second)

    @property
    def persons(self) -> Numbers:
        """The distinct persons of each class: its records, where each record is one person."""
        return self.records if self.contributions is None else self.contributions.distinct

    @property
    def diversity(self) -> Numbers | None:
        """The l of distinct l-diversity that each class has (with persons: see `PersonValues.diversity`)."""
        if self.person_values is not None:
            return self.person_values.diversity()
        return None if self.sensitive is None else self.sensitive.distinct

    @property
    def sensitive_shares(self) -> Amounts | None:
        """Each sensitive value's share of the whole."""
        return None if self.sensitive is None else self.sensitive.shares

    @classmethod
    def together(cls, parts: "Sequence[ClassFacts]") -> "ClassFacts":
        """The facts of one class that takes in all of these, which are of one table."""
        first = parts[0]
        made = cls(np.array([sum(int(part.records.sum()) for part in parts)], dtype=np.int64))
        made.sensitive = _together([part.sensitive for part in parts])
        made.contributions = _together([part.contributions for part in parts])
        held = _together([part.person_values.held for part in parts if part.person_values is not None])
        if held is not None and first.person_values is not None:
            made.person_values = replace(first.person_values, held=held)
        if first.measure is None:
            return made
        if made.contributions is not None:
            return made._with_contributions_measured()
        made.measure = _all_of([part.measure for part in parts]).sum(keepdims=True)
        amounts = np.sort(_all_of([amount for part in parts for amount in (part.largest, part.second)]))
        made.largest, made.second = amounts[-1:], amounts[-2:-1]
        return made

    def union(self, members: Numbers) -> "ClassFacts":
        """Facts of the one class that these would be together."""
        return self.unions(members, np.zeros(len(members), dtype=np.int64), 1)

    def unions(self, members: Numbers, group_of: Numbers, groups: int) -> "ClassFacts":
        """Facts of `groups` classes, of which `group_of` says for each member where it goes."""
        made = ClassFacts(np.bincount(group_of, self.records[members], groups).astype(np.int64))
        if self.sensitive is not None:
            made.sensitive = self.sensitive.unions(members, group_of, groups)
        if self.person_values is not None:
            made.person_values = self.person_values.unions(members, group_of, groups)
        if self.contributions is not None:
            made.contributions = self.contributions.unions(members, group_of, groups)
            return made if self.measure is None else made._with_contributions_measured()
        if self.measure is not None and self.largest is not None and self.second is not None:
            made.measure = np.bincount(group_of, self.measure[members], groups).astype(np.float64)
            amounts = np.concatenate([self.largest[members], self.second[members]])
            owner = np.concatenate([group_of, group_of])
            order = np.lexsort((-amounts, owner))
            start = np.searchsorted(owner[order], np.arange(groups))
            made.largest, made.second = amounts[order][start], amounts[order][start + 1]
        return made


def _together(parts: Sequence[SparseCounts | None]) -> SparseCounts | None:
    there = [part for part in parts if part is not None]
    return SparseCounts.together(there) if there else None


def _all_of(parts: Sequence[Amounts | None]) -> Amounts:
    return np.concatenate([part for part in parts if part is not None])
