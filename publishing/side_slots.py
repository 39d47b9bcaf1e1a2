"""What the release audit must know of a week's persons, from the warehouse: in which cells and parts somebody is."""

from collections.abc import Sequence
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa

from anonymisation.hierarchy import Group
from anonymisation.leaf_cell import Cell, LeafCell
from anonymisation.person_slots import PersonSlots
from anonymisation.recoding import members_of
from publishing.cell_rows import LENGTH_BANDS, MINUTE_US

LENGTH_BAND = "(" + " + ".join(f"(duration_us >= {first * MINUTE_US})::integer" for first in LENGTH_BANDS[1:]) + ")"

#: Persons are numbered by their cell and slots: whoever shares a pattern may change places, whatever their pseudonyms.
SLOTS = f"""
with sessions as (
    select person, local_hour + case when is_weekend then 24 else 0 end as hour, {LENGTH_BAND} as length, duration_us
    from int_app__sessions_localised
    where week_start = $week
),

slots as (
    select
        sessions.person, audited_cells.cell, hours.part as hour, lengths.part as length,
        count(*) as sessions, cast(sum(sessions.duration_us) as bigint) as duration_us
    from sessions
    inner join int_app__person_weeks_placed as placed
        on placed.week_start = $week and sessions.person = placed.person
    inner join audited_cells
        on placed.region_code = audited_cells.region_code and placed.age_band = audited_cells.age_band
    inner join audited_parts as hours
        on hours.axis = 'hour' and placed.region_code = hours.unit and sessions.hour = hours.position
    inner join audited_parts as lengths
        on lengths.axis = 'length' and placed.age_band = lengths.unit and sessions.length = lengths.position
    group by sessions.person, audited_cells.cell, hours.part, lengths.part
),

numbered as (
    select person, row_number() over (order by cell, slots) as number
    from (
        select person, any_value(cell) as cell, list(64 * hour + length order by hour, length) as slots
        from slots
        group by person
    )
)

select numbered.number, slots.cell, slots.hour, slots.length, slots.sessions, slots.duration_us
from slots inner join numbered on slots.person = numbered.person
order by all
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

    Positions: hours 0 to 23 on weekdays, 24 to 47 at weekends; lengths 0 to 5 (`publishing/leaf_tables.py`).
    """
    members = members_of(
        [tuple(group.leaves for group in cell.groups) for cell in cells], [leaf.codes for leaf in leaves]
    )
    codes: list[tuple[str | int, ...]] = [
        (*leaves[leaf].codes, number) for number, inside in enumerate(members) for leaf in inside
    ]
    seen = {code for leaf in leaves for code in leaf.codes}
    parts: list[tuple[str | int, ...]] = [
        (axis, unit, position, number)
        for axis, divided in (("hour", hours), ("length", lengths))
        for group, positions_of_parts in divided
        for unit in group.leaves
        if unit in seen
        for number, positions in enumerate(positions_of_parts)
        for position in sorted(positions)
    ]
    con.register("audited_cells", _arrow(codes, ("region_code", "age_band", "cell")))
    con.register("audited_parts", _arrow(parts, ("axis", "unit", "position", "part")))
    columns = con.execute(SLOTS, {"week": week}).fetchnumpy().values()
    con.unregister("audited_cells")
    con.unregister("audited_parts")
    return PersonSlots(*(column.astype(np.int64) for column in columns))


def _arrow(rows: Sequence[tuple[str | int, ...]], names: Sequence[str]) -> pa.Table:
    return pa.table(dict(zip(names, zip(*rows, strict=True), strict=True)))
