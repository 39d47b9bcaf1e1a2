"""The cells that releases are made of: committed files alone, each with the content that was committed."""

from datetime import date
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from catalogue.catalogue import MART, RELEASABLE
from freezing.cell_files import committed_files
from freezing.cell_rows import SCHEMAS
from home.layout import Home
from home.weeks.week_states import WeekCommit, settled_weeks


class FrozenCells:
    """All frozen weeks of one home, read when asked for.

    Raises (on first use):
        StateDamaged: a committed file is missing or was changed.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._commits: dict[str, dict[date, WeekCommit]] = {}
        self._tables: dict[tuple[str, date], pa.Table] = {}

    @cached_property
    def _files(self) -> dict[str, dict[date, Path]]:
        return {
            cube: {date.fromisoformat(path.name[:10]): path for path in paths}
            for cube, paths in committed_files(self._home).items()
            if cube in RELEASABLE or MART[cube].kind == "total"
        }

    def commits(self, source: str) -> dict[date, WeekCommit]:
        """What became of each settled week of a source, by Monday, in order: read once, since who asks has the lock."""
        if source not in self._commits:
            self._commits[source] = settled_weeks(self._home, source)
        return self._commits[source]

    def weeks(self, cube: str) -> list[date]:
        """The Mondays of the frozen weeks that have this cube, in order."""
        return sorted(self._files[cube])

    def rows(self, cube: str, week: date) -> pa.Table:
        """One week of one cube, with the columns of `freezing.cell_rows.SCHEMAS`, without others of older weeks."""
        if (cube, week) not in self._tables:
            self._tables[cube, week] = pq.read_table(self._files[cube][week], columns=SCHEMAS[cube].names)
        return self._tables[cube, week]
