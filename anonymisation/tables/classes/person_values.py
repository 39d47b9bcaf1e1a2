"""Which person has which sensitive value, in many classes: what l-diversity means where persons have several records.

Counted over records, one person with three diagnoses would make any class 3-diverse, though all others share one of
them. So a class is l-diverse here when l of its persons can be named with l different values, one each (a system of
distinct representatives; Hall 1935). With one record a person that is the number of distinct values, as in
Machanavajjhala, Kifer, Gehrke and Venkitasubramaniam 2007; and it keeps what their l promises. By König's theorem the
largest such set is as large as the fewest persons and values that together touch every record: whoever knows all of `a`
persons and can rule out `b` values, a + b ≤ l - 2, still leaves two persons with two values between them.
It survives unions: no record of a part is lost in the whole.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from anonymisation.tables.classes.sparse_counts import SparseCounts

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class PersonValues:
    """`held`: the pairs of each class; `person` and `value`: the numbers that a pair stands for."""

    held: SparseCounts
    person: Numbers
    value: Numbers

    @classmethod
    def of_records(cls, class_of: Numbers, person: Numbers, value: Numbers, classes: int) -> "PersonValues":
        """From one entry a record."""
        width = int(value.max(initial=0)) + 1
        pairs, pair_of = np.unique(person * width + value, return_inverse=True)
        held = SparseCounts.of_pairs(class_of, pair_of.reshape(-1).astype(np.int64), None, classes)
        return cls(held, pairs // width, pairs % width)

    def unions(self, members: Numbers, group_of: Numbers, groups: int) -> "PersonValues":
        """The pairs of `groups` unions, of which `group_of` says for each member where it goes."""
        return PersonValues(self.held.unions(members, group_of, groups), self.person, self.value)

    def diversity(self) -> Numbers:
        """For each class, how many of its persons can be named with as many different values, one each."""
        owner, pairs = self.held.owner, self.held.items
        persons, row = _numbered(owner, self.person[pairs])
        values, column = _numbered(owner, self.value[pairs])
        shape = (len(persons), len(values))
        graph = csr_array((np.ones(len(pairs), dtype=np.int8), (row, column)), shape=shape)
        partner = maximum_bipartite_matching(graph, perm_type="column")  # one problem: classes share no node
        return np.bincount(persons[partner >= 0], minlength=len(self.held.distinct)).astype(np.int64)


def _numbered(owner: Numbers, items: Numbers) -> tuple[Numbers, Numbers]:
    """Each class's items as nodes of their own: the class of each node, and the node of each entry."""
    width = int(items.max(initial=0)) + 1
    nodes, node_of = np.unique(owner * width + items, return_inverse=True)
    return nodes // width, node_of.reshape(-1).astype(np.int64)
