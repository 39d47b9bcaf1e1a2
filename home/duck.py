"""DuckDB connections, bounded and silent."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from home.file_cache import NO_STALE_BYTES
from home.layout import Home
from home.state import check_file, mend_of
from refusals.errors import StateDamaged

MEMORY_LIMIT = "1GB"
THREADS = 2


def open_duckdb(home: Home, database: Path | str = ":memory:", read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """A connection that spills into the home's work folder, reads instants as UTC, and fetches nothing from outside."""
    con = duckdb.connect(
        str(database),
        read_only=read_only,
        config={
            "memory_limit": MEMORY_LIMIT,
            "threads": THREADS,
            "temp_directory": str(home.spill),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            # Else a table that is missing is looked for among the variables of the Python code.
            "python_enable_replacements": False,
            "preserve_insertion_order": False,
            **NO_STALE_BYTES,
        },
    )
    con.execute("set timezone = 'UTC'")
    con.execute("set enable_progress_bar = false")
    return con


@contextmanager
def open_marts(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """The marts that analysts have, read-only, once they are found to be what was published.

    Raises:
        StateDamaged: they are missing though they were published, or were changed since.
    """
    check_file(home, home.marts)
    try:
        con = open_duckdb(home, home.marts, read_only=True)
    except duckdb.Error as error:
        raise StateDamaged(f"{home.marts} is no DuckDB file: {mend_of(home, home.marts)}") from error
    with con:
        yield con
