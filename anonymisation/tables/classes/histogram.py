"""A table of records as its distinct combinations of quasi-identifier values, which is all that recoding looks at."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anonymisation.tables.classes.class_facts import ClassFacts

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Histogram:
    """Distinct combinations, sorted by their leaves' numbers, so that the order of the records plays no part.

    `leaves`: combinations by quasi-identifiers, leaf numbers; `facts`: what the rules need of each combination;
    `combination_of`: the combination of each record.
    """

    leaves: Numbers
    facts: ClassFacts
    combination_of: Numbers

    @property
    def records(self) -> Numbers:
        """How many records each combination has."""
        return self.facts.records

    @property
    def persons(self) -> int:
        """Distinct persons in the table: its records, where each record is one person."""
        return int(self.facts.union(np.arange(len(self.records))).persons[0])

    def records_by_leaf(self, dimension: int, leaf_count: int) -> Numbers:
        """How many records have each leaf of one quasi-identifier."""
        return np.bincount(self.leaves[:, dimension], self.records, leaf_count).astype(np.int64)

    @classmethod
    def of_records(
        cls,
        columns: Sequence[Numbers],
        leaf_counts: Sequence[int],
        sensitive: Numbers | None = None,
        measure: NDArray[np.float64] | None = None,
        person: Numbers | None = None,
    ) -> "Histogram":
        """Counts records, given as one array of leaf numbers a quasi-identifier.

        `sensitive` numbers each record's sensitive value from 0; `measure` is each record's amount (for dominance);
        `person` numbers each record's person from 0 (None, or a number each: every record is one person).
        """
        key = np.zeros(len(columns[0]), dtype=np.int64)
        for column, leaf_count in zip(columns, leaf_counts, strict=True):
            if int(key.max(initial=0)) > (2**62) // leaf_count:  # keys so far, made dense before they overflow
                key = np.unique(key, return_inverse=True)[1].astype(np.int64)
            key = key * leaf_count + column
        _, first, combination_of, records = np.unique(key, return_index=True, return_inverse=True, return_counts=True)
        leaves = np.stack([column[first] for column in columns], axis=1)
        if person is not None and int(np.bincount(person).max(initial=0)) <= 1:
            person = None  # then records are persons, and counting them is all there is to do
        facts = ClassFacts.of_records(combination_of, records, sensitive, measure, person)
        return cls(leaves, facts, combination_of)
