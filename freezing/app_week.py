"""How a week of the app freezes: core cells by region and age, side marts, and the week as a whole."""

import pyarrow as pa

from anonymisation.cells.leaf_cell import Cell
from catalogue.catalogue import SIDES
from freezing.cell_rows import side_rows, usage_rows, week_rows
from freezing.reference_cells import app_hierarchies, app_reference
from freezing.side_divisions import side_divisions
from freezing.source_week import CountedWeek, SourceWeek


def app_cubes(counted: CountedWeek, cells: list[Cell]) -> dict[str, pa.Table]:
    """The core cube, its side cubes, which divide only unions of its cells, and the week as a whole."""
    sides = side_divisions(counted, cells)
    return {
        "usage_by_region_age_week": usage_rows(counted.week, cells, counted.step),
        **{mart.name: side_rows(mart, counted.week, sides.of_mart[mart.name]) for mart in SIDES},
        "usage_week": week_rows(counted.week, sum(cell.persons for cell in cells), sides.sessions),
    }


APP = SourceWeek(
    "app",
    """
    select region_code, age_band, persons, duration_us, largest_us, second_us,
        [sessions], [(largest_sessions, second_sessions)]
    from int_app__leaf_cells_counted where week_start = ? order by region_code, age_band
    """,
    ("sessions",),
    is_above_users=True,
    is_aligned=True,
    hierarchies=lambda _, policy: list(app_hierarchies(policy)),
    reference=app_reference,
    cubes=app_cubes,
)
