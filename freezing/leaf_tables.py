"""What the warehouse holds of one week, as the pure functions of anonymisation take it."""

from collections import defaultdict
from datetime import date
from typing import Any

import duckdb

from anonymisation.cells.engagement import Engagement, SessionsOfAKind
from anonymisation.cells.leaf_cell import LeafCell
from anonymisation.sides.axis_counts import AxisCounts

#: Hours of a day; those of weekdays and weekends apart.
_HOURS = {"hour": 24, "hour_by_day_type": 48}

ENGAGEMENTS = """
    select persons,
        [engaged_persons, engaged_sessions, largest_engaged_sessions, second_engaged_sessions],
        [bounced_persons, sessions - engaged_sessions, largest_bounced_sessions, second_bounced_sessions]
    from int_ga4__leaf_cells_counted where week_start = ? order by region_code, device_category
"""


def leaf_cells(con: duckdb.DuckDBPyConnection, query: str, week: date) -> list[LeafCell]:
    """The week's leaf cells by a source's query, measured in microseconds; of each the two largest shares too."""
    rows = con.execute(query, [week]).fetchall()
    return [LeafCell(row[:2], row[2], row[3], row[4], row[5], tuple(row[6]), tuple(row[7])) for row in rows]


def engagements(con: duckdb.DuckDBPyConnection, week: date) -> list[Engagement]:
    """Engaged and bounced sessions of each of GA4's leaf cells, in the order of `leaf_cells`."""
    return [
        Engagement(persons, SessionsOfAKind(*engaged), SessionsOfAKind(*bounced))
        for persons, engaged, bounced in con.execute(ENGAGEMENTS, [week]).fetchall()
    ]


def axis_counts(con: duckdb.DuckDBPyConnection, axis: str, positions: int | None, week: date) -> dict[str, AxisCounts]:
    """The week's counts along one axis of so many positions (None: of hours), by unit (leaf region or age band)."""
    positions = positions or _HOURS[axis]
    sessions: dict[str, list[int]] = defaultdict(lambda: [0] * positions)
    measure: dict[str, list[int]] = defaultdict(lambda: [0] * positions)
    for unit, position, count, duration_us in _rows(con, "slots_summed", "position, sessions, duration_us", axis, week):
        sessions[unit][position] = count
        measure[unit][position] = duration_us
    transitions: dict[str, dict[tuple[int, int], int]] = defaultdict(dict)
    for unit, previous, position, persons in _rows(
        con, "transitions_counted", "previous_position, position, persons", axis, week
    ):
        transitions[unit][previous, position] = persons
    extents: dict[str, dict[tuple[int, int], int]] = defaultdict(dict)
    for unit, first, last, persons in _rows(
        con, "extents_counted", "first_position, last_position, persons", axis, week
    ):
        extents[unit][first, last] = persons
    heaviest: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0] * positions))
    unlisted: dict[str, int] = defaultdict(int)
    for unit, rank, position, duration_us in _rows(con, "heaviest", "rank, position, duration_us", axis, week):
        if rank == 0:
            unlisted[unit] = duration_us
        else:
            heaviest[unit][rank][position] = duration_us
    return {
        unit: AxisCounts(
            tuple(sessions[unit]),
            tuple(measure[unit]),
            transitions[unit],
            extents[unit],
            tuple(tuple(heaviest[unit][rank]) for rank in sorted(heaviest[unit])),
            unlisted[unit],
        )
        for unit in sorted(sessions)
    }


def _rows(con: duckdb.DuckDBPyConnection, table: str, columns: str, axis: str, week: date) -> list[tuple[Any, ...]]:
    return con.execute(
        f"select unit, {columns} from int_app__axis_{table} where axis = ? and week_start = ? order by all",
        [axis, week],
    ).fetchall()
