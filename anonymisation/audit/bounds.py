"""What linear programmes can say about a set that no combination determines: the least and the most it can be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import NDArray

from anonymisation.audit.atoms import Interval
from refusals.errors import PublicationRefused

NEGLIGIBLE_DUAL = 1e-7
TOLERANCE = 1e-6  # the solver's own, absolute for small bounds and relative for large ones


@dataclass(frozen=True)
class Bound:
    """The target lies in [low, high]; `figures` are the numbers of those that hold it there (non-zero duals)."""

    low: float
    high: float
    figures: tuple[int, ...]


class _Silent(highspy.Highs):
    """HiGHS greets on standard output when its callbacks are enabled, before anyone outside can set an option."""

    def enableCallbacks(self) -> None:  # noqa: N802  # HiGHS's name
        """As HiGHS does, without a word."""
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()  # type: ignore[no-untyped-call]  # highspy types its methods only in part


class BoundedColumns:
    """Columns that are no smaller than zero, and whose sums lie within the published intervals."""

    def __init__(self, rows: Sequence[Mapping[int, int]], intervals: Sequence[Interval], columns: int) -> None:
        self._solver = _Silent()  # type: ignore[no-untyped-call]  # the same
        self._solver.setOptionValue("threads", 1)
        infinity = highspy.kHighsInf
        for _ in range(columns):
            self._solver.addVar(0.0, infinity)
        for row, (low, high) in zip(rows, intervals, strict=True):
            self._solver.addRow(
                float(low),
                float(high),
                len(row),
                np.array(list(row), dtype=np.int32),
                np.array(list(row.values()), float),
            )
        self._columns = columns

    def of(self, least: Mapping[int, int], most: Mapping[int, int]) -> Bound:
        """From the minimum of Σ `least` to the maximum of Σ `most` (the same, for a target of whole columns).

        Raises:
            PublicationRefused: no table has all the published figures: they contradict one another.
        """
        low, below = self._optimum(highspy.ObjSense.kMinimize, least)
        high, above = self._optimum(highspy.ObjSense.kMaximize, most)
        return Bound(_whole_if_close(low), _whole_if_close(high), tuple(sorted({*below, *above})))

    def at_minimum(self, target: Mapping[int, int]) -> NDArray[np.float64]:
        """All columns of one table that has the published figures and in which Σ `target` is least.

        Raises:
            PublicationRefused: as above; or nothing holds the target up.
        """
        low, _ = self._optimum(highspy.ObjSense.kMinimize, target)
        if np.isinf(low):
            raise PublicationRefused("audit: nothing bounds a target from below")
        return np.asarray(self._solver.getSolution().col_value, dtype=np.float64)

    def _optimum(self, sense: highspy.ObjSense, target: Mapping[int, int]) -> tuple[float, list[int]]:
        cost = np.zeros(self._columns)
        cost[list(target)] = list(target.values())
        self._solver.changeColsCost(self._columns, np.arange(self._columns, dtype=np.int32), cost)
        self._solver.changeObjectiveSense(sense)
        self._solver.run()
        status = self._solver.getModelStatus()
        if status in (highspy.HighsModelStatus.kUnbounded, highspy.HighsModelStatus.kUnboundedOrInfeasible):
            return (float("inf") if sense == highspy.ObjSense.kMaximize else float("-inf")), []
        if status != highspy.HighsModelStatus.kOptimal:
            raise PublicationRefused("audit: no table has all the published figures: they contradict one another")
        duals = self._solver.getSolution().row_dual
        return self._solver.getInfo().objective_function_value, [
            number for number, dual in enumerate(duals) if abs(dual) > NEGLIGIBLE_DUAL
        ]


def _whole_if_close(value: float) -> float:
    """Figures are whole numbers: a bound this close to one is that one, and no noise of the solver hides a leak."""
    if np.isinf(value):
        return value
    return float(round(value)) if abs(value - round(value)) <= TOLERANCE * max(1.0, abs(value)) else value
