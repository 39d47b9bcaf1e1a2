"""The app's own database as a source: PostgreSQL, MySQL or MariaDB. Only ever read.

The server writes every column as text, and the judge sees that text: what files say and what a database says is judged
by one rule. See docs/decisions/0016-the-database-writes-the-text.md.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

import duckdb
import pyarrow as pa

from home.settings.settings import AppSource
from home.sql import Sql, joined
from ingestion.databases.csv_of_server import batches_of
from ingestion.databases.server_types import ServerColumn
from ingestion.delivered.raw_relation import RawRelation, RecordTable, Want, plain_names, registered_stream
from refusals.errors import InputRefused, UsageError


class Server(Protocol):
    """What each kind of server can be asked for."""

    @property
    def column_text(self) -> Callable[[str, ServerColumn, Want], Sql]:
        """What gives the server's expression for a column as text."""

    def columns(self, table: str) -> tuple[str, list[ServerColumn]]:
        """The schema in which the table is found, and its columns; none: there is no such table."""

    def records(self, schema: str, table: str, expressions: Sequence[Sql]) -> Iterator[bytes]:
        """The table's records as blocks of CSV."""

    def close(self) -> None:
        """Ends the connection."""


@dataclass(frozen=True, slots=True)
class AppDatabase:
    """A database that is open. `shown` names it without credentials."""

    server: Server
    shown: str


@contextmanager
def opened_database(source: AppSource) -> Iterator[AppDatabase]:
    """A connection, for reading only, as long as the context is open. The password comes from the environment.

    Raises:
        UsageError: the URL cannot be read.
        InputRefused: the server lets the reader not in, or has no such database.
        SourceUnavailable: the server cannot be reached now.
    """
    engine, shown = _described(source)
    server = _server(engine, shown, source)
    try:
        yield AppDatabase(server, shown)
    finally:
        server.close()


def table_records(con: duckdb.DuckDBPyConnection, database: AppDatabase, table: RecordTable) -> RawRelation:
    """The table's records, to be read while the database is open; only the needed columns are asked for.

    Raises:
        InputRefused: the table or a needed column is missing, or has a type that cannot hold it.
        SourceUnavailable: the server cannot tell now.
    """
    schema, expressions, notes = checked_columns(database, table)
    shown = f"{database.shown}: table {table.name}"
    stopped_by: list[Exception] = []
    texts = pa.schema([pa.field(name, pa.string()) for name in table.columns])
    blocks = database.server.records(schema, table.name, expressions)
    stream = registered_stream(con, texts, batches_of(shown, blocks, list(table.columns)), stopped_by)
    columns = joined(table.names)
    select = Sql(f"select null::bigint as position, null::varchar as unreadable, {columns} from {stream}")
    return RawRelation(table.name, select, dict.fromkeys(table.columns, "text"), notes, stopped_by)


def checked_columns(database: AppDatabase, table: RecordTable) -> tuple[str, list[Sql], list[str]]:
    """The table's schema, the SQL of each needed column as text, and what is to be told of the others.

    Raises:
        InputRefused: the table or a needed column is missing, or has a type that cannot hold it.
        SourceUnavailable: the server cannot tell now.
    """
    shown = f"{database.shown}: table {table.name}"
    schema, found = database.server.columns(table.name)
    if not found:
        raise InputRefused(
            f"{shown}: is missing: make it, grant the reader SELECT on it, or name its schema in the setting"
            " 'app.schema'"
        )
    by_name = {column.name: column for column in found}
    for name in table.columns:
        if name not in by_name:
            raise InputRefused(f"{shown}: lacks the column {name}: give the table or a view of it that column")
    expressions = [database.server.column_text(shown, by_name[name], want) for name, want in table.columns.items()]
    extra = set(by_name) - set(table.columns)
    notes = [f"columns passed over: {plain_names(extra)}"] if extra and table.is_closed else []
    return schema, expressions, notes


def _server(engine: str, shown: str, source: AppSource) -> Server:
    # A driver is imported where it is used: each takes a while.
    if engine == "postgresql":
        from ingestion.databases.postgres_server import PostgresServer

        return PostgresServer(shown, source)
    from ingestion.databases.mysql_server import MySqlServer

    return MySqlServer(shown, source)


def _described(source: AppSource) -> tuple[str, str]:
    try:
        url = urlsplit(source.database or "")
        host = url.hostname or parse_qs(url.query).get("host", ["localhost"])[0]
        port = f":{url.port}" if url.port else ""
    except ValueError:
        raise UsageError("setting 'app.database' is no URL: write postgresql://reader@host/database") from None
    return url.scheme, f"database {unquote(url.path.lstrip('/'))} on {host}{port}"
