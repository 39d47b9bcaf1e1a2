"""How much of which items many classes hold, kept for the items that they do hold: memory grows with records alone.

An item is a person, a sensitive value, or a pair of both, by its number.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Amounts = NDArray[np.float64]


@dataclass(frozen=True)
class SparseCounts:
    """`items[starts[c] : starts[c + 1]]` are the items of class `c`, ascending; `amounts`, how much it has of each."""

    starts: Numbers
    items: Numbers
    amounts: Amounts

    @classmethod
    def of_pairs(cls, class_of: Numbers, items: Numbers, amounts: Amounts | None, classes: int) -> "SparseCounts":
        """From one entry a record, or an item of a part; what is of one class and item is added up (None: counted)."""
        width = int(items.max(initial=0)) + 1
        pairs, which = np.unique(class_of * width + items, return_inverse=True)
        added = np.bincount(which.reshape(-1), amounts, len(pairs)).astype(np.float64)
        owner, held = np.divmod(pairs, width)
        return cls(np.searchsorted(owner, np.arange(classes + 1)), held, added)

    @cached_property
    def owner(self) -> Numbers:
        """The class of each entry of `items`."""
        return np.repeat(np.arange(len(self.starts) - 1), self.distinct)

    @cached_property
    def distinct(self) -> Numbers:
        """How many different items each class holds."""
        return np.diff(self.starts)

    @cached_property
    def totals(self) -> Amounts:
        """The summed amount of each class."""
        return np.bincount(self.owner, self.amounts, len(self.distinct)).astype(np.float64)

    @property
    def shares(self) -> Amounts:
        """Each item's share of all there is of any."""
        return np.asarray(np.bincount(self.items, self.amounts) / self.amounts.sum(), dtype=np.float64)

    def of_classes(self, members: Numbers) -> tuple[Numbers, Numbers, Amounts]:
        """The entries of these classes: the place of each in `members`, its item and its amount."""
        held = self.distinct[members]
        place = np.repeat(np.arange(len(members)), held)
        entries = np.arange(len(place)) + np.repeat(
            self.starts[members] - np.concatenate([[0], np.cumsum(held)[:-1]]), held
        )
        return place, self.items[entries], self.amounts[entries]

    def unions(self, members: Numbers, group_of: Numbers, groups: int) -> "SparseCounts":
        """The counts of `groups` unions, of which `group_of` says for each member where it goes."""
        place, items, amounts = self.of_classes(members)
        return SparseCounts.of_pairs(group_of[place], items, amounts, groups)

    @classmethod
    def together(cls, parts: Sequence["SparseCounts"]) -> "SparseCounts":
        """The classes of all parts, as one union."""
        items = np.concatenate([part.items for part in parts])
        amounts = np.concatenate([part.amounts for part in parts])
        return cls.of_pairs(np.zeros(len(items), dtype=np.int64), items, amounts, 1)

    def two_largest(self) -> tuple[Amounts, Amounts]:
        """The two largest amounts of each class; 0 where it holds no item, or only one."""
        order = np.lexsort((-self.amounts, self.owner))
        ranked = np.append(self.amounts[order], [0.0, 0.0])
        first = np.where(self.distinct > 0, ranked[self.starts[:-1]], 0.0)
        return first, np.where(self.distinct > 1, ranked[self.starts[:-1] + 1], 0.0)
