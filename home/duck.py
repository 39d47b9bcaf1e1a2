"""DuckDB connections, bounded and silent."""

from pathlib import Path

import duckdb

from home.layout import Home

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
        },
    )
    con.execute("set timezone = 'UTC'")
    con.execute("set enable_progress_bar = false")
    return con
