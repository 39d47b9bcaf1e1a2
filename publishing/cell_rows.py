"""Cells as the rows that are published: labels, rounding, order; the same cells always give the same rows."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import pyarrow as pa

from anonymisation.hierarchy import Group, region_hierarchy
from anonymisation.leaf_cell import Cell
from anonymisation.side_division import HourPart, Part
from policy.region_table import regions

MINUTE_US = 60_000_000
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
            ("engaged_sessions", pa.int64()),
            ("views", pa.int64()),
            *_MINUTES,
        ]
    ),
    "coverage_week": pa.schema([*_WEEK, ("source", pa.string()), ("passed_percent", pa.int32())]),
}


def usage_rows(week: date, cells: Sequence[Cell]) -> pa.Table:
    """`usage_by_region_age_week`: one row a cell; `counts` of a cell is (sessions,)."""
    codes = region_codes((cell.groups[0], cell.groups[1].label) for cell in cells)
    return _table(
        "usage_by_region_age_week",
        (
            {
                **region_columns(codes, cell.groups[0], cell.groups[1].label),
                **age_columns(cell.groups[1]),
                **_figures(cell),
            }
            for cell in cells
        ),
        week,
    )


def engagement_rows(week: date, cells: Sequence[Cell]) -> pa.Table:
    """`ga4_engagement_week`: one row a cell; `counts` of a cell is (sessions, engaged sessions, views)."""
    codes = region_codes((cell.groups[0], cell.groups[1].label) for cell in cells)
    return _table(
        "ga4_engagement_week",
        (
            {
                **region_columns(codes, cell.groups[0], cell.groups[1].label),
                "device_category": cell.groups[1].label,
                **_figures(cell),
                "engaged_sessions": cell.counts[1],
                "views": cell.counts[2],
            }
            for cell in cells
        ),
        week,
    )


def hour_rows(week: date, divided: Sequence[tuple[Group, Sequence[HourPart]]]) -> pa.Table:
    """`usage_by_hour_week`: one row a union of regions and part of its hours; parts without persons are no rows."""
    codes = region_codes((group, "") for group, _ in divided)
    return _table(
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
    """`session_length_by_age_week`: one row a union of ages and span of lengths; whole minutes, both ends included."""
    return _table(
        "session_length_by_age_week",
        (
            {
                **age_columns(group),
                "minutes_from": LENGTH_BANDS[part.first],
                "minutes_to": LENGTH_BANDS[part.last + 1] - 1 if part.last + 1 < len(LENGTH_BANDS) else None,
                **_part_figures(part),
            }
            for group, parts in divided
            for part in parts
            if part.persons
        ),
        week,
    )


def coverage_rows(week: date, source: str, passed_percent: int | None) -> pa.Table:
    """`coverage_week`: one row."""
    return _table("coverage_week", [{"source": source, "passed_percent": passed_percent}], week)


def whole_minutes(duration_us: int) -> int:
    """Rounded half up; never applied to what is summed again."""
    return (duration_us + MINUTE_US // 2) // MINUTE_US


def _table(cube: str, rows: Iterable[dict[str, Any]], week: date) -> pa.Table:
    schema = SCHEMAS[cube]
    keyed = [{"week_start": week, **row} for row in rows]
    scalars = [field.name for field in schema if field.name != "region_members"]
    keyed.sort(
        key=lambda row: tuple((row[name] is None, row[name] if row[name] is not None else 0) for name in scalars)
    )
    return pa.Table.from_pylist(keyed, schema=schema)


def _figures(cell: Cell) -> dict[str, int]:
    return {"users": cell.persons, "sessions": cell.counts[0], "minutes": whole_minutes(cell.measure)}


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
