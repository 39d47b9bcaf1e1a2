"""Which rows of GA4's reports are told: each by itself, none within another, none of fewer than k users.

Reports are counts that somebody else made: rows overlap (one person can be in two regions), are estimates, and cannot
be taken apart again. So rows are never added up to reach k: six users in one row and six in another may be six people.
What is told of a week is a set of cells, each the rows of one report that have one region and one age bracket, of which
one row alone has at least k users. Where the finest report has no such row, a coarser one may; but never beside a cell
that it holds or that holds it, since the difference of the two would be a row, or an overlap, of fewer than k.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from policy.region_table import regions
from refusals.errors import PublicationRefused

#: Instead of an age bracket, where a row is of everybody.
EVERY_AGE: Final = "all"


@dataclass(frozen=True, slots=True)
class ReportedRow:
    """One row of a report. `region_code`: any node of the region table. `age_bracket`: the service's word, or
    EVERY_AGE. `counts`: what else it counts, in whatever order."""

    report: str
    region_code: str
    age_bracket: str
    users: int
    counts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportedCell:
    """What is told of one region and age bracket: so many rows of one report, added up; the largest has k or more."""

    report: str
    region_code: str
    age_bracket: str
    rows: int
    users: int
    counts: tuple[int, ...]
    largest_row: int


def reported_cells(rows: Iterable[ReportedRow], reports: Sequence[str], k: int) -> list[ReportedCell]:
    """The cells that may be told of a week, in order of region and age.

    `reports`: their names, the finest first: what a finer one tells stands, and a coarser one adds only what has
    nothing in common with it. Rows that are in no cell are not told, nor counted in any: nothing that is told is a sum
    from which they could be subtracted. What is chosen depends on nothing but which rows have at least k users.
    """
    candidates = [cell for cell in _cells(rows) if cell.largest_row >= k]
    told: list[ReportedCell] = []
    beside = _Beside()
    for report in reports:
        fitting = [cell for cell in candidates if cell.report == report and not beside.has_in_common(cell)]
        for cell in fitting:
            beside.add(cell)
        told += fitting
    return sorted(told, key=_place)


def nested_cells(cells: Iterable[ReportedCell]) -> list[tuple[ReportedCell, ReportedCell]]:
    """Pairs of cells of which the first has places and ages of the second in it: their difference tells of others.

    The last look: by comparing every cell with the regions over every other, and not by how they were chosen.
    """
    by_region: dict[str, list[ReportedCell]] = defaultdict(list)
    for cell in cells:
        by_region[cell.region_code].append(cell)
    return [
        (over, cell)
        for members in by_region.values()
        for cell in members
        for code in _upwards(cell.region_code)
        for over in by_region.get(code, ())
        if over is not cell
        and (over.age_bracket == cell.age_bracket or EVERY_AGE in {over.age_bracket, cell.age_bracket})
    ]


def check_not_nested(cells: Iterable[ReportedCell]) -> None:
    """No cell is within another.

    Raises:
        PublicationRefused: one is; their regions and ages are named.
    """
    for over, cell in nested_cells(cells):
        raise PublicationRefused(
            f"audit: {cell.region_code} {cell.age_bracket} is within {over.region_code} {over.age_bracket}, so that one"
            " could be subtracted from the other: nothing was published"
        )


def _cells(rows: Iterable[ReportedRow]) -> Iterator[ReportedCell]:
    """Rows of one report, region and bracket together: places without a code of their own share one."""
    found: dict[tuple[str, str, str], ReportedCell] = {}
    for row in rows:
        key = (row.report, row.region_code, row.age_bracket)
        one = ReportedCell(*key, 1, row.users, row.counts, row.users)
        there = found.get(key)
        found[key] = (
            one
            if there is None
            else replace(
                there,
                rows=there.rows + 1,
                users=there.users + one.users,
                counts=tuple(map(sum, zip(there.counts, one.counts, strict=True))),
                largest_row=max(there.largest_row, one.largest_row),
            )
        )
    yield from sorted(found.values(), key=_place)


def _place(cell: ReportedCell) -> tuple[str, str, str]:
    return cell.region_code, cell.age_bracket, cell.report


def _upwards(code: str) -> Iterator[str]:
    """A region, and those that it lies in, up to the world."""
    above: str | None = code
    while above is not None:
        yield above
        above = regions()[above].parent


class _Beside:
    """Regions and ages of what is told: in what it lies, and what lies in it."""

    def __init__(self) -> None:
        self._told: dict[str, set[str]] = defaultdict(set)
        self._over: dict[str, set[str]] = defaultdict(set)

    def add(self, cell: ReportedCell) -> None:
        self._told[cell.region_code].add(cell.age_bracket)
        for code in _upwards(cell.region_code):
            self._over[code].add(cell.age_bracket)

    def has_in_common(self, cell: ReportedCell) -> bool:
        """Whether somebody can be both in this cell and in one that is told, by region and age."""
        ages = self._over[cell.region_code].union(*(self._told[code] for code in _upwards(cell.region_code)))
        return bool(ages) and (cell.age_bracket in ages or cell.age_bracket == EVERY_AGE or EVERY_AGE in ages)
