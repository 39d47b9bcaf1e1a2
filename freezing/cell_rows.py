"""Cells as the rows that are published: labels, steps, rounding, order; the same cells always give the same rows."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import pyarrow as pa

from anonymisation.audit.count_step import CountStep
from anonymisation.audit.minutes import whole_minutes
from anonymisation.audit.published_figures import Interval
from anonymisation.cells.engaged_unions import EngagedUnion
from anonymisation.cells.leaf_cell import Cell
from anonymisation.hierarchies.hierarchy import Group, region_hierarchy
from anonymisation.sides.side_division import HourPart, Part
from freezing.told_parts import told_engaged
from policy.region_table import regions

LENGTH_BANDS = (0, 1, 5, 15, 30, 60)

_WEEK = [("week_start", pa.date32())]
REGION_FIELDS = [
    ("region_code", pa.string()),
    ("region_name", pa.string()),
    ("region_level", pa.string()),
    ("region_members", pa.list_(pa.string())),
]
AGE_FIELDS = [("age_group", pa.string()), ("age_from", pa.int32()), ("age_to", pa.int32())]
_FIGURES = [("users", pa.int64()), ("sessions", pa.int64())]
_MINUTES = [("minutes", pa.int64())]
_HOURS = [("day_type", pa.string()), ("hour_from", pa.int32()), ("hour_to", pa.int32())]
_LENGTHS = [("minutes_from", pa.int32()), ("minutes_to", pa.int32())]

#: What each cube's files hold: the published columns, and nothing else.
SCHEMAS: Mapping[str, pa.Schema] = {
    "usage_by_region_age_week": pa.schema([*_WEEK, *REGION_FIELDS, *AGE_FIELDS, *_FIGURES, *_MINUTES]),
    "usage_by_hour_week": pa.schema([*_WEEK, *REGION_FIELDS, *_HOURS, *_FIGURES, *_MINUTES]),
    "session_length_by_age_week": pa.schema([*_WEEK, *AGE_FIELDS, *_LENGTHS, *_FIGURES, *_MINUTES]),
    "ga4_engagement_week": pa.schema(
        [
            *_WEEK,
            *REGION_FIELDS,
            ("device_category", pa.string()),
            *_FIGURES,
            ("views", pa.int64()),
            *_MINUTES,
        ]
    ),
    "ga4_engaged_sessions_week": pa.schema(
        [*_WEEK, *REGION_FIELDS, ("cells", pa.int32()), *_FIGURES, ("engaged_sessions", pa.int64())]
    ),
    "usage_week": pa.schema(
        [*_WEEK, ("users", pa.int64()), ("sessions_least", pa.int64()), ("sessions_most", pa.int64())]
    ),
    "coverage_week": pa.schema([*_WEEK, ("source", pa.string()), ("passed_percent", pa.int32())]),
}


def usage_rows(week: date, cells: Sequence[Cell], step: CountStep) -> pa.Table:
    """`usage_by_region_age_week`: one row a cell; `counts` of a cell is (sessions,), told above its users."""
    codes = region_codes((cell.groups[0], cell.groups[1].label) for cell in cells)
    return cube_table(
        "usage_by_region_age_week",
        (
            {
                **region_columns(codes, cell.groups[0], cell.groups[1].label),
                **age_columns(cell.groups[1]),
                **_figures(cell, step.told(cell.counts[0], cell.persons)),
            }
            for cell in cells
        ),
        week,
    )


def engagement_rows(week: date, cells: Sequence[Cell], step: CountStep) -> pa.Table:
    """`ga4_engagement_week`: one row a cell; `counts` of a cell is (sessions, views).

    Both are told above 0: rows without a session id make fewer sessions than users.
    """
    codes = region_codes((cell.groups[0], cell.groups[1].label) for cell in cells)
    return cube_table(
        "ga4_engagement_week",
        (
            {
                **region_columns(codes, cell.groups[0], cell.groups[1].label),
                "device_category": cell.groups[1].label,
                **_figures(cell, step.told(cell.counts[0])),
                "views": step.told(cell.counts[1]),
            }
            for cell in cells
        ),
        week,
    )


def engaged_rows(week: date, unions: Sequence[EngagedUnion], step: CountStep) -> pa.Table:
    """`ga4_engaged_sessions_week`: one row a union of cells of `ga4_engagement_week`."""
    codes = region_codes((one.union.group, "") for one in unions)
    return cube_table(
        "ga4_engaged_sessions_week",
        (
            {
                **region_columns(codes, one.union.group, ""),
                "cells": len(one.union.cells),
                "users": one.union.persons,
                **dict(zip(("sessions", "engaged_sessions"), told_engaged(one, step), strict=True)),
            }
            for one in unions
        ),
        week,
    )


def hour_rows(week: date, divided: Sequence[tuple[Group, Sequence[HourPart]]]) -> pa.Table:
    """`usage_by_hour_week`: one row a union of regions and part of its hours; parts without persons are no rows.

    `sessions` of a part are told already (`freezing/told_parts.py`).
    """
    codes = region_codes((group, "") for group, _ in divided)
    return cube_table(
        "usage_by_hour_week",
        (
            {
                **region_columns(codes, group, ""),
                "day_type": part.day_type,
                "hour_from": part.hour_from,
                "hour_to": part.hour_to,
                **_part_figures(part),
            }
            for group, parts in divided
            for part in parts
            if part.persons
        ),
        week,
    )


def length_rows(week: date, divided: Sequence[tuple[Group, Sequence[Part]]]) -> pa.Table:
    """`session_length_by_age_week`: one row a union of ages and span of lengths; whole minutes, both ends included.

    `sessions` of a part are told already (`freezing/told_parts.py`).
    """
    return cube_table(
        "session_length_by_age_week",
        (
            {
                **age_columns(group),
                **dict(zip(("minutes_from", "minutes_to"), minutes_of(part), strict=True)),
                **_part_figures(part),
            }
            for group, parts in divided
            for part in parts
            if part.persons
        ),
        week,
    )


def minutes_of(part: Part) -> tuple[int, int | None]:
    """Shortest and longest whole minutes of a session in the part; None: open."""
    return LENGTH_BANDS[part.first], LENGTH_BANDS[part.last + 1] - 1 if part.last + 1 < len(LENGTH_BANDS) else None


def week_rows(week: date, users: int, sessions: Interval) -> pa.Table:
    """`usage_week`: one row; `sessions` are the least and the most that may be told (`week_total.py`)."""
    least, most = sessions
    return cube_table("usage_week", [{"users": users, "sessions_least": least, "sessions_most": most}], week)


def coverage_rows(week: date, source: str, passed_percent: int | None) -> pa.Table:
    """`coverage_week`: one row."""
    return cube_table("coverage_week", [{"source": source, "passed_percent": passed_percent}], week)


def cube_table(cube: str, rows: Iterable[Mapping[str, Any]], week: date) -> pa.Table:
    """Rows of one week of a cube, as its file holds them: its columns, in their order, rows sorted."""
    schema = SCHEMAS[cube]
    keyed = [{"week_start": week, **row} for row in rows]
    scalars = [field.name for field in schema if field.name != "region_members"]
    keyed.sort(
        key=lambda row: tuple((row[name] is None, row[name] if row[name] is not None else 0) for name in scalars)
    )
    return pa.Table.from_pylist(keyed, schema=schema)


def _figures(cell: Cell, sessions: int) -> dict[str, int]:
    return {"users": cell.persons, "sessions": sessions, "minutes": whole_minutes(cell.measure)}


def _part_figures(part: Part | HourPart) -> dict[str, int]:
    return {"users": part.persons, "sessions": part.sessions, "minutes": whole_minutes(part.measure)}


def age_columns(group: Group) -> dict[str, Any]:
    """The age columns of a row about this group."""
    return {"age_group": group.label, "age_from": group.lower, "age_to": group.upper}


def region_columns(codes: Mapping[tuple[str, str, tuple[str, ...]], str], group: Group, beside: str) -> dict[str, Any]:
    """The region columns of a row about this group, which stands beside `beside` (the other dimension's label)."""
    code = codes[group.label, beside, group.leaves]
    return {
        "region_code": code,
        "region_name": _region_name(code),
        "region_level": group.level,
        "region_members": list(group.leaves),
    }


def region_codes(groups: Iterable[tuple[Group, str]]) -> dict[tuple[str, str, tuple[str, ...]], str]:
    """The code of each (label, label of the other dimension, leaves).

    Two different `rest of` one parent beside one another would share a key: those are told by the fewest codes that
    have their members instead.
    """
    leaves: dict[tuple[str, str], set[tuple[str, ...]]] = defaultdict(set)
    for group, beside in groups:
        leaves[group.label, beside].add(group.leaves)
    return {
        (label, beside, members): label if len(every) == 1 else _fewest_codes(members)
        for (label, beside), every in leaves.items()
        for members in every
    }


def _fewest_codes(members: tuple[str, ...]) -> str:
    return "+".join(sorted(region_hierarchy().fewest_nodes(frozenset(members))))


def _region_name(code: str) -> str:
    known = regions()
    if code.startswith("rest of "):
        return f"rest of {known[code.removeprefix('rest of ')].name}"
    return " + ".join(known[part].name for part in code.split("+"))
