"""Which unions of a week's side marts are divided: as many as pass the audit, each after those that it yields to."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from anonymisation.audit.atoms import Interval
from anonymisation.audit.repeat_visits import total_tells_of_few
from anonymisation.cells.disclosure import Rules
from anonymisation.sides.side_audit import SideMarts, audit_sides, told_rows


@dataclass(frozen=True)
class SideChoice:
    """The names of the unions that are not divided, and the least and most sessions that the week is told to have."""

    not_divided: frozenset[str]
    sessions: Interval


def choose_sides(marts: SideMarts, rules: Rules) -> SideChoice:
    """Side marts that do not yield are chosen together, then the week's total beside them, then each that yields.

    So what stood before is the same whatever yields to it. Deterministic, a function of the week. A union that is not
    divided is the sum of its cells: with none divided there is nothing left to find.

    Raises:
        PublicationRefused: the figures contradict one another.
    """
    standing = sum(not side.yields for side in marts.sides)
    given_up = _given_up(marts.of_first(standing), rules, 0)
    sessions = _week_total(marts.of_first(standing).not_dividing(given_up), rules)
    for number in range(standing, len(marts.sides)):
        so_far = marts.of_first(number + 1).not_dividing(given_up)
        given_up |= _given_up(so_far, rules, number)
        own = frozenset(division.name for division in marts.sides[number].divisions)
        if _tells_of_few(so_far.not_dividing(given_up), sessions, rules):
            given_up |= own
    return SideChoice(given_up, sessions)


def _given_up(marts: SideMarts, rules: Rules, since: int) -> frozenset[str]:
    """What has to be given up of the side marts from `since` on, so that what is left passes; those before passed."""
    own = frozenset(division.name for side in marts.sides[since:] for division in side.divisions)
    given_up: frozenset[str] = frozenset()
    while findings := audit_sides(marts, rules, since):
        found = frozenset(finding.division.name for finding in findings)
        if not found <= own:
            return own  # what stood before passed without it
        given_up |= found
        marts = marts.not_dividing(found)
    return given_up


def _week_total(marts: SideMarts, rules: Rules) -> Interval:
    """The sessions of a whole week of the app, closer than its cells added up: in one step, above the week's users.

    Or what the cells say added up, where cells and parts beside the step would tell of few who came again. Never
    exactly: were a week told exactly wherever those who came again are nobody or at least k, each other week would say
    by its interval that one to k - 1 did.
    """
    users = len(np.unique(marts.slots.person))
    interval = marts.step.interval(marts.step.told(int(marts.slots.sessions.sum()), users))
    if _tells_of_few(marts, interval, rules):
        cells, _ = told_rows(marts)
        return sum(cell.sessions[0] for cell in cells), sum(cell.sessions[1] for cell in cells)
    return interval


def _tells_of_few(marts: SideMarts, sessions: Interval, rules: Rules) -> bool:
    cells, unions = told_rows(marts)
    return total_tells_of_few(cells, unions, _sets(marts), sessions, rules.k)


def _sets(marts: SideMarts) -> Sequence[tuple[int, ...]]:
    return [division.cells for side in marts.sides for division in side.divisions]
