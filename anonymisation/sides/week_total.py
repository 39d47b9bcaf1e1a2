"""The sessions of a whole week of the app, closer than its cells added up: in one step, above the week's users.

Never exactly. Were a week told exactly wherever those who came again are nobody or at least k, each other week would
say by its interval that one to k - 1 did.
"""

from collections.abc import Collection

import numpy as np

from anonymisation.audit.published_figures import Interval
from anonymisation.audit.repeat_visits import total_tells_of_few
from anonymisation.cells.disclosure import Rules
from anonymisation.sides.side_audit import SideMarts, told_rows


def week_total(marts: SideMarts, undivided: Collection[str], rules: Rules) -> Interval:
    """The least and the most sessions that the week is said to have had.

    In a step above its users; or, where the cells and the parts of the unions that are not `undivided` would then tell
    of few who came again, what the cells say added up.

    Raises:
        PublicationRefused: the figures contradict one another.
    """
    cells, unions = told_rows(marts, undivided)
    sets = [division.cells for division in (*marts.hours, *marts.lengths)]
    users = len(np.unique(marts.slots.person))
    interval = marts.step.interval(marts.step.told(int(marts.slots.sessions.sum()), users))
    if total_tells_of_few(cells, unions, sets, interval, rules.k):
        return sum(cell.sessions[0] for cell in cells), sum(cell.sessions[1] for cell in cells)
    return interval
