"""What consent left out of each week, and what anonymity cost it: two figures for those who judge the rest."""

from collections.abc import Iterable
from datetime import date

import duckdb

from catalogue.catalogue import SOURCES, core_of
from portal.figures.figure import Figure, Value


def coverage_figure(con: duckdb.DuckDBPyConnection, k: int) -> Figure | None:
    """The share of each source's week that had consent; None where no week is told. `k`: below which none is told."""
    rows = con.execute("select week_start, source, passed_percent from coverage_week").fetchall()
    return _by_source("coverage", rows, ("passed_percent",), ("passed_percent",), {"k": k})


def quality_figure(con: duckdb.DuckDBPyConnection) -> Figure | None:
    """Cells, the smallest cell, the share of detail lost, of users in cells of one subdivision, and the edition of the
    rules by which the cells were chosen.

    The share of users says what the penalty hides: its regions are all leaves of the world, of which a country has few.
    None where no week is told.
    """
    rows = con.execute(_QUALITY).fetchall()
    (leaves,) = con.execute("select count(*) from dim_region where region_level = 'subdivision'").fetchone() or (0,)
    measures = ("cells", "k_reached", "lost_percent", "subdivision_percent", "frozen_edition")
    return _by_source("quality", rows, measures, measures[2:4], {"regions": leaves})


_CORE = " union all ".join(
    f"select week_start, '{source}' as source, region_level, users from {core_of(source).name}" for source in SOURCES
)
_QUALITY = f"""
with core as ({_CORE}),
alone as (
    select week_start, source,
        100.0 * coalesce(sum(users) filter (where region_level = 'subdivision'), 0) / sum(users) as percent
    from core
    group by week_start, source
)
select week_start, source, cells, k_reached, 100 * gcp, percent, frozen_edition
from anonymisation_quality_week
left join alone using (week_start, source)
"""


def _by_source(
    name: str,
    rows: Iterable[tuple[Value, ...]],
    measures: tuple[str, ...],
    drawn: tuple[str, ...],
    further: dict[str, Value],
) -> Figure | None:
    """One row a week, the measures of each source side by side; a source without any figure has no column.

    `further`: facts for the figure's words.
    """
    values: dict[tuple[str, date], tuple[Value, ...]] = {}
    for week, source, *rest in rows:
        if isinstance(week, date) and any(value is not None for value in rest):
            values[str(source), week] = tuple(rest)
    if not values:
        return None
    sources = [source for source in SOURCES if any(key[0] == source for key in values)]
    weeks = sorted({week for _, week in values})
    nothing: tuple[Value, ...] = (None,) * len(measures)
    table = tuple((week, *(v for source in sources for v in values.get((source, week), nothing))) for week in weeks)
    fields = [f"{source}_{measure}" for source in sources for measure in measures]
    facts: dict[str, Value] = dict(zip(("week", *fields), table[-1], strict=True))
    return Figure(
        name,
        ("week_start", *fields),
        table,
        tuple(f"{source}_{measure}" for source in sources for measure in drawn),
        facts | further,
    )
