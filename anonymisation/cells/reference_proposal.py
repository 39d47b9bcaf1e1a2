"""Which cells a reference partition might have: those of one published week that the other weeks allow most often.

From published cells alone, so a proposal tells nothing that they do not. A week holds a cell if none of the week's own
cells crosses its border: the cell's figures are then sums of whole published cells, and it would have been safe.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from anonymisation.hierarchies.hierarchy import Hierarchy
from anonymisation.hierarchies.leaf_box import Box, BoxSpace, LeafSets, lowest_position
from refusals.errors import UsageError


@dataclass(frozen=True, slots=True)
class ProposedCell:
    """A cell and the number of weeks that hold it."""

    leaf_sets: LeafSets
    weeks_held: int


def propose(weeks: Sequence[Sequence[LeafSets]], hierarchies: Sequence[Hierarchy]) -> list[ProposedCell]:
    """Cells that do not overlap, in the hierarchies' order; what they leave free no week could keep often enough.

    `weeks`: what the cells of each published week cover, the oldest week first. The week is chosen whose cells are
    held most often, all weeks added up (so finer ones are worth more); ties: the latest. Where nobody was, its cells
    grow over neighbouring bands, so that a person there in another week breaks none. Cells that fewer than half of the
    weeks hold are left out.

    Raises:
        UsageError: there is no week, or the dimensions are no tree and one other.
    """
    if not weeks:
        raise UsageError("a reference partition is proposed from frozen weeks: there is none yet")
    space = BoxSpace(hierarchies)
    published = [[space.box(cell) for cell in cells] for cells in weeks]
    best: list[tuple[Box, int]] = []
    for cells in published:
        grown = _grown(cells, space)
        told = [(box, sum(_holds(week, box) for week in published)) for box in grown]
        if sum(held for _, held in told) >= sum(held for _, held in best):
            best = told
    kept = [(box, held) for box, held in best if 2 * held >= len(weeks)]
    kept.sort(key=lambda cell: (lowest_position(cell[0][0]), lowest_position(cell[0][1])))
    return [ProposedCell(space.leaf_sets(box), held) for box, held in kept]


def _holds(week: Sequence[Box], box: Box) -> bool:
    return not any(cell[0] & box[0] and cell[1] & box[1] and (cell[0] & ~box[0] or cell[1] & ~box[1]) for cell in week)


def _grown(cells: Sequence[Box], space: BoxSpace) -> list[Box]:
    """Each cell with the runs of bands beside it in which nobody was, first come first served."""
    grown = list(cells)
    for number, (regions, others) in enumerate(grown):
        taken = 0
        for other_regions, other_others in grown:
            if other_regions & regions:
                taken |= other_others
        joined = others
        for run in space.neighbours(space.whole[1] & ~taken):
            if len(space.neighbours(joined | run)) == 1:
                joined |= run
        grown[number] = (regions, joined)
    return grown
