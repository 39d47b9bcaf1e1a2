"""What the release audit must know of a week's persons, from the warehouse: in which cells and parts somebody is."""

from collections.abc import Collection, Sequence
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa

from anonymisation.audit.minutes import MINUTE_US
from anonymisation.cells.leaf_cell import Cell, LeafCell
from anonymisation.cells.recoding import members_of
from anonymisation.hierarchies.hierarchy import Group
from anonymisation.sides.person_slots import PersonSlots, numbered_by_slots
from freezing.cell_rows import LENGTH_BANDS

LENGTH_BAND = "(" + " + ".join(f"(duration_us >= {first * MINUTE_US})::integer" for first in LENGTH_BANDS[1:]) + ")"

#: Of all counted weeks at once, since the view reads every record file. Persons are told apart by a number.
PLACED_SESSIONS = f"""
create temp table if not exists audited_sessions as
with sessions as (
    select
        week_start, person, local_hour + case when is_weekend then 24 else 0 end as hour, {LENGTH_BAND} as length,
        count(*) as sessions, cast(sum(duration_us) as bigint) as duration_us
    from int_app__sessions_localised
    group by all
),

placed as (
    select week_start, person, region_code, age_band, row_number() over () as number
    from int_app__person_weeks_placed
)

select
    sessions.week_start, placed.number as person, placed.region_code, placed.age_band,
    sessions.hour, sessions.length, sessions.sessions, sessions.duration_us
from sessions
inner join placed on sessions.week_start = placed.week_start and sessions.person = placed.person
"""

SLOTS = """
select sessions.person, cells.cell, hours.part as hour, lengths.part as length, sessions.sessions, sessions.duration_us
from (select * from audited_sessions where week_start = $week) as sessions
inner join audited_cells as cells on sessions.region_code = cells.region_code and sessions.age_band = cells.age_band
inner join audited_hours as hours on sessions.region_code = hours.unit and sessions.hour = hours.position
inner join audited_lengths as lengths on sessions.age_band = lengths.unit and sessions.length = lengths.position
"""

Parts = Sequence[tuple[Group, Sequence[frozenset[int]]]]  # a union's group, and the positions of each of its parts


def side_slots(  # noqa: PLR0917
    con: duckdb.DuckDBPyConnection,
    week: date,
    leaves: Sequence[LeafCell],
    cells: Sequence[Cell],
    hours: Parts,
    lengths: Parts,
) -> PersonSlots:
    """The week's persons over its cells and the parts of its side marts, each in the order given.

    Positions: hours 0 to 23 on weekdays, 24 to 47 at weekends; lengths 0 to 5 (`freezing/leaf_tables.py`).
    """
    members = members_of(
        [tuple(group.leaves for group in cell.groups) for cell in cells], [leaf.codes for leaf in leaves]
    )
    codes: list[tuple[str | int, ...]] = [
        (*leaves[leaf].codes, number) for number, inside in enumerate(members) for leaf in inside
    ]
    seen = {code for leaf in leaves for code in leaf.codes}
    tables = {
        "audited_cells": _arrow(codes, ("region_code", "age_band", "cell")),
        "audited_hours": _arrow(_positions(hours, seen), ("unit", "position", "part")),
        "audited_lengths": _arrow(_positions(lengths, seen), ("unit", "position", "part")),
    }
    for name, table in tables.items():
        con.register(name, table)
    con.execute(PLACED_SESSIONS)
    columns = con.execute(SLOTS, {"week": week}).fetchnumpy().values()
    for name in tables:
        con.unregister(name)
    return numbered_by_slots(PersonSlots(*(column.astype(np.int64) for column in columns)))


def _positions(divided: Parts, seen: Collection[str]) -> list[tuple[str | int, ...]]:
    """(unit, position, number of the part) of every unit where anybody is."""
    return [
        (unit, position, number)
        for group, positions_of_parts in divided
        for unit in group.leaves
        if unit in seen
        for number, positions in enumerate(positions_of_parts)
        for position in sorted(positions)
    ]


def _arrow(rows: Sequence[tuple[str | int, ...]], names: Sequence[str]) -> pa.Table:
    return pa.table(dict(zip(names, zip(*rows, strict=True), strict=True)))
