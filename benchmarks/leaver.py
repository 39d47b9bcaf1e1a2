"""What a small group that stays the same tells of the one who leaves it, and what would help, at what cost.

A cell of the same persons week after week, one of whom is gone from one week to the next: the outsider takes the cell's
minutes after from those before. It is a difference of two weeks, which share no person-weeks, so the promise is silent
about it. Everything here is drawn, no pipeline runs: how near the outsider comes depends on how regular people are.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Minutes = NDArray[np.float64]

CASES = 20_000
PERSONS = (10, 20, 50)
WEEKLY_VARIATION = (0.05, 0.1, 0.2, 0.4)
"""Standard deviation of a person's week over that person's mean; people whose phones we know are nearer the last."""
WEEKS_A_SIDE = (1, 4, 13)
SPREAD_BETWEEN_PERSONS = 0.8
"""Of the logarithm of a person's mean minutes: the second of ten has twice the fifth's."""
NEAR = 0.1
DOMINANCE_P = 0.1


def main() -> None:
    """Prints, a line a cell size and variation, in how many of a hundred cases the leaver's minutes come out near."""
    print(f"cases in 100 in which the leaver's minutes a week come out within {NEAR:.0%}, from so many weeks before")
    print(f"and after: {' / '.join(map(str, WEEKS_A_SIDE))}; {CASES} cells each")
    print(f"{'persons':>7} {'variation':>9} " + " ".join(f"{name:>32}" for name in TOLD))
    for persons in PERSONS:
        for variation in WEEKLY_VARIATION:
            shares = [
                [share_found(persons, variation, weeks, told) for weeks in WEEKS_A_SIDE] for told in TOLD.values()
            ]
            told = " ".join(f"{' / '.join(f'{100 * share:.0f}' for share in row):>32}" for row in shares)
            print(f"{persons:7} {variation:9.0%} {told}")
    for persons in PERSONS:
        minutes = usual_minutes(np.random.default_rng(persons), persons).sum(axis=1)[:, None]
        error = (np.abs(by_size(minutes, persons) - minutes) / minutes).mean()
        print(f"a cell of {persons} rounded by its size is off by {error:.1%} on average")


def share_found(persons: int, variation: float, weeks: int, told: Callable[[Minutes, int], Minutes]) -> float:
    """The share of cases in which the outsider's estimate is within `NEAR` of what the leaver had a week."""
    draw = np.random.default_rng([persons, round(1000 * variation), weeks])
    usual = usual_minutes(draw, persons)
    leavers, before = np.zeros(CASES), np.zeros(CASES)
    after = np.zeros(CASES)
    for _ in range(weeks):
        week = _week(draw, usual, variation)
        leavers += week[:, 0] / weeks
        before += told(week.sum(axis=1)[:, None], persons)[:, 0] / weeks
        after += told(_week(draw, usual[:, 1:], variation).sum(axis=1)[:, None], persons - 1)[:, 0] / weeks
    return float((np.abs(before - after - leavers) <= NEAR * leavers).mean())


def usual_minutes(draw: np.random.Generator, persons: int) -> Minutes:
    """Usual weekly minutes, cases by persons; the leaver is the first. Only cells that no one dominates are told."""
    usual = draw.lognormal(np.log(60), SPREAD_BETWEEN_PERSONS, (2 * CASES, persons))
    largest = np.sort(usual, axis=1)[:, ::-1]
    is_told = largest[:, 2:].sum(axis=1) >= DOMINANCE_P * largest[:, 0]
    told: Minutes = usual[is_told][:CASES]
    return told


def as_published(minutes: Minutes, _: int) -> Minutes:
    """Whole minutes."""
    return np.rint(minutes)


def by_size(minutes: Minutes, persons: int) -> Minutes:
    """Rounded to the power of two that is nearest to the minutes of one of the cell's persons."""
    step = 2 ** np.rint(np.log2(np.maximum(minutes / persons, 1)))
    return np.asarray(np.rint(minutes / step) * step)


def _week(draw: np.random.Generator, usual: Minutes, variation: float) -> Minutes:
    width = np.sqrt(np.log1p(variation**2))
    return usual * draw.lognormal(-(width**2) / 2, width, usual.shape)


TOLD: dict[str, Callable[[Minutes, int], Minutes]] = {"whole minutes": as_published, "rounded by size": by_size}
