"""How much detail a partition keeps: functions of published cells and hierarchies alone."""

from collections.abc import Sequence

from anonymisation.cells.leaf_cell import Cell
from anonymisation.hierarchies.hierarchy import Hierarchy
from refusals.errors import InputRefused


def gcp(cells: Sequence[Cell], hierarchies: Sequence[Hierarchy]) -> float:
    """Global Certainty Penalty: 0 = every leaf is told, 1 = nothing is.

    The mean over persons and dimensions of (leaves covered - 1) / (leaves of the hierarchy - 1). A hierarchy of one
    leaf has nothing to lose. Source: Ghinita et al. 2007, "Fast data anonymization with low information loss".

    For cells that are in no mart, such as a quarter's. A week's is told by its mart, in SQL over published cells
    (`anonymisation_quality_week.sql`), and recomputed by the door out (`expectations/suites/quality_mart.py`).

    Raises:
        InputRefused: there is no cell to judge.
    """
    persons = sum(cell.persons for cell in cells)
    if not persons or not hierarchies:
        raise InputRefused("a partition without persons has no quality: give its cells")
    lost = 0.0
    for dimension, hierarchy in enumerate(hierarchies):
        most = len(hierarchy.leaves) - 1
        if most:
            lost += sum(cell.persons * (len(cell.groups[dimension].leaves) - 1) for cell in cells) / most
    return lost / (persons * len(hierarchies))
