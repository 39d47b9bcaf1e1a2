"""The privacy rules that every published equivalence class keeps.

All four survive a union of classes that keep them: counts and distinct values only grow; a union's two largest
contributors leave behind at least what one of its parts left; and a union's distribution is a mean of its parts'.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anonymisation.class_facts import ClassFacts
from policy.errors import UsageError


@dataclass(frozen=True)
class ClassRules:
    """k-anonymity always; the others where they are set.

    - `k`: at least so many records a class (Samarati 2001; Sweeney 2002).
    - `dominance_p`: percent; without its two largest contributors a class's measure is at least p % of the largest
      (the p % rule; Hundepool et al. 2012, "Statistical Disclosure Control", ch. 4).
    - `l`: at least so many distinct sensitive values a class (distinct l-diversity, Machanavajjhala et al. 2007).
    - `t`: at most so far is a class's distribution of the sensitive values from the table's (Li, Li and
      Venkatasubramanian 2007), by the earth mover's distance with equal ground distance: half the sum of the absolute
      differences of shares. `table_shares` are the shares in the whole table.
    """

    k: int
    dominance_p: float | None = None
    l: int | None = None  # noqa: E741 - the field's name
    t: float | None = None
    table_shares: NDArray[np.float64] | None = None

    @property
    def is_k_only(self) -> bool:
        """Whether the number of records decides alone."""
        return self.dominance_p is None and self.l is None and self.t is None

    def broken_by(self, facts: ClassFacts) -> dict[str, NDArray[np.bool_]]:
        """For each rule that is set, which of these classes break it."""
        broken = {"k": facts.records < self.k}
        if self.dominance_p is not None and facts.measure is not None:
            if facts.largest is None or facts.second is None:
                raise UsageError("`dominance_p` needs the measure's largest contributions: name `measure`")
            rest = facts.measure - facts.largest - facts.second
            broken["dominance_p"] = rest * 100 < self.dominance_p * facts.largest
        if self.l is not None and facts.sensitive is not None:
            broken["l"] = (facts.sensitive > 0).sum(axis=1) < self.l
        if self.t is not None and facts.sensitive is not None:
            rounded_down = max(self.t - 1e-12, 0.0)  # so that whoever adds up the shares in another order finds t kept
            broken["t"] = distances(facts, self.table_shares) > rounded_down
        return broken

    def keeps(self, facts: ClassFacts) -> NDArray[np.bool_]:
        """Which of these classes keep every rule."""
        return np.asarray(~np.logical_or.reduce(list(self.broken_by(facts).values())), dtype=np.bool_)


def distances(facts: ClassFacts, table_shares: NDArray[np.float64] | None) -> NDArray[np.float64]:
    """Each class's distance for t-closeness from the table; 0 for one without records."""
    if facts.sensitive is None or table_shares is None:
        raise UsageError("`t` needs a sensitive column: name it with `sensitive`")
    shares = facts.sensitive / np.maximum(facts.records, 1)[:, None]
    apart: NDArray[np.float64] = np.abs(shares - table_shares).sum(axis=1) / 2
    return np.where(facts.records > 0, apart, 0.0)
