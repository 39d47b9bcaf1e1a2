"""What local recoding keeps small, for one record and one quasi-identifier: the loss of a set of leaves.

Both objectives are a function of the summed weight of the leaves that a published value covers, so one search serves
both.

- `gcp`: Global Certainty Penalty (Ghinita, Karras, Kalnis and Mamoulis 2007, "Fast data anonymization with low
  information loss", after Xu et al. 2006): (leaves covered - 1) / (leaves - 1).
- `non_uniform_entropy` (Gionis and Tassa 2009, "k-anonymization with minimal loss of information"): bits lost,
  log2 of the records whose value is covered. A record's own log2 n(value) is the same whatever is done with it, so it
  is left out of the search.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from anonymisation.hierarchies.value_hierarchy import ValueHierarchy

ObjectiveName = Literal["gcp", "non_uniform_entropy"]
Losses = NDArray[np.float32]


@dataclass(frozen=True)
class Objective:
    """The loss of one quasi-identifier. `weights`: one a leaf."""

    name: ObjectiveName
    weights: NDArray[np.float64]

    @classmethod
    def of(cls, name: ObjectiveName, hierarchy: ValueHierarchy, records_by_leaf: NDArray[np.int64]) -> "Objective":
        """The loss for this hierarchy; `records_by_leaf` is how often each leaf occurs in the table."""
        uniform = np.ones(len(hierarchy.leaves))
        return cls(name, uniform if name == "gcp" else records_by_leaf.astype(np.float64))

    def loss(self, covered_weight: NDArray[np.float64]) -> Losses:
        """The loss of a record whose published value covers leaves of this summed weight."""
        if self.name == "gcp":
            return ((covered_weight - 1) / (len(self.weights) - 1)).astype(np.float32)
        return np.log2(np.maximum(covered_weight, 1)).astype(np.float32)

    @property
    def worst(self) -> float:
        """The loss of a value that covers all leaves: what a dropped record counts."""
        return float(self.loss(np.array([self.weights.sum()]))[0])
