"""What the published marts say: what columns mean, how much detail a week lost, whom consent left out."""

from datetime import date

import pyarrow as pa

from catalogue.catalogue import MART
from freezing.cell_rows import SCHEMAS
from home.duck import open_marts
from home.layout import Home
from home.state import check_file
from home.weeks.week_states import RULES_EDITION
from refusals.errors import MartsRefused
from releases.ledger.release import ReleasedColumn

_COMMENTS = """
select table_name, null as column_name, comment from duckdb_tables() where not internal
union all
select table_name, column_name, comment from duckdb_columns() where not internal
"""


class MartsFacts:
    """Read once from the marts file that analysts have."""

    def __init__(self, home: Home) -> None:
        """Reads comments, quality and coverage.

        Raises:
            MartsRefused: there are no marts yet.
            StateDamaged: they are not what was published.
        """
        check_file(home, home.marts)
        if not home.marts.exists():
            raise MartsRefused(f"marts: {home.marts} is not there: `cmn run` builds it")
        with open_marts(home) as con:
            self._comments: dict[tuple[str, str | None], str] = {
                (table, column): comment or "" for table, column, comment in con.execute(_COMMENTS).fetchall()
            }
            # Marts that were built before editions were told are of none: nothing of them is due.
            told = "told_edition" if ("anonymisation_quality_week", "told_edition") in self._comments else "0"
            quality = con.execute(
                f"select source, week_start, gcp from anonymisation_quality_week where {told} = {RULES_EDITION}"
            ).fetchall()
            coverage = con.execute("select source, week_start, passed_percent from coverage_week").fetchall()
        self._gcp: dict[tuple[str, date], float] = {(source, week): gcp for source, week, gcp in quality}
        self._coverage: dict[tuple[str, date], int | None] = {(source, week): told for source, week, told in coverage}

    def has(self, source: str, week: date) -> bool:
        """Whether a week's cells are in the marts, as today's rules tell them: they may have been built before."""
        return (source, week) in self._gcp

    def gcp(self, source: str, week: date) -> float:
        """Global Certainty Penalty of the core cells of a week that the marts have, 0 to 1."""
        return self._gcp[source, week]

    def coverage(self, source: str, week: date) -> int | None:
        """Percent of a week's records that passed the consent gate; None where it is not told."""
        return self._coverage.get((source, week))

    def description(self, mart: str) -> str:
        """The mart's comment."""
        return self._comments[mart, None]

    def columns(self, mart: str) -> tuple[ReleasedColumn, ...]:
        """The mart's columns as its cubes have them, each with its comment and the unit in it."""
        return tuple(self.column(mart, field.name, field.type) for field in SCHEMAS[mart])

    def column(self, mart: str, name: str, kind: pa.DataType) -> ReleasedColumn:
        """One column of a mart."""
        comment = self._comments[mart, name]
        return ReleasedColumn(name, kind, comment, MART[mart].column(name).unit.en)
