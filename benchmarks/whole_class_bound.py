"""A lower bound on the loss of any recoding by whole combinations: tighter than `loss_bound`, for small tables.

Proof. Take a recoding of least loss, no record dropped, whose classes are sets of whole combinations. A class that
falls into two parts of k records each may be cut there: what each part covers is no more than before, and covering less
never loses more. So let none of its classes fall apart so. Then a class has at most one combination of k records or
more (a large one), and if it has one, its small ones hold fewer than k records together. Charge the loss of a class,
records x loss of each, to the records of its small combinations evenly. The class covers a box: an interval of each
ordinal quasi-identifier, a set of leaves of each other one; it loses what its box loses, L a record.

- Without a large one, each small record is charged L, and the box holds k records of small combinations.
- With a large one of m records and small ones of t, it is charged (m + t) / t x L, where t is under k and at most
  the small records in the box, and m at least the smallest large combination in the box.

So a small combination is charged at least the least of these over all boxes that hold it, and the sum over all small
combinations bounds the whole. All boxes are tried.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from anonymisation.tables.recoding_problem import Numbers, RecodingProblem
from refusals.errors import UsageError

MOST_BOXES = 20_000_000  # about 1.5 GiB
Amounts = NDArray[np.float64]


@dataclass(frozen=True)
class _Extents:
    """What a box may be in one dimension: `holds[extent, leaf]` over the leaves that occur, and the loss of each."""

    holds: NDArray[np.bool_]
    loss: Amounts


def least_loss_of_whole_classes(problem: RecodingProblem, k: int) -> float:
    """The mean over records and quasi-identifiers of the least loss; for `gcp` a bound on the table's GCP.

    Raises:
        UsageError: there are too many boxes to try.
    """
    occurring = [np.unique(column, return_inverse=True) for column in problem.leaves.T]
    leaves = [held for held, _ in occurring]
    place = tuple(which.reshape(-1) for _, which in occurring)
    if prod(_extents_of(problem, d, len(held)) for d, held in enumerate(leaves)) > MOST_BOXES:
        raise UsageError("too many boxes for this bound: take fewer quasi-identifiers, or loss_bound")
    extents = [_extents(problem, d, held) for d, held in enumerate(leaves)]
    shape = tuple(len(held) for held in leaves)
    records, is_small = problem.records, problem.records < k
    small, large = np.zeros(shape), np.full(shape, np.inf)
    small[tuple(axis[is_small] for axis in place)] = records[is_small]
    large[tuple(axis[~is_small] for axis in place)] = records[~is_small]
    charge = _charges(_over_boxes(small, extents, np.add), _over_boxes(large, extents, np.minimum), extents, k)
    least = _least_around(charge, extents)[place]
    return float((records[is_small] * least[is_small]).sum()) / (int(records.sum()) * len(extents))


def _extents_of(problem: RecodingProblem, dimension: int, leaves: int) -> int:
    return leaves * (leaves + 1) // 2 if problem.hierarchies[dimension].is_ordinal else 2 ** min(leaves, 60) - 1


def _extents(problem: RecodingProblem, dimension: int, leaves: Numbers) -> _Extents:
    """Every interval, or every set, of the leaves that occur."""
    count = len(leaves)
    if problem.hierarchies[dimension].is_ordinal:
        first, last = np.triu_indices(count)
        holds = (first[:, None] <= np.arange(count)) & (np.arange(count) <= last[:, None])
    else:
        holds = (np.arange(1, 1 << count)[:, None] >> np.arange(count) & 1).astype(np.bool_)
    span = problem.spans[dimension]
    members = np.nonzero(holds)[1]
    starts = np.concatenate([[0], np.cumsum(holds.sum(axis=1))[:-1]])
    state = span.joined(tuple(part[members] for part in span.of_leaves(leaves)), starts)
    return _Extents(holds, span.loss(state).astype(np.float64))


def _over_boxes(amounts: Amounts, extents: Sequence[_Extents], join: np.ufunc) -> Amounts:
    """From one entry a combination of leaves to one a box: the sum, or the minimum, of what is inside."""
    for axis, extent in enumerate(extents):
        moved = np.moveaxis(amounts, axis, 0)
        members = np.nonzero(extent.holds)[1]
        starts = np.concatenate([[0], np.cumsum(extent.holds.sum(axis=1))[:-1]])
        amounts = np.moveaxis(join.reduceat(moved[members], starts, axis=0), 0, axis)
    return amounts


def _charges(small: Amounts, large: Amounts, extents: Sequence[_Extents], k: int) -> Amounts:
    """What each small record is charged at least by a class that covers the box."""
    loss = np.zeros(())
    for extent in extents:
        loss = loss[..., None] + extent.loss
    beside = np.clip(small, 1, k - 1)
    charged = np.where(np.isinf(large), np.inf, (np.where(np.isinf(large), 0, large) / beside + 1) * loss)
    least: Amounts = np.minimum(charged, np.where(small >= k, loss, np.inf))
    return least


def _least_around(charge: Amounts, extents: Sequence[_Extents]) -> Amounts:
    """For each combination of leaves, the least charge of all boxes that hold it."""
    for axis, extent in enumerate(extents):
        moved = np.moveaxis(charge, axis, 0)
        charge = np.moveaxis(np.stack([moved[held].min(axis=0) for held in extent.holds.T]), 0, axis)
    return charge
