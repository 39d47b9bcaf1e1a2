"""How many distinct persons each cut of a class leaves on its two sides, for all cuts of one quasi-identifier at once.

A person with records on both sides counts on both.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anonymisation.tables.classes.sparse_counts import SparseCounts

Numbers = NDArray[np.int64]
Sides = tuple[Numbers, Numbers]  # persons on one side and on the other, one entry a cut


@dataclass(frozen=True)
class PersonPlaces:
    """The persons of a class's combinations, one entry for each combination that a person is in."""

    place: Numbers
    person: Numbers
    count: int

    @classmethod
    def of(cls, contributions: SparseCounts, part: Numbers) -> "PersonPlaces":
        """Of the combinations `part`; persons are numbered anew, from 0."""
        place, items, _ = contributions.of_classes(part)
        persons, person = np.unique(items, return_inverse=True)
        return cls(place, person.reshape(-1).astype(np.int64), len(persons))

    def by_leaf(self, leaves: Numbers, present: Numbers) -> "PersonLeaves":
        """The same by leaf; `leaves`: one a combination, `present`: those that occur, ascending."""
        return PersonLeaves(np.searchsorted(present, leaves)[self.place], self.person, self.count)


@dataclass(frozen=True)
class PersonLeaves:
    """The persons of a class by the leaves of one quasi-identifier, numbered by their order among those that occur."""

    leaf: Numbers
    person: Numbers
    count: int

    def before_and_after(self, rank: Numbers) -> Sides:
        """For the cuts after rank 0, 1, …, where `rank` orders the leaves: who has a record before, and who after."""
        first, last, ranks = self._ends(rank)
        before = np.cumsum(np.bincount(first, minlength=ranks))[:-1]
        return before, self.count - np.cumsum(np.bincount(last, minlength=ranks))[:-1]

    def of_siblings(self, rank: Numbers) -> Sides:
        """For each of the siblings against all others; and where there are more than two, for the first two, three, …

        against the rest. `rank`: each leaf's sibling, by its place in their order.
        """
        first, last, ranks = self._ends(rank)
        pairs = np.unique(rank[self.leaf] * self.count + self.person)
        own = np.bincount(pairs // self.count, minlength=ranks)
        only_there = np.bincount(first[first == last], minlength=ranks)
        before, after = self.before_and_after(rank)
        return np.concatenate([own, before[1:]]), np.concatenate([self.count - only_there, after[1:]])

    def _ends(self, rank: Numbers) -> tuple[Numbers, Numbers, int]:
        """Each person's first and last rank, and how many ranks there are."""
        ranks = int(rank.max()) + 1
        first, last = np.full(self.count, ranks), np.zeros(self.count, dtype=np.int64)
        np.minimum.at(first, self.person, rank[self.leaf])
        np.maximum.at(last, self.person, rank[self.leaf])
        return first, last, ranks
