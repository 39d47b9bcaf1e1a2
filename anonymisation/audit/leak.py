"""What an audit says: the leaks, each with the figures that combine to it; and what it could not prove."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from anonymisation.audit.atoms import PERSONS, Interval
from anonymisation.cells.disclosure import Rules


@dataclass(frozen=True)
class Leak:
    """A set of fewer than k persons, or one that a person dominates, whose figure can be worked out.

    `how`: `determined` (the combination is exactly its figure) or `bounded` (the figures hold it within p %).
    `combination`: the figures' names, each with its coefficient (0: a figure that bounds it, without a fixed share).
    No value of it is told: it would be the leak.
    """

    about: str
    how: str
    measure: str
    combination: tuple[tuple[str, int], ...]

    def sentence(self) -> str:
        """The leak in one line, by names alone."""
        terms = " ".join(_term(name, coefficient) for name, coefficient in self.combination)
        return f"{self.measure} of {self.about} {self.how} by: {terms}"


@dataclass(frozen=True)
class AuditReport:
    """`unproven`: what could neither be shown to leak nor to be safe, by name. `checked`: how many of what."""

    leaks: tuple[Leak, ...]
    unproven: tuple[str, ...] = ()
    checked: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0


def _term(name: str, coefficient: int) -> str:
    if coefficient == 0:
        return f"± [{name}]"
    times = "" if abs(coefficient) == 1 else f"{abs(coefficient)} x "
    return f"{'+' if coefficient > 0 else '-'} {times}[{name}]"


def added(combination: Sequence[tuple[int, Interval]]) -> Interval:
    """The interval of Σ coefficient x figure."""
    low = sum(c * (interval[0] if c > 0 else interval[1]) for c, interval in combination)
    high = sum(c * (interval[1] if c > 0 else interval[0]) for c, interval in combination)
    return low, high


def is_told(low: float, high: float, true: int, measure: str, rules: Rules) -> bool:
    """Whether [low, high] tells the true figure: exactly, or within p % of it. From zero on, it tells nothing.

    Persons are whole, so their interval shrinks to whole numbers. What is truly zero is told when nothing else is left.
    """
    if measure == PERSONS:
        low, high = -(-low // 1), high // 1
    if low >= high:
        return True
    return low > 0 and max(high - true, true - low) * 100 <= rules.dominance_p * true
