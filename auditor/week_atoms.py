"""The finest sets of persons that boxes tell apart: atoms of one week each."""

from collections.abc import Iterable, Sequence
from datetime import date

from auditor.told import PointSet

PointsBox = tuple[PointSet, ...]


class Atoms:
    """Atoms of all boxes of each week. An atom is a number; a box of a week is a tuple of them.

    Points outside of every box are in no atom, unless a box covers everything.
    """

    def __init__(self, boxes: Iterable[tuple[date, PointsBox]]) -> None:
        by_week: dict[date, dict[PointsBox, int]] = {}
        for week, box in boxes:
            known = by_week.setdefault(week, {})
            known.setdefault(box, len(known))
        self.week_of: list[date] = []
        self._of: dict[tuple[date, PointsBox], tuple[int, ...]] = {}
        for week in sorted(by_week):
            first, signatures = len(self.week_of), signatures_of(list(by_week[week]))
            self.week_of += [week] * len(signatures)
            for box, bit in by_week[week].items():
                self._of[week, box] = tuple(first + n for n, signature in enumerate(signatures) if signature >> bit & 1)

    def of(self, weeks: Iterable[date], box: PointsBox) -> tuple[int, ...]:
        """The atoms of a box in some weeks."""
        return tuple(atom for week in weeks for atom in self._of[week, box])


def signatures_of(boxes: Sequence[PointsBox]) -> list[int]:
    """One number an atom: its bits say which boxes hold it. In a fixed order."""
    found = [(1 << len(boxes)) - 1]
    for dimension in zip(*boxes, strict=True):
        everywhere = sum(1 << bit for bit, covers in enumerate(dimension) if covers is None)
        holders: dict[frozenset[object], int] = {}
        for bit, covers in enumerate(dimension):
            if covers is not None:
                holders[covers] = holders.get(covers, 0) | 1 << bit
        points: dict[object, int] = {}
        for covers, bits in holders.items():
            for point in covers:
                points[point] = points.get(point, 0) | bits
        here = {everywhere} | {everywhere | bits for bits in points.values()}
        found = sorted({one & other for one in found for other in here} - {0})
    return found
