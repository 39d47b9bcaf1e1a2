"""The sessions of a union as they are told: of parts in steps, of the whole as its cells tell them; engaged ones."""

from collections.abc import Sequence
from dataclasses import replace

from anonymisation.audit.count_step import CountStep
from anonymisation.cells.engaged_unions import EngagedUnion
from anonymisation.cells.leaf_cell import Cell
from freezing.side_parts import ToldPart


def told_parts(parts: Sequence[ToldPart], cells: Sequence[Cell], step: CountStep) -> list[ToldPart]:
    """Parts with the sessions that may be written. `cells`: all cells of the union, `counts` beginning with sessions.

    The one part of a union that is not divided is the sum of its cells. A figure of its own would be another step over
    the same sessions, and two steps narrow each other; what its cells tell, added up, tells nothing that they do not.
    """
    if len(parts) == 1:
        return [replace(parts[0], sessions=sum(step.told(cell.counts[0], cell.persons) for cell in cells))]
    return [replace(part, sessions=step.told(part.sessions, part.persons)) for part in parts]


def told_engaged(union: EngagedUnion, step: CountStep) -> tuple[int, int]:
    """A union's sessions and engaged sessions as they may be written; `counts` of its cells begin with sessions.

    Sessions are the sum of what its cells tell. Engaged ones are told in a step of the union's own, unless it reaches
    the steps in which its cells tell their sessions: then as those sessions. Engaged sessions are among the sessions,
    so any higher step would say of cells that they lie high in theirs (decision 26).
    """
    sessions = [step.told(cell.counts[0]) for cell in union.union.cells]
    engaged = step.told(union.engagement.engaged.sessions)
    least = sum(told - step.offset for told in sessions)
    return sum(sessions), engaged if engaged - step.offset < least else sum(sessions)
