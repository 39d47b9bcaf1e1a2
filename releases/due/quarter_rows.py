"""A quarter in one partition that holds for all its weeks: the finest that is made of whole frozen cells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from anonymisation.cells.common_partition import CommonBlock, finest_common_partition
from anonymisation.cells.leaf_cell import Cell
from anonymisation.cells.quality import gcp
from anonymisation.hierarchies.hierarchy import OrderedBands, region_hierarchy
from anonymisation.hierarchies.leaf_box import LeafSets
from freezing.cell_rows import AGE_FIELDS, REGION_FIELDS, age_columns, region_codes, region_columns
from policy.policy import AgesPolicy

SUMS = ("users", "sessions", "minutes")

_FIGURES = [("person_weeks", pa.int64()), ("sessions", pa.int64()), ("minutes", pa.int64())]
QUARTER_SCHEMA = pa.schema([("quarter", pa.string()), *REGION_FIELDS, *AGE_FIELDS, ("weeks", pa.int32()), *_FIGURES])
WEEKS_SCHEMA = pa.schema([("week_start", pa.date32()), *REGION_FIELDS, *AGE_FIELDS, *_FIGURES])


@dataclass(frozen=True, slots=True)
class QuarterRows:
    """`data`: one row a cell and quarter. `weeks`: the same cells week by week. `gcp`: how much detail they lose."""

    data: pa.Table
    weeks: pa.Table
    gcp: float


def quarter_rows(label: str, weeks: Mapping[date, pa.Table], bands: Sequence[int]) -> QuarterRows:
    """Sums whole frozen cells of `usage_by_region_age_week` over the weeks of a quarter.

    `weeks`: the core cube's rows by Monday, at least one; `bands`: the policy's first ages. Weeks frozen under
    other bands are told by theirs. `person_weeks` count a person once a week, never once a quarter. A block in which
    nobody was in some week has no row for that week.

    Raises:
        InputRefused: a cell covers a region that is not in the region table.
    """
    mondays = sorted(weeks)
    cells = [weeks[monday].to_pylist() for monday in mondays]
    ages = _bands(cells, bands)
    first_years = dict(zip(ages.leaves, ages.first_years or (), strict=True))
    hierarchies = region_hierarchy(), ages
    described = [[_leaf_sets(cell, first_years) for cell in week] for week in cells]
    blocks = finest_common_partition(described, hierarchies)
    codes = region_codes((block.groups[0], block.groups[1].label) for block in blocks)
    data, by_week = [], []
    for block in blocks:
        covers = region_columns(codes, block.groups[0], block.groups[1].label) | age_columns(block.groups[1])
        inside = [[week[number] for number in numbers] for week, numbers in zip(cells, block.cells, strict=True)]
        data.append({"quarter": label, **covers, "weeks": len(mondays), **_sums([c for week in inside for c in week])})
        by_week += [
            {"week_start": monday, **covers, **_sums(week)}
            for monday, week in zip(mondays, inside, strict=True)
            if week
        ]
    by_week.sort(key=lambda row: row["week_start"])
    return QuarterRows(
        pa.Table.from_pylist(data, QUARTER_SCHEMA),
        pa.Table.from_pylist(by_week, WEEKS_SCHEMA),
        gcp([_cell(block, row["person_weeks"]) for block, row in zip(blocks, data, strict=True)], hierarchies),
    )


def _sums(cells: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    users, sessions, minutes = (sum(cell[name] for cell in cells) for name in SUMS)
    return {"person_weeks": users, "sessions": sessions, "minutes": minutes}


def _bands(weeks: Sequence[Sequence[Mapping[str, Any]]], bands: Sequence[int]) -> OrderedBands:
    """The policy's bands; of weeks that were frozen under others, those in which their cells begin and end."""
    found = {cell["age_from"] for week in weeks for cell in week}
    found |= {cell["age_to"] + 1 for week in weeks for cell in week if cell["age_to"] is not None}
    policy = AgesPolicy(bands=list(bands) if found <= set(bands) else sorted(found))
    return OrderedBands(policy.labels(), policy.bands)


def _leaf_sets(cell: Mapping[str, Any], first_years: Mapping[str, int]) -> LeafSets:
    last = cell["age_to"] if cell["age_to"] is not None else max(first_years.values())
    inside = (band for band, first in first_years.items() if cell["age_from"] <= first <= last)
    return tuple(cell["region_members"]), tuple(inside)


def _cell(block: CommonBlock, persons: int) -> Cell:
    return Cell(block.groups, persons, 0, 0, 0)
