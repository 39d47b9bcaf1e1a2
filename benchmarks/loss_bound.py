"""A proven lower bound on what any recoding of the family must lose, to judge a heuristic by.

A class that holds a combination holds at least k records, so at least one that is as far from it as its k-th nearest
record; what is published covers both, and covering more never loses less. So no recoding without dropped records,
whichever classes it makes of whole combinations, has a record losing less than the union with its k-th nearest does.
"""

import numpy as np
from numpy.typing import NDArray

from anonymisation.tables.recoding_problem import RecodingProblem

COMPARED_AT_ONCE = 4_000_000  # pairs of combinations: bounds memory


def least_loss(problem: RecodingProblem, k: int) -> float:
    """The mean over records and quasi-identifiers of the least loss by the problem's objective.

    For `gcp` this bounds the Global Certainty Penalty from below. Time grows with the square of the combinations.
    """
    everything = np.arange(len(problem.records))
    total = 0.0
    step = max(1, COMPARED_AT_ONCE // len(everything))
    for start in range(0, len(everything), step):
        few = everything[start : start + step]
        loss = problem.loss_of_joining(few, problem.spread)
        total += float((problem.records[few] * _kth_nearest(loss, problem.records, k)).sum())
    return total / (int(problem.records.sum()) * len(problem.spans))


def _kth_nearest(loss: NDArray[np.float32], records: NDArray[np.int64], k: int) -> NDArray[np.float32]:
    """For each row, the least loss within which there are k records."""
    nearest = min(k, loss.shape[1])  # so many combinations hold at least k records, or all there are
    which = np.argpartition(loss, nearest - 1, axis=1)[:, :nearest]
    near = np.take_along_axis(loss, which, axis=1)
    order = np.argsort(near, axis=1, kind="stable")
    near, held = np.take_along_axis(near, order, axis=1), records[np.take_along_axis(which, order, axis=1)]
    enough = np.cumsum(held, axis=1) >= k
    return np.asarray(near[np.arange(len(near)), enough.argmax(axis=1)], dtype=np.float32)
