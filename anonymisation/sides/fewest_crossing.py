"""The fewest persons that cross a division of nodes in two, each person being in several nodes: a hypergraph's cut.

Klimmek & Wagner 1996, "A simple hypergraph min cut algorithm"; nodes that k persons have in common are joined first
(Padberg & Rinaldi 1990), since no cut below k parts them: that settles nearly everything.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from anonymisation.cells.connected import components_of

Integers = NDArray[np.int64]
Members = NDArray[np.bool_]  # [person kind, node]


@dataclass(frozen=True)
class Cut:
    """`side`: the nodes on one side; `persons`: how many have nodes on both."""

    side: frozenset[int]
    persons: int


def cuts_below(members: Members, persons: Integers, k: int) -> list[Cut]:
    """For each connected component, its smallest cut, where more than nobody and fewer than k persons cross it.

    None: whatever is divided, nobody or at least k persons cross.
    """
    sparse = csr_array(members, dtype=np.int64)
    tied = _tied(sparse, persons, k)
    contracted = _contracted(sparse, tied)
    number_of = _joined(contracted, persons, 1)
    found = []
    for component in range(number_of.max(initial=-1) + 1):
        nodes = np.flatnonzero(number_of == component)
        if len(nodes) < 2:
            continue
        inside = contracted[:, nodes]
        crossing = np.flatnonzero(inside.sum(axis=1) > 1)
        smallest = _smallest(inside[crossing].toarray() > 0, persons[crossing])
        if smallest.persons < k:
            groups = nodes[sorted(smallest.side)]
            found.append(Cut(frozenset(np.flatnonzero(np.isin(tied, groups)).tolist()), smallest.persons))
    return found


def _tied(members: csr_array, persons: Integers, k: int) -> Integers:
    """A group number for each node: no cut below k parts a group."""
    groups: Integers = np.arange(members.shape[1])
    while True:
        joined = _joined(_contracted(members, groups), persons, k)
        if joined.max(initial=-1) + 1 == groups.max(initial=-1) + 1:
            return groups
        groups = joined[groups]


def _joined(members: csr_array, persons: Integers, k: int) -> Integers:
    """A group number for each node, such that nodes with k persons in common are in one group, and so on from there."""
    common = (members.multiply(persons[:, None]).T @ members).toarray()
    return components_of(common >= k)


def _contracted(members: csr_array, groups: Integers) -> csr_array:
    """Persons' kinds by group; of each kind and group 1 or nothing."""
    contracted = csr_array(
        (np.ones(members.nnz, dtype=np.int64), groups[members.indices], members.indptr),
        shape=(members.shape[0], groups.max(initial=-1) + 1),
    )
    contracted.sum_duplicates()
    contracted.data[:] = 1
    return contracted


def _smallest(members: Members, persons: Integers) -> Cut:
    """The smallest of all cuts of a connected hypergraph of at least two nodes."""
    sides = [frozenset({node}) for node in range(members.shape[1])]
    best = Cut(frozenset(), int(persons.sum()) + 1)  # above any
    while len(sides) > 1:
        ordered = [0]
        reached = members[:, 0].copy()
        while len(ordered) < len(sides):
            tightness = persons[reached] @ members[reached].astype(np.int64)
            tightness[ordered] = -1
            following = int(tightness.argmax())
            ordered.append(following)
            reached |= members[:, following]
        last, before = ordered[-1], ordered[-2]
        alone = members[:, last] & (members.sum(axis=1) > 1)
        crossing = int(persons[alone].sum())
        if crossing < best.persons:
            best = Cut(sides[last], crossing)
        members[:, before] |= members[:, last]
        members = np.delete(members, last, axis=1)
        sides[before] |= sides[last]
        del sides[last]
    return best
