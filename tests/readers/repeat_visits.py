"""An attacker who has every published row of a week, and knows how counts are told, and that whoever is told came once.

Finds each row, sum and difference that tells of a few who came again, by scipy's own linear programmes.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import numpy as np
from scipy.optimize import linprog

K = 10
CORE, HOURS, LENGTHS, GA4 = (
    "usage_by_region_age_week", "usage_by_hour_week", "session_length_by_age_week", "ga4_engagement_week",
)  # fmt: skip
FREQUENCY, TOTAL = "usage_by_frequency_week", "usage_week"


def interval(row: dict[str, Any], step: int) -> tuple[float, float]:
    """The sessions that a row leaves open, from its step, its users and minutes; or from how often each user came."""
    if "sessions" not in row:
        return row["sessions_from"] * row["users"], (row["sessions_to"] or 10**6) * row["users"]
    above = {10: 4, 1: 0}[step]
    low, high = max(row["sessions"] - above, row["users"]), row["sessions"] - above + step - 1
    shortest, longest = row.get("minutes_from") or 0, row.get("minutes_to")
    while longest is not None and low * (longest + 1) <= row["minutes"] - 0.5:
        low += 1  # so few of them would have been shorter together
    while shortest and high * shortest >= row["minutes"] + 0.5:
        high -= 1
    return low, high


def unions(week: date, core: list[dict[str, Any]], side: list[dict[str, Any]], covers: Callable[[Any], Any]) -> Any:
    """(numbers of the core cells, rows) of every union of a side mart."""
    rows = defaultdict(list)
    for row in side:
        rows[covers(row)].append(row)
    for key, parts in rows.items():
        yield [number for number, cell in enumerate(core) if covers(cell) <= key], parts


def ages(row: dict[str, Any]) -> frozenset[int]:
    return frozenset(range(row["age_from"], (row["age_to"] or 120) + 1))


def places(row: dict[str, Any]) -> frozenset[str]:
    return frozenset(row["region_members"])


def told_in_a_week(week: date, cubes: dict[str, list[dict[str, Any]]], step: int) -> Iterator[tuple[date, str, int]]:
    core = cubes[CORE]
    bounds, users, names = [interval(row, step) for row in core], [row["users"] for row in core], [CORE] * len(core)
    equations, sums, whole = [], [list(range(len(core)))], []
    for cube, covers in ((HOURS, places), (LENGTHS, ages), (FREQUENCY, places)):
        for cells, parts in unions(week, core, cubes.get(cube, []), covers):
            whole.append(cells)
            sums.extend([one, other] for one in cells for other in cells if one < other <= one + 2)
            if len(parts) == 1:
                assert says_what_its_cells_say(parts[0], [core[cell] for cell in cells]) or step == 1
                continue
            equations.append((cells, range(len(bounds), len(bounds) + len(parts))))
            bounds += [interval(part, step) for part in parts]
            users += [part["users"] for part in parts]
            names += [cube] * len(parts)
    for row in cubes.get(TOTAL, []):
        equations.append((range(len(core)), [len(bounds)]))
        bounds.append((row["sessions_least"], row["sessions_most"]))
        users.append(row["users"])
        names.append(TOTAL)
        sums += outside(row, [[number] for number in range(len(core))] + whole, bounds, users)
    matrix = np.zeros((len(equations), len(bounds)))
    for number, (cells, parts) in enumerate(equations):
        matrix[number, list(cells)] = 1
        matrix[number, list(parts)] = -1
    known = np.full(len(bounds), np.inf)  # the least of each row in any table seen so far
    for target, name in [
        *(([number], name) for number, name in enumerate(names)),
        *((s, "sum of cells") for s in [*sums, *whole]),
    ]:
        floor = sum(users[number] for number in target)
        least, most = (sum(bounds[number][end] for number in target) for end in (0, 1))
        if len(target) == 1 and known[target[0]] <= floor:
            continue
        if least < floor + K and least < most:  # else the figures themselves say all there is
            least, most = ends(target, floor, bounds, matrix, known)
        if floor < least <= most < floor + K:
            yield week, name, target[0]


def says_what_its_cells_say(whole: dict[str, Any], cells: list[dict[str, Any]]) -> bool:
    """Of a union that is not divided."""
    if "sessions" not in whole:
        return (whole["sessions_from"], whole["sessions_to"]) == (1, None)
    return whole["sessions"] == sum(cell["sessions"] for cell in cells)


def outside(
    total: dict[str, Any], sets: list[list[int]], bounds: list[tuple[float, float]], users: list[int]
) -> Iterator[list[int]]:
    """Of each set of cells the cells outside it, but for those of whom ten came again at least by the total alone."""
    cells = sorted({number for inside in sets for number in inside})
    for inside in sets:
        rest = [number for number in cells if number not in inside]
        least = total["sessions_least"] - sum(bounds[number][1] for number in inside)
        if rest and least < sum(users[number] for number in rest) + K:
            yield rest


def ends(
    target: list[int], floor: int, bounds: list[tuple[float, float]], matrix: Any, known: Any
) -> tuple[float, float]:
    """The least and the most of a sum of rows, in tables with all the figures; no most where the least is nobody."""
    found = []
    for sign in (1, -1):
        cost = np.zeros(len(bounds))
        cost[target] = sign
        best = linprog(cost, A_eq=matrix, b_eq=np.zeros(len(matrix)), bounds=bounds)
        assert best.status == 0, "a table with all the published figures exists"
        known[:] = np.minimum(known, np.round(best.x, 6))
        found.append(sign * round(best.fun, 6))
        if found[0] <= floor:
            return found[0], np.inf
    return found[0], found[1]
