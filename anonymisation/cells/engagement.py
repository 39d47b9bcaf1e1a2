"""Engaged sessions and bounced ones (those that are not engaged) of disjoint sets of persons, and when they are told.

A total of engaged sessions is told of a set of persons if those with an engaged session, those without one, those with
a bounced one and those without one are each nobody or at least k, and nobody has nearly all sessions of either kind.
All of these hold for the union of two disjoint sets of which they hold: numbers that are nobody or at least k add up to
such numbers, and the union of undominated sets is undominated.

Of persons without any session nothing is told either: else, of a cell that tells none to nine sessions, the choice not
to tell it would say that somebody had one.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from anonymisation.cells.disclosure import Rules, is_undominated
from anonymisation.cells.leaf_cell import merged_top_two


@dataclass(frozen=True, slots=True)
class SessionsOfAKind:
    """`persons`: with at least one such session. `largest`, `second`: the most of one person, and the next most."""

    persons: int
    sessions: int
    largest: int
    second: int


@dataclass(frozen=True, slots=True)
class Engagement:
    """What is true of some persons: how many there are, and their sessions of both kinds. Confidential."""

    persons: int
    engaged: SessionsOfAKind
    bounced: SessionsOfAKind


def together(parts: Iterable[Engagement]) -> Engagement:
    """Of disjoint sets of persons, taken together."""
    members = list(parts)
    return Engagement(
        sum(one.persons for one in members),
        _added([one.engaged for one in members]),
        _added([one.bounced for one in members]),
    )


def may_be_told(of: Engagement, rules: Rules) -> bool:
    """Whether engaged sessions of these persons may be told, as one row."""
    return of.engaged.persons + of.bounced.persons > 0 and all(
        _nobody_or_enough(kind.persons, rules)
        and _nobody_or_enough(of.persons - kind.persons, rules)
        and is_undominated(kind.sessions, kind.largest, kind.second, rules)
        for kind in (of.engaged, of.bounced)
    )


def _nobody_or_enough(persons: int, rules: Rules) -> bool:
    return persons == 0 or persons >= rules.k


def _added(kinds: list[SessionsOfAKind]) -> SessionsOfAKind:
    return SessionsOfAKind(
        sum(kind.persons for kind in kinds),
        sum(kind.sessions for kind in kinds),
        *merged_top_two((kind.largest, kind.second) for kind in kinds),
    )
