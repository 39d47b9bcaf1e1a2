"""What belongs together, having something in common directly or through others: a graph's connected components."""

from collections.abc import Hashable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Integers = NDArray[np.int64]


def first_connected(things: Sequence[Iterable[Hashable]]) -> list[int]:
    """For each thing, given by what it has, the number of the first thing that it is connected to; often itself."""
    numbers: dict[Hashable, int] = {}
    pairs = [(thing, numbers.setdefault(had, len(numbers))) for thing, all_had in enumerate(things) for had in all_had]
    rows, columns = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    nodes = len(things) + len(numbers)
    graph = coo_array((np.ones(len(rows), dtype=bool), (rows, len(things) + columns)), shape=(nodes, nodes))
    first: list[int] = _first_nodes(graph)[: len(things)].tolist()
    return first


def components_of(is_tied: NDArray[np.bool_]) -> Integers:
    """For each node of a graph, given as a symmetric matrix, its component's number, in the order of first nodes."""
    numbers: Integers = np.unique(_first_nodes(is_tied), return_inverse=True)[1]
    return numbers


def _first_nodes(graph: coo_array | NDArray[np.bool_]) -> Integers:
    """For each node the first one of its component, whatever order the library numbers them in."""
    if not graph.shape[0]:
        return np.zeros(0, dtype=np.int64)
    labels = connected_components(graph, directed=False)[1]
    _, firsts, inverse = np.unique(labels, return_index=True, return_inverse=True)
    nodes: Integers = firsts[inverse]
    return nodes
