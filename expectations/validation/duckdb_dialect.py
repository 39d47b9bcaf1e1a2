"""Great Expectations over a DuckDB connection that is open already.

duckdb-engine's dialect opens a transaction for every statement and rolls it back when its connection is returned.
DuckDB empties an open result at a rollback, and Great Expectations reads results after the return, so every expectation
fails. Reading needs no transaction: this dialect begins, commits and rolls back nothing, and DuckDB commits each
statement by itself.
"""

from typing import Any

import duckdb
import duckdb_engine
from sqlalchemy.dialects import registry
from sqlalchemy.pool import StaticPool

#: What Great Expectations' data source connects to; the connection itself comes from `connection_arguments`.
CONNECTION_STRING = "duckdb+expectations:///:memory:"


class ExpectationsDialect(duckdb_engine.Dialect):
    """DuckDB's dialect without transactions, for reading."""

    supports_statement_cache = False

    def do_begin(self, connection: Any) -> None:
        """Begins nothing."""

    def do_rollback(self, connection: Any) -> None:
        """Rolls nothing back, so that results stay readable."""

    def do_commit(self, connection: Any) -> None:
        """Commits nothing; DuckDB has."""


def connection_arguments(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Arguments for SQLAlchemy's `create_engine` by which it reads through `con`, views and all."""
    registry.register("duckdb.expectations", __name__, ExpectationsDialect.__name__)

    def connect() -> duckdb_engine.ConnectionWrapper:
        cursor = con.cursor()
        cursor.execute("set timezone = 'UTC'")
        cursor.execute("set python_enable_replacements = false")
        return duckdb_engine.ConnectionWrapper(cursor)

    return {"creator": connect, "poolclass": StaticPool}
