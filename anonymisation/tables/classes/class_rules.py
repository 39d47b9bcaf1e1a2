"""The privacy rules that every published equivalence class keeps.

All four survive a union of classes that keep them, also of classes that share persons. Counts and distinct values only
grow. A union's two largest contributors leave behind at least what the two largest of each part left, and the largest
is at most the sum of the parts' largest. A union's distribution is a mean of its parts'.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anonymisation.tables.classes.class_facts import ClassFacts
from refusals.errors import UsageError


@dataclass(frozen=True)
class ClassRules:
    """k-anonymity always; the others where they are set.

    Persons are distinct persons where the table says who they are, else records (`ClassFacts.persons`).

    - `k`: at least so many persons a class (Samarati 2001; Sweeney 2002). With several records a person this is
      (X, Y)-anonymity, X the quasi-identifiers and Y the person (Wang and Fung 2006).
    - `dominance_p`: percent; without its two largest contributors a class's measure is at least p % of the largest (the
      p % rule; Hundepool et al. 2012, "Statistical Disclosure Control", ch. 4). A person contributes all its records of
      the class.
    - `l`: at least so many distinct sensitive values a class (distinct l-diversity, Machanavajjhala et al. 2007); of
      as many different persons (`person_values`).
    - `t`: at most so far is a class's distribution of the sensitive values from the table's (Li, Li and
      Venkatasubramanian 2007), by the earth mover's distance with equal ground distance: half the sum of the absolute
      differences of shares. `table_shares` are the shares in the whole table. With several records a person it is the
      distribution of the value of a person drawn evenly and one of its records drawn evenly, in the class and in the
      table: nobody weighs more for having more records.
    """

    k: int
    dominance_p: float | None = None
    l: int | None = None  # noqa: E741 - the field's name
    t: float | None = None
    table_shares: NDArray[np.float64] | None = None

    @property
    def is_k_only(self) -> bool:
        """Whether the number of persons decides alone."""
        return self.dominance_p is None and self.l is None and self.t is None

    def broken_by(self, facts: ClassFacts) -> dict[str, NDArray[np.bool_]]:
        """For each rule that is set, which of these classes break it."""
        broken = {"k": facts.persons < self.k}
        if self.dominance_p is not None and facts.measure is not None:
            if facts.largest is None or facts.second is None:
                raise UsageError("`dominance_p` needs the measure's largest contributions: name `measure`")
            rest = facts.measure - facts.largest - facts.second
            broken["dominance_p"] = rest * 100 < self.dominance_p * facts.largest
        if self.l is not None and facts.sensitive is not None:
            broken["l"] = self._breaks_l(facts)
        if self.t is not None and facts.sensitive is not None:
            rounded_down = max(self.t - 1e-12, 1e-15)  # so that whoever adds up in another order finds t kept
            broken["t"] = distances(facts, self.table_shares) > rounded_down
        return broken

    def _breaks_l(self, facts: ClassFacts) -> NDArray[np.bool_]:
        diversity = facts.diversity
        if self.l is None or diversity is None:
            raise UsageError("`l` needs a sensitive column: name it with `sensitive`")
        return diversity < self.l

    def keeps(self, facts: ClassFacts) -> NDArray[np.bool_]:
        """Which of these classes keep every rule."""
        return np.asarray(~np.logical_or.reduce(list(self.broken_by(facts).values())), dtype=np.bool_)


def distances(facts: ClassFacts, table_shares: NDArray[np.float64] | None) -> NDArray[np.float64]:
    """Each class's distance for t-closeness from the table; 0 for one without records."""
    if facts.sensitive is None or table_shares is None:
        raise UsageError("`t` needs a sensitive column: name it with `sensitive`")
    held = facts.sensitive
    above = held.amounts / held.totals[held.owner] - table_shares[held.items]  # shares add up to 1 on both sides, so
    return np.bincount(held.owner, np.maximum(above, 0), len(held.distinct)).astype(np.float64)  # half of all is above
