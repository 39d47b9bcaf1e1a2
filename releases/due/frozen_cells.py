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


class FrozenCells:
    """All frozen weeks of one home, read when asked for.

    Raises (on first use):
        StateDamaged: a committed file is missing or was changed.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._tables: dict[tuple[str, date], pa.Table] = {}

    @cached_property
    def _files(self) -> dict[str, dict[date, Path]]:
        return {
            cube: {date.fromisoformat(path.name[:10]): path for path in paths}
            for cube, paths in committed_files(self._home).items()
            if cube in RELEASABLE or MART[cube].kind == "total"
        }

    def weeks(self, cube: str) -> list[date]:
        """The Mondays of the frozen weeks that have this cube, in order."""
        return sorted(self._files[cube])

    def rows(self, cube: str, week: date) -> pa.Table:
        """One week of one cube, with the columns of `freezing.cell_rows.SCHEMAS`, without others of older weeks."""
        if (cube, week) not in self._tables:
            self._tables[cube, week] = pq.read_table(self._files[cube][week], columns=SCHEMAS[cube].names)
        return self._tables[cube, week]
