"""The app's own database as a source: PostgreSQL, MySQL or MariaDB, read by DuckDB's scanners. Only ever read."""

import importlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import duckdb

from home.settings import AppSource
from ingestion.column_types import ReadColumn, read_column
from ingestion.raw_relation import RawRelation, RecordTable, Want, plain_names
from policy.errors import InputRefused, UsageError

_ATTACHED = "app_database"
_PASSWORD = {"postgres": "PGPASSWORD", "mysql": "MYSQL_PWD"}


@dataclass(frozen=True, slots=True)
class AppDatabase:
    """An attached database. `shown` names it without credentials."""

    engine: str
    shown: str
    schema: str | None


@contextmanager
def attached(con: duckdb.DuckDBPyConnection, source: AppSource) -> Iterator[AppDatabase]:
    """Attaches the database, for reading only, as long as the context is open. The password comes from the environment.

    Raises:
        UsageError: the URL cannot be read, or the database's extension for DuckDB is not installed.
        InputRefused: the server cannot be reached, or lets nobody in.
    """
    database = _described(source)
    _load(con, f"{database.engine}_scanner")
    if database.engine == "mysql":
        # TIMESTAMP columns come in the session's zone, and DuckDB knows them as naive.
        con.execute("set mysql_session_time_zone = '+00:00'")
        con.execute("set mysql_query_timeout_enabled = false")
    try:
        con.execute(f"attach {_quoted(source.database or '')} as {_ATTACHED} (type {database.engine}, read_only)")
    except duckdb.Error:
        raise InputRefused(
            f"{database.shown}: no connection: check that the server runs, that 'database' names it rightly,"
            f" and the password in {_PASSWORD[database.engine]}"
        ) from None
    try:
        yield database
    finally:
        con.execute(f"detach {_ATTACHED}")


def table_records(con: duckdb.DuckDBPyConnection, database: AppDatabase, table: RecordTable) -> RawRelation:
    """The table's records; only the needed columns are read.

    Raises:
        InputRefused: the table or a needed column is missing, or has a type that cannot hold it.
    """
    shown = f"{database.shown}: table {table.name}"
    try:
        schema, types = _catalog(con, database, table.name)
        place = f'{_ATTACHED}."{schema}"."{table.name}"'
        duck_types = {name: kind for name, kind, *_ in con.execute(f"describe {place}").fetchall()} if types else {}
    except duckdb.Error:
        raise InputRefused(f"{shown}: cannot be looked at: grant the reader SELECT on it") from None
    if not types:
        raise InputRefused(f"{shown}: is missing: make it, or name its schema in the setting 'app.schema'")
    read: dict[str, ReadColumn] = {}
    for name, want in table.columns.items():
        if name not in types or name not in duck_types:
            raise InputRefused(f"{shown}: lacks the column {name}: give the table or a view of it that column")
        read[name] = _read(shown, name, want, types[name], duck_types[name])
    extra = set(types) - set(table.columns)
    notes = [f"columns passed over: {plain_names(extra)}"] if extra and table.is_closed else []
    expressions = ", ".join(f"{column.expression} as {name}" for name, column in read.items())
    select = f"select null::bigint as position, null::varchar as unreadable, {expressions} from {place}"
    refusal = InputRefused(f"{shown}: cannot be read: grant the reader SELECT on it, and check the server")
    kinds = {name: column.kind for name, column in read.items()}
    return RawRelation(table.name, select, kinds, notes, if_broken=refusal)


def _read(shown: str, name: str, want: Want, server_type: str, duck_type: str) -> ReadColumn:
    if server_type == "timestamp" and duck_type == "TIMESTAMP" and want == "instant":
        return ReadColumn(f"""("{name}" at time zone 'UTC')""", "instant")
    column = read_column(shown, name, want, duck_type)
    if server_type in {"inet", "cidr"}:
        return replace(column, expression=f"""regexp_replace("{name}"::varchar, '/[0-9]+$', '')""")
    # A database's own whole numbers are its identifiers as they are: no drift to be told.
    return replace(column, note=None)


def _catalog(con: duckdb.DuckDBPyConnection, database: AppDatabase, table: str) -> tuple[str, Mapping[str, str]]:
    """The table's schema, and its columns with the server's own names of their types, as the server tells them.

    A naive time is `naive` in PostgreSQL's answer, since `timestamp` is MySQL's name of an instant.
    """
    if database.engine == "postgres":
        name = f'"{database.schema}"."{table}"' if database.schema else f'"{table}"'
        query = f"""
            select n.nspname::text, a.attname::text,
                   case t.typname when 'timestamp' then 'naive' else t.typname::text end
            from pg_attribute a join pg_type t on t.oid = a.atttypid
            join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
            where a.attrelid = to_regclass('{name}') and a.attnum > 0 and not a.attisdropped
        """
    else:
        schema = f"'{database.schema}'" if database.schema else "database()"
        query = f"""
            select table_schema, column_name, data_type from information_schema.columns
            where table_schema = {schema} and table_name = '{table}'
        """
    rows = con.execute(f"from {database.engine}_query('{_ATTACHED}', {_quoted(query)})").fetchall()
    return (rows[0][0] if rows else ""), {name: kind for _, name, kind in rows}


def _described(source: AppSource) -> AppDatabase:
    try:
        url = urlsplit(source.database or "")
        host = url.hostname or parse_qs(url.query).get("host", ["localhost"])[0]
        port = f":{url.port}" if url.port else ""
    except ValueError:
        raise UsageError("setting 'app.database' is no URL: write postgresql://reader@host/database") from None
    engine = "postgres" if url.scheme == "postgresql" else "mysql"
    return AppDatabase(engine, f"database {unquote(url.path.lstrip('/'))} on {host}{port}", source.schema_name)


def _load(con: duckdb.DuckDBPyConnection, extension: str) -> None:
    """Loads the extension from its installed package: nothing is fetched, and nothing is written outside the home."""
    try:
        package = importlib.import_module(f"duckdb_extension_{extension}")
        file = next(Path(package.__file__ or "").parent.glob(f"extensions/v{duckdb.__version__}/*.duckdb_extension"))
    except (ImportError, StopIteration):
        raise UsageError(
            f"setting 'app.database': the package duckdb-extension-{extension.replace('_', '-')} of DuckDB's version"
            f" {duckdb.__version__} is not installed: install the project's requirements"
        ) from None
    con.execute(f"load {_quoted(str(file))}")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
