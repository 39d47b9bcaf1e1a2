"""What the privacy rules need to know of an equivalence class, for many classes at once; facts of a union are sums."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Amounts = NDArray[np.float64]


@dataclass
class ClassFacts:
    """One entry a class.

    `records`; `sensitive`: classes by sensitive values, records of each; `measure`, `largest`, `second`: summed amount
    and its two largest contributions (a record is one contributor). What no rule asks for is None.
    """

    records: Numbers
    sensitive: Numbers | None = None
    measure: Amounts | None = None
    largest: Amounts | None = None
    second: Amounts | None = None

    @classmethod
    def of_records(
        cls, class_of: Numbers, records: Numbers, sensitive: Numbers | None, measure: Amounts | None
    ) -> "ClassFacts":
        """Facts of classes, from each record's class, sensitive value's number and amount."""
        facts = cls(records.astype(np.int64))
        count = len(records)
        if sensitive is not None:
            values = int(sensitive.max(initial=0)) + 1
            flat = np.bincount(class_of * values + sensitive, minlength=count * values)
            facts.sensitive = flat.reshape(count, values).astype(np.int64)
        if measure is not None:
            order = np.lexsort((-measure, class_of))
            start = np.concatenate([[0], np.cumsum(records)[:-1]])
            ranked = measure[order]
            facts.measure = np.bincount(class_of, measure, count).astype(np.float64)
            facts.largest = ranked[start]
            facts.second = np.where(records > 1, ranked[np.minimum(start + 1, len(ranked) - 1)], 0.0)
        return facts

    @property
    def sensitive_shares(self) -> Amounts | None:
        """Each sensitive value's share of all records."""
        return None if self.sensitive is None else self.sensitive.sum(axis=0) / self.records.sum()

    def union(self, members: Numbers) -> "ClassFacts":
        """Facts of the one class that these would be together."""
        return self.unions(members, np.zeros(len(members), dtype=np.int64), 1)

    def unions(self, members: Numbers, group_of: Numbers, groups: int) -> "ClassFacts":
        """Facts of `groups` classes, of which `group_of` says for each member where it goes."""
        made = ClassFacts(np.bincount(group_of, self.records[members], groups).astype(np.int64))
        if self.sensitive is not None:
            made.sensitive = np.zeros((groups, self.sensitive.shape[1]), dtype=np.int64)
            np.add.at(made.sensitive, group_of, self.sensitive[members])
        if self.measure is not None and self.largest is not None and self.second is not None:
            made.measure = np.bincount(group_of, self.measure[members], groups).astype(np.float64)
            amounts = np.concatenate([self.largest[members], self.second[members]])
            owner = np.concatenate([group_of, group_of])
            order = np.lexsort((-amounts, owner))
            start = np.searchsorted(owner[order], np.arange(groups))
            made.largest, made.second = amounts[order][start], amounts[order][start + 1]
        return made

    def at(self, chosen: Numbers) -> "ClassFacts":
        """Facts of these classes, one by one."""
        return ClassFacts(
            self.records[chosen],
            None if self.sensitive is None else self.sensitive[chosen],
            None if self.measure is None else self.measure[chosen],
            None if self.largest is None else self.largest[chosen],
            None if self.second is None else self.second[chosen],
        )

    def merge(self, into: int, other: int) -> None:
        """Adds class `other` to class `into`, in place; `other` is left without records."""
        self.records[into] += self.records[other]
        self.records[other] = 0
        if self.sensitive is not None:
            self.sensitive[into] += self.sensitive[other]
        if self.measure is not None and self.largest is not None and self.second is not None:
            self.measure[into] += self.measure[other]
            top = sorted((self.largest[into], self.largest[other], self.second[into], self.second[other]))
            self.largest[into], self.second[into] = top[-1], top[-2]
