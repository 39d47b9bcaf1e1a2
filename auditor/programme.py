"""Linear programmes over unknown whole numbers (HiGHS, by scipy): a world that fits, the least and most of a sum."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, linprog, milp
from scipy.sparse import csr_array, vstack

#: What the solver takes for nothing.
CLOSE = 1e-6
#: Made-up tables that are looked for, for the targets of one programme.
MOST_TABLES = 40
#: Stands for no bound where the solver needs one.
MANY = 10**7


@dataclass(frozen=True, slots=True)
class LeastAndMost:
    """Least and most of a sum over whole numbers, and the named rows that hold it there."""

    least: int
    most: int
    rows: tuple[str, ...]


class Programme:
    """Variables, each at least `least` and at most `most`; rows, each a sum between two numbers.

    `gapped`: a world that fits must put nothing or at least so much into the variable.
    """

    def __init__(self) -> None:
        self._given: dict[str, Any] | None = None
        self._sides: tuple[np.ndarray, np.ndarray] = (np.array([], int), np.array([], int))
        self._least: list[float] = []
        self._most: list[float] = []
        self._gapped: dict[int, int] = {}
        self._rows: list[tuple[dict[int, float], float, float, tuple[str, ...]]] = []

    def variable(self, least: float = 0, most: float = MANY, gapped: int = 0) -> int:
        """A new one, by its number."""
        self._least.append(least)
        self._most.append(most)
        if gapped:
            self._gapped[len(self._least) - 1] = gapped
        return len(self._least) - 1

    def row(self, sums: Mapping[int, float], least: float, most: float, *named: str) -> None:
        """So much is in these variables, with their factors; `named`: the published rows that say so."""
        self._rows.append((dict(sums), least, most, named))

    def has_open_world(self, seconds: float) -> bool | None:
        """Whether a world fits that leaves no gapped variable between nothing and its gap; None: not known in time."""
        least, most = np.array(self._least), np.array(self._most)
        kind = np.zeros(len(least))
        for number, gap in self._gapped.items():
            if least[number] > 0:
                least[number] = max(gap, least[number])
            elif most[number] < gap:
                most[number] = 0
            else:
                least[number], kind[number] = gap, 2
        if (least > most).any():
            return False
        matrix, low, high = self._matrix()
        constraints = LinearConstraint(matrix, low, high) if self._rows else ()
        options = {"time_limit": max(seconds, 0.01)}
        found = milp(
            np.zeros(len(least)), integrality=kind, bounds=Bounds(least, most), constraints=constraints, options=options
        )
        return True if found.x is not None else (False if found.status == 2 else None)

    def between(self, target: Mapping[int, float], seconds: float) -> LeastAndMost | None:
        """The least and the most of a sum; None where no world fits at all, or none was found in time."""
        cost = self._costs(target)
        ends, named = [], dict[str, None]()
        for sign in (1, -1):
            found = self._solved(sign * cost, seconds)
            if found is None:
                return None
            value, rows = found
            ends.append(sign * value)
            named.update(dict.fromkeys(rows))
        return LeastAndMost(math.ceil(ends[0] - CLOSE), math.floor(ends[1] + CLOSE), tuple(named))

    def contradiction(self, seconds: float) -> tuple[float, tuple[str, ...]]:
        """By how much, at least, rows contradict each other, and which; 0: they do not."""
        wider = Programme()
        wider._least, wider._most = list(self._least), list(self._most)
        costs: dict[int, float] = {}
        for sums, least, most, named in self._rows:
            more, less = wider.variable(), wider.variable()
            costs |= {more: 1.0, less: 1.0} if named else {more: 1000.0, less: 1000.0}
            wider.row({**sums, more: 1, less: -1}, least, most, *named)
        found = wider._solved(wider._costs(costs), seconds)
        return (0.0, ()) if found is None or found[0] < CLOSE else found

    def _matrix(self) -> tuple[csr_array, np.ndarray, np.ndarray]:
        places = [(r, c, factor) for r, (sums, *_) in enumerate(self._rows) for c, factor in sums.items()]
        row, column, data = zip(*places, strict=True) if places else ((), (), ())
        shape = (len(self._rows), len(self._least))
        low = np.array([one[1] for one in self._rows], dtype=float)
        high = np.array([one[2] for one in self._rows], dtype=float)
        return csr_array((data, (row, column)), shape=shape, dtype=float), low, high

    def world(self, cost: Mapping[int, float], seconds: float) -> np.ndarray | None:
        """Some world that fits all rows, of the least cost; None: there is none, or none was found in time."""
        found = self._solve(self._costs(cost), seconds)
        return None if found is None else np.asarray(found.x)

    def _costs(self, costs: Mapping[int, float]) -> np.ndarray:
        cost = np.zeros(len(self._least))
        for number, factor in costs.items():
            cost[number] += factor
        return cost

    def _solved(self, cost: np.ndarray, seconds: float) -> tuple[float, tuple[str, ...]] | None:
        found = self._solve(cost, seconds)
        if found is None:
            return None
        same, sides = self._sides
        telling = set(same[np.abs(found.eqlin.marginals) > CLOSE].tolist()) if len(same) else set()
        if len(sides):
            telling |= set(sides[np.abs(found.ineqlin.marginals) > CLOSE].tolist())
        return float(found.fun), tuple(dict.fromkeys(name for n in sorted(telling) for name in self._rows[n][3]))

    def _solve(self, cost: np.ndarray, seconds: float) -> OptimizeResult | None:
        if self._given is None:
            matrix, low, high = self._matrix()
            same, below, above = low == high, (low != high) & (high < MANY), (low != high) & (low > -MANY)
            numbers = np.arange(len(self._rows))
            self._sides = numbers[same], np.concatenate([numbers[below], numbers[above]])
            self._given = {"A_eq": matrix[same], "b_eq": low[same]} if same.any() else {}
            if below.any() or above.any():
                self._given["A_ub"] = vstack([matrix[below], -matrix[above]], format="csr")
                self._given["b_ub"] = np.concatenate([high[below], -low[above]])
        bounds = np.column_stack([self._least, self._most])
        options = {"time_limit": max(seconds, 0.01)}
        found = linprog(cost, bounds=bounds, method="highs", options=options, **self._given)
        return found if found.status == 0 else None


@dataclass(frozen=True)
class AskedSum:
    """Events or persons that must be able to be none, or k persons': those beyond `floor`, of which each has
    `per_person`."""

    kind: str
    about: str
    sums: Mapping[int, float]
    floor: int = 0
    per_person: int = 1


def not_shown_open(programme: Programme, targets: Sequence[AskedSum], k: int, seconds: float) -> list[AskedSum]:
    """The targets that no made-up table was found for in which nobody, or k persons and more, are behind them.

    Each table fits every row, and settles all targets of which it puts in nothing or enough.
    """
    left, sign = list(targets), 1.0
    for _ in range(MOST_TABLES):
        costs: dict[int, float] = {}
        for target in left:
            for variable, factor in target.sums.items():
                costs[variable] = costs.get(variable, 0) + sign * factor
        table = programme.world(costs, seconds) if left else None
        if table is None:
            break
        still = [target for target in left if not _is_settled(target, table, k)]
        if len(still) == len(left) and sign < 0:
            break
        left, sign = still, sign if len(still) < len(left) else -sign
    return left


def _is_settled(target: AskedSum, table: np.ndarray, k: int) -> bool:
    value = sum(factor * float(table[variable]) for variable, factor in target.sums.items())
    enough = target.floor + k if target.per_person == 1 else target.per_person * k
    return value < target.floor + CLOSE or value > enough - CLOSE
