"""What consent left out of each week, and what anonymity cost it: two figures for those who judge the rest."""

from collections.abc import Iterable
from datetime import date

import duckdb

from publishing.portal.figure import Figure, Value

SOURCES = ("app", "ga4_export")


def coverage_figure(con: duckdb.DuckDBPyConnection) -> Figure | None:
    """The share of each source's week that had consent; None where no week is told."""
    rows = con.execute("select week_start, source, passed_percent from coverage_week").fetchall()
    return _by_source("coverage", rows, ("passed_percent",), ("passed_percent",))


def quality_figure(con: duckdb.DuckDBPyConnection) -> Figure | None:
    """Cells, the smallest cell and the share of detail lost; None where no week is told."""
    rows = con.execute(
        "select week_start, source, cells, k_reached, 100 * gcp from anonymisation_quality_week"
    ).fetchall()
    return _by_source("quality", rows, ("cells", "k_reached", "lost_percent"), ("lost_percent",))


def _by_source(
    name: str, rows: Iterable[tuple[Value, ...]], measures: tuple[str, ...], drawn: tuple[str, ...]
) -> Figure | None:
    """One row a week, the measures of each source side by side; a source without any figure has no column."""
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
        facts,
    )
