"""Cells as the rows that are published: labels, steps, rounding, order; the same cells always give the same rows."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import pyarrow as pa

from anonymisation.audit.atoms import Interval
from anonymisation.audit.count_step import CountStep
from anonymisation.audit.minutes import whole_minutes
from anonymisation.cells.engaged_unions import EngagedUnion
from anonymisation.cells.leaf_cell import Cell
from anonymisation.hierarchies.hierarchy import Group, region_hierarchy
from catalogue.catalogue import AGE, CUBES, REGION
from catalogue.mart import Mart
from freezing.side_parts import ToldPart
from freezing.told_parts import told_engaged
from policy.region_table import regions

_ARROW = {
    "DATE": pa.date32(),
    "VARCHAR": pa.string(),
    "VARCHAR[]": pa.list_(pa.string()),
    "INTEGER": pa.int32(),
    "BIGINT": pa.int64(),
    "BOOLEAN": pa.bool_(),
}

#: What each cube's files hold: the published columns, and nothing else.
SCHEMAS: Mapping[str, pa.Schema] = {
    cube.name: pa.schema([(column.name, _ARROW[column.type]) for column in cube.columns]) for cube in CUBES
}
REGION_FIELDS = [(column.name, _ARROW[column.type]) for column in REGION]
AGE_FIELDS = [(column.name, _ARROW[column.type]) for column in AGE]


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


def side_rows(mart: Mart, week: date, divided: Iterable[tuple[Group, Sequence[ToldPart]]]) -> pa.Table:
    """A side mart: one row a union and part of it; parts without persons are no rows.

    `sessions` of a part are told already (`freezing/told_parts.py`).
    """
    unions = list(divided)
    codes = region_codes((group, "") for group, _ in unions)
    names = set(SCHEMAS[mart.name].names)
    return cube_table(
        mart.name,
        (
            {
                **(
                    age_columns(group) if mart.axis and mart.axis.divides == "age" else region_columns(codes, group, "")
                ),
                **part.told,
                **{name: value for name, value in _part_figures(part).items() if name in names},
            }
            for group, parts in unions
            for part in parts
            if part.persons
        ),
        week,
    )


def week_rows(week: date, users: int, sessions: Interval) -> pa.Table:
    """`usage_week`: one row; `sessions` are the least and the most that may be told (`side_choice.py`)."""
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


def _part_figures(part: ToldPart) -> dict[str, int]:
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
