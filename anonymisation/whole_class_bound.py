"""A lower bound on the loss of any recoding by whole combinations, tighter than `loss_bound` where k is small.

Proof. Take a recoding of least loss, no record dropped, whose classes are sets of whole combinations. A class that
falls into two parts of k records each may be cut there: what each part covers is no more than before, and covering less
never loses more. So let none of its classes fall apart so. Then a class has at most one combination of k records or
more (a large one), and if it has one, its small ones hold fewer than k records together. Charge the loss of a class,
records x loss of each, to the records of its small combinations evenly. Take a small combination c in a class that
loses L a record: all others of that class are within L of it (the union of two is no wider than the class).

- Without a large one, each record of c is charged L, and k records of small combinations are within L of c.
- With a large one of m records and small ones of t, it is charged (m + t) / t x L, where t is under k and at most
  the small records within L of c, and m at least the smallest large combination within L of c.

Both are least at one of the distances from c to a combination; summed over all small ones they bound the whole.
"""

import numpy as np
from numpy.typing import NDArray

from anonymisation.recoding_problem import Numbers, RecodingProblem

COMPARED_AT_ONCE = 1_000_000  # pairs of combinations: bounds memory


def least_loss_of_whole_classes(problem: RecodingProblem, k: int) -> float:
    """The mean over records and quasi-identifiers of the least loss; for `gcp` a bound on the table's GCP.

    Time grows with small combinations x all of them.
    """
    records = problem.records
    is_small = records < k
    small = np.flatnonzero(is_small)
    total = 0.0
    step = max(1, COMPARED_AT_ONCE // len(records))
    for start in range(0, len(small), step):
        few = small[start : start + step]
        distances = problem.loss_of_joining(few, problem.spread).astype(np.float64)
        charges = [_least_charge(each, records, is_small, k) for each in distances]
        total += float((records[few] * np.array(charges)).sum())
    return total / (int(records.sum()) * len(problem.spans))


def _least_charge(distances: NDArray[np.float64], records: Numbers, is_small: NDArray[np.bool_], k: int) -> float:
    """What a record of one small combination is charged at least, from its distances to all."""
    order = np.argsort(distances, kind="stable")
    ordered, held, light = distances[order], records[order], is_small[order]
    last = np.append(ordered[1:] > ordered[:-1], True)  # the last of those equally far: within means all of them
    within = np.cumsum(np.where(light, held, 0))[last]
    smallest_large = np.minimum.accumulate(np.where(light, np.inf, held))[last]
    far = ordered[last]
    alone = np.where(within >= k, far, np.inf).min()
    beside = np.minimum(within, k - 1)
    has_large = np.isfinite(smallest_large)
    charged = (smallest_large[has_large] + beside[has_large]) / beside[has_large] * far[has_large]
    return float(min(alone, charged.min(initial=np.inf)))
