"""Side marts: dividing a union of whole cells along an axis (hours, session lengths) without isolating anyone.

Unlike cells, parts of a division share persons: who was there at nine and at ten is in both. So each part, what is
outside it, who has nothing in it, and who is in several parts must each be nobody or at least k persons
(promise 4 of docs/privacy-promise.md).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anonymisation.cells.disclosure import Integers, Rules, undominated_where
from anonymisation.sides.axis_counts import AxisCounts, stretch_sums
from refusals.errors import PublicationRefused

__all__ = ["AxisCounts", "HourPart", "Part", "divide", "divide_by_hour", "is_part_safe"]

HOURS = 24
WHOLE_WEEK, WEEKDAY, WEEKEND = "all", "weekday", "weekend"


@dataclass(frozen=True, slots=True)
class Part:
    """Positions first … last (inclusive), with the distinct persons who have anything there, and the sums."""

    first: int
    last: int
    persons: int
    sessions: int
    measure: int


@dataclass(frozen=True, slots=True)
class HourPart:
    """A part told in hours of the local day, `hour_to` inclusive; `day_type` is `weekday`, `weekend` or `all`."""

    day_type: str
    hour_from: int
    hour_to: int
    persons: int
    sessions: int
    measure: int


@dataclass(frozen=True, slots=True)
class _Path:
    """A division of the positions so far. Better: more parts, then more even sessions, then cut further left."""

    parts: int
    sum_of_squares: int
    firsts: tuple[int, ...]

    @property
    def rank(self) -> tuple[int, int, tuple[int, ...]]:
        return -self.parts, self.sum_of_squares, self.firsts


def divide(counts: AxisCounts, rules: Rules, segments: Sequence[tuple[int, int]] | None = None) -> list[Part]:
    """The finest division of all positions into parts that may be published; at worst one part, the union itself.

    Finest: most parts; then the most even one (smallest sum of squared sessions: the largest collision entropy, exact
    in integers); then the one cut furthest left. `segments`: (first, last) stretches, in order and without gaps, that
    no part crosses; where no division keeps to them, they are left aside. An empty stretch is merged with a neighbour,
    never told by itself. Nobody: no parts.

    Raises:
        PublicationRefused: the union is not safe itself, so nothing of it may be told.
    """
    if not counts.persons:
        return []
    end = len(counts.sessions) - 1
    safe = safe_stretches(counts, rules)
    if not safe[0, end]:
        raise PublicationRefused("side mart: a union of cells is unsafe as a whole, so it cannot be divided")
    best = _finest(counts, safe, rules.k, segments or [(0, end)]) or [(0, end)]
    return [
        Part(a, b, counts.persons_in(a, b), sum(counts.sessions[a : b + 1]), sum(counts.measure[a : b + 1]))
        for a, b in best
    ]


def divide_by_hour(by_day_type: AxisCounts, by_hour: AxisCounts, rules: Rules) -> list[HourPart]:
    """Hours told for weekdays and weekends apart, or for all days together: whichever has more parts (ties: all days).

    `by_day_type`: positions 0 to 23 weekday, 24 to 47 weekend. `by_hour`: 0 to 23, of the same persons.

    Raises:
        PublicationRefused: the union is not safe itself, or the two are not of the same persons and sums.
    """
    same = (by_day_type.persons, sum(by_day_type.sessions), sum(by_day_type.measure))
    if same != (by_hour.persons, sum(by_hour.sessions), sum(by_hour.measure)):
        raise PublicationRefused("side mart: hours by day type and hours of all days count different sessions")
    together = divide(by_hour, rules)
    apart = divide(by_day_type, rules, [(0, HOURS - 1), (HOURS, 2 * HOURS - 1)])
    crosses = any(part.first < HOURS <= part.last for part in apart)
    if crosses or len(apart) <= len(together):
        return [HourPart(WHOLE_WEEK, p.first, p.last, p.persons, p.sessions, p.measure) for p in together]
    return [
        HourPart(
            WEEKDAY if part.last < HOURS else WEEKEND,
            part.first % HOURS,
            part.last % HOURS,
            part.persons,
            part.sessions,
            part.measure,
        )
        for part in apart
    ]


def is_part_safe(counts: AxisCounts, rules: Rules, first: int, last: int) -> bool:
    """Whether [first, last] may be told of its union: the part, its complement, and who takes no part in it."""
    return bool(safe_stretches(counts, rules)[first, last])


def safe_stretches(counts: AxisCounts, rules: Rules) -> NDArray[np.bool_]:
    """[first, last]: `is_part_safe`, of every stretch; exact in integers of 64 bits."""
    outside = counts.persons - counts.within
    without = counts.persons - counts.inside
    safe = np.triu(counts.inside >= rules.k) & ~_is_few(outside, rules.k) & ~_is_few(without, rules.k)
    firsts, lasts = np.nonzero(safe)  # dominance is looked at in these alone
    top_inside, top_outside = counts.top_two_bounds(firsts, lasts)
    measure = stretch_sums(counts.measure)
    part, rest = measure[firsts, lasts], measure[0, -1] - measure[firsts, lasts]
    is_dominated_outside = (outside[firsts, lasts] > 0) & ~undominated_where(rest, *top_outside, rules)
    safe[firsts, lasts] = undominated_where(part, *top_inside, rules) & ~is_dominated_outside
    return safe


def _is_few(persons: Integers, k: int) -> NDArray[np.bool_]:
    few: NDArray[np.bool_] = (persons > 0) & (persons < k)
    return few


def _finest(
    counts: AxisCounts, safe: NDArray[np.bool_], k: int, segments: Sequence[tuple[int, int]]
) -> list[tuple[int, int]] | None:
    """Dynamic programme over (end of the last part, persons in several parts so far, capped at k).

    Persons in several parts are counted at the part of their first position: those whose last one is beyond it. Their
    number must be nobody or at least k in the end; then so is the sum of users over parts less the union's users.
    """
    best: dict[int, dict[int, _Path]] = {-1: {0: _Path(0, 0, ())}}
    for first, last, crossing, sessions in _safe_parts(counts, safe, segments):
        for several, path in best.get(first - 1, {}).items():
            longer = _Path(path.parts + 1, path.sum_of_squares + sessions * sessions, (*path.firsts, first))
            state = min(k, several + crossing)
            known = best.setdefault(last, {}).get(state)
            if known is None or longer.rank < known.rank:
                best[last][state] = longer
    final = best.get(len(counts.sessions) - 1, {})
    allowed = [path for several, path in final.items() if several in (0, k)]
    if not allowed:
        return None
    firsts = min(allowed, key=lambda path: path.rank).firsts
    return list(zip(firsts, [*(following - 1 for following in firsts[1:]), len(counts.sessions) - 1], strict=True))


def _safe_parts(
    counts: AxisCounts, safe: NDArray[np.bool_], segments: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, int, int, int]]:
    """Safe parts inside the segments, by their first position: (first, last, persons leaving it, sessions)."""
    sessions = stretch_sums(counts.sessions)
    for start, end in segments:
        inside = np.nonzero(safe[start : end + 1, start : end + 1])
        firsts, lasts = (positions + start for positions in inside)
        found = (firsts, lasts, counts.leaving[firsts, lasts], sessions[firsts, lasts])
        yield from zip(*(column.tolist() for column in found), strict=True)
