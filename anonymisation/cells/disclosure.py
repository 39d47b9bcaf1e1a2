"""When a cell may be published: promises 1 and 2 of docs/privacy-promise.md."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from refusals.errors import UsageError

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rules:
    """`k`: fewest persons a cell. `dominance_p`: percent of the largest contribution that the others must reach."""

    k: int
    dominance_p: int

    def __post_init__(self) -> None:
        if self.k < 2:
            raise UsageError("k must be at least 2: a cell of one person is that person")
        if not 0 <= self.dominance_p <= 100:
            raise UsageError("dominance_p is a percentage: from 0 to 100")


class Figures(Protocol):
    """Anything with a number of persons, and measures with the two largest contributions to each.

    `further`: of each additive measure beside the first one, the total, the largest and the second largest.
    """

    @property
    def persons(self) -> int: ...  # noqa: D102
    @property
    def measure(self) -> int: ...  # noqa: D102
    @property
    def largest(self) -> int: ...  # noqa: D102
    @property
    def second(self) -> int: ...  # noqa: D102
    @property
    def further(self) -> Sequence[tuple[int, int, int]]: ...  # noqa: D102


def is_safe(cell: Figures, rules: Rules) -> bool:
    """At least k persons, and nobody's share of any measure can be worked out by its second largest contributor."""
    return cell.persons >= rules.k and is_undominated_throughout(cell, rules)


def is_undominated_throughout(cell: Figures, rules: Rules) -> bool:
    """`is_undominated`, by every additive measure."""
    first = (cell.measure, cell.largest, cell.second)
    return all(is_undominated(*one, rules) for one in (first, *cell.further))


def is_undominated(measure: int, largest: int, second: int, rules: Rules) -> bool:
    """The p % rule (Hundepool et al. 2012, section 4.2): without the two largest, at least p % of the largest is left.

    `largest` and `second` may be upper bounds: the rule then holds for whatever lies below them.
    All of it zero is fine: there is nothing to work out. p = 0 asks for nothing.
    """
    if not measure or not rules.dominance_p:
        return True
    return (measure - largest - second) * 100 >= rules.dominance_p * largest


def safe_where(
    persons: Integers, measure: Integers, largest: Integers, second: Integers, rules: Rules
) -> NDArray[np.bool_]:
    """`is_safe`, element by element; figures in exact integers, so that no rounding decides.

    `measure`, `largest`, `second`: with the measures on the first axis, the others those of `persons`.
    """
    undominated: NDArray[np.bool_] = np.logical_and.reduce(_is_left(measure, largest, second, rules), axis=0)
    return (persons >= rules.k) & undominated


def undominated_where(measure: Integers, largest: Integers, second: Integers, rules: Rules) -> NDArray[np.bool_]:
    """`is_undominated`, element by element, in exact integers."""
    if not rules.dominance_p:
        return np.ones(np.shape(measure), dtype=np.bool_)
    undominated: NDArray[np.bool_] = (measure == 0) | _is_left(measure, largest, second, rules)
    return undominated


def _is_left(measure: Integers, largest: Integers, second: Integers, rules: Rules) -> NDArray[np.bool_]:
    needed = -(-rules.dominance_p * largest // 100)  # rounded up: whole units on both sides, and no overflow
    left: NDArray[np.bool_] = measure - largest - second >= needed
    return left
