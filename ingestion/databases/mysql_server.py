"""A MySQL or MariaDB server as a source: its tables described, and their records as CSV that the server itself writes.

PyMySQL, since it tells the number of every error and bounds each wait. It is plain Python, so each record comes as one
value, the line of CSV that the server made of it: that is five times as fast as a value a column.
"""

import os
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pymysql
from pymysql.constants import CR, ER
from pymysql.cursors import SSCursor

from home.settings.settings import AppSource
from home.sql import Sql, joined, quoted
from ingestion.databases.server_errors import mysql_refusal, silent, unreached
from ingestion.databases.server_types import ServerColumn, mysql_text
from refusals.errors import InputRefused, Refusal, UsageError

ROWS_AT_ONCE = 20_000
GRACE_SECONDS = 5
DEFAULT_PORT = 3306
#: An option of the URL → PyMySQL's name of it.
_FILES = {"ssl-ca": "ssl_ca", "ssl-cert": "ssl_cert", "ssl-key": "ssl_key"}
_MODES: dict[str, dict[str, Any]] = {
    "disabled": {"ssl_disabled": True},
    "preferred": {},
    "required": {"ssl": {"check_hostname": False, "verify_mode": "none"}},
    "verify_ca": {"ssl_verify_cert": True},
    "verify_identity": {"ssl_verify_cert": True, "ssl_verify_identity": True},
}

_COLUMNS = Sql("""
    select table_schema, column_name, lower(data_type), lower(column_type), data_type = 'decimal' and numeric_scale = 0
    from information_schema.columns where table_schema = coalesce(%s, database()) and table_name = %s
    order by ordinal_position
""")


class MySqlServer:
    """An open connection in one read-only transaction, so that all tables are read as of one moment."""

    column_text = staticmethod(mysql_text)

    def __init__(self, shown: str, source: AppSource) -> None:
        """Connects.

        Raises:
            UsageError: the URL's options cannot be read.
            InputRefused: the server lets the reader not in.
            SourceUnavailable: nobody answers, or the server is busy, starting or stopping.
        """
        self._shown = shown
        self._source = source
        self._connection = self._connect()
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    def _connect(self) -> "pymysql.Connection[SSCursor]":
        seconds = self._source.connect_timeout_seconds
        place, options = _options(self._source.database or "")
        try:
            connection = pymysql.Connection(
                **options,
                password=os.environ.get("MYSQL_PWD", ""),
                charset="utf8mb4",
                read_timeout=self._source.statement_timeout_seconds + GRACE_SECONDS,
                write_timeout=self._source.statement_timeout_seconds + GRACE_SECONDS,
                cursorclass=SSCursor,
                autocommit=None,
                defer_connect=True,
            )
        except (OSError, ValueError) as error:  # a certificate that is not there or is none
            cause = getattr(error, "strerror", None) or type(error).__name__
            raise UsageError(f"{self._shown}: a file that 'app.database' names for TLS: {cause}") from None
        try:
            sock = _socket(place, seconds)
        except TimeoutError:
            raise silent(self._shown, "app.connect_timeout_seconds", seconds) from None
        except OSError as error:
            raise unreached(self._shown, error.strerror or type(error).__name__) from None
        with _shut_after(sock, seconds) as was_shut:
            try:
                connection.connect(sock)
            except (pymysql.MySQLError, OSError) as error:
                if was_shut.is_set():
                    raise silent(self._shown, "app.connect_timeout_seconds", seconds) from None
                if isinstance(error.__cause__ or error, ssl.SSLError):
                    raise unreached(self._shown, "TLS: the server's certificate or mode does not fit") from None
                raise self._refusal(self._shown, error) from None
        return connection

    def _prepare(self) -> None:
        lock, statement = self._source.lock_timeout_seconds, self._source.statement_timeout_seconds
        is_mariadb = "mariadb" in self._connection.get_server_info().lower()
        in_seconds, in_milliseconds = (
            Sql(f"max_statement_time = {int(statement)}"),
            Sql(f"max_execution_time = {int(statement * 1000)}"),
        )
        limit = in_seconds if is_mariadb else in_milliseconds
        waits = Sql(f"session lock_wait_timeout = {int(lock)}, session innodb_lock_wait_timeout = {int(lock)}")
        for told in (
            # No mode that pads CHAR with blanks or takes "…" for a name.
            Sql("set session sql_mode = ''"),
            Sql("set session time_zone = '+00:00'"),
            Sql(f"set {waits}, session {limit}"),
            Sql("set session net_write_timeout = 600"),
            Sql("start transaction with consistent snapshot, read only"),
        ):
            self._rows(self._shown, told)

    def columns(self, table: str) -> tuple[str, list[ServerColumn]]:
        """The schema in which the table is found, and its columns; none: there is no such table."""
        rows = self._rows(f"{self._shown}: table {table}", _COLUMNS, (self._source.schema_name, table))
        if not rows:
            self._check_is_missing(table)
        columns = [ServerColumn(name, kind, shown, bool(is_whole)) for _, name, kind, shown, is_whole in rows]
        return (rows[0][0] if rows else ""), columns

    def records(self, schema: str, table: str, expressions: Sequence[Sql]) -> Iterator[bytes]:
        """The table's records: blocks of whole lines of CSV, every value quoted, null as nothing.

        Raises:
            InputRefused: the table may not be read, or a record is longer than the server can send.
            SourceUnavailable: the server broke off, or fell silent.
        """
        where = f"{self._shown}: table {table}"
        place = Sql(f"{quoted(schema, '`')}.{quoted(table, '`')}")
        query = Sql(f"select concat_ws(',', {joined(map(_as_csv, expressions))}) from {place}")
        cursor = self._connection.cursor()
        try:
            cursor.execute(query)
            while rows := cursor.fetchmany(ROWS_AT_ONCE):
                lines = [line for (line,) in rows]
                if None in lines:
                    raise InputRefused(
                        f"{where}: a record is longer than the server's max_allowed_packet: raise that, or cut the"
                        " value"
                    )
                yield b"\n".join([*lines, b""])
        except (pymysql.MySQLError, OSError) as error:
            raise self._refusal(where, error) from None
        finally:
            cursor.connection = None  # else it would wait, when it goes, for rows that nobody wants any more

    def close(self) -> None:
        """Ends the connection; what the server has not sent yet is left to it."""
        with suppress(Exception):
            self._connection.close()  # says goodbye, and waits for no answer

    def _check_is_missing(self, table: str) -> None:
        """A table without columns is missing, or the server keeps them to itself: only asking for a row tells which."""
        where = f"{self._shown}: table {table}"
        name = self._source.schema_name
        place = Sql(f"{quoted(name, '`')}.{quoted(table, '`')}") if name else quoted(table, "`")
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(f"select 1 from {place} limit 0")
        except (pymysql.MySQLError, OSError) as error:
            if error.args and error.args[0] == ER.NO_SUCH_TABLE:
                return
            raise self._refusal(where, error) from None
        raise InputRefused(
            f"{where}: its columns are not shown to the reader: grant the reader EXECUTE on the functions that the view"
            " calls"
        )

    def _rows(self, where: str, query: Sql, parameters: Sequence[object] | None = None) -> Sequence[tuple[Any, ...]]:
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(query, parameters)
                return list(cursor.fetchall())
        except (pymysql.MySQLError, OSError) as error:
            raise self._refusal(where, error) from None

    def _refusal(self, where: str, error: BaseException) -> Refusal:
        number = error.args[0] if error.args and isinstance(error.args[0], int) else None
        if isinstance(error.__cause__ or error.__context__ or error, TimeoutError):
            return silent(where, "app.statement_timeout_seconds", self._source.statement_timeout_seconds)
        if isinstance(error, OSError):
            number = CR.CR_SERVER_LOST
        return mysql_refusal(where, number)


def _as_csv(expression: Sql) -> Sql:
    """SQL: the text as a value of CSV, in bytes, so that no two columns' collations can disagree; null is nothing."""
    text = Sql(f"cast(convert({expression} using utf8mb4) as binary)")
    return Sql(f"""coalesce(concat('"', replace({text}, '"', '""'), '"'), '')""")


def _options(url: str) -> tuple[tuple[str, int] | str, dict[str, Any]]:
    """Where the server is (a socket's path, or host and port), and what PyMySQL is to be given.

    Raises:
        UsageError: an option of the URL is unknown.
    """
    parts = urlsplit(url)
    given = {name.replace("_", "-"): value for name, value in parse_qsl(parts.query)}
    path = given.pop("socket", None)
    mode = given.pop("ssl-mode", "preferred").lower()
    unknown = sorted(set(given) - set(_FILES))
    if unknown or mode not in _MODES:
        what = f"an unknown option '{unknown[0]}'" if unknown else "an unknown ssl-mode"
        known = ", ".join(["socket", "ssl-mode", *_FILES])
        raise UsageError(f"setting 'app.database' has {what}: known are {known}; ssl-mode is {', '.join(_MODES)}")
    host = parts.hostname or "localhost"
    options: dict[str, Any] = {"host": host, "port": parts.port or DEFAULT_PORT, **_MODES[mode]}
    options |= {_FILES[name]: value for name, value in given.items()}
    if parts.username:
        options["user"] = unquote(parts.username)
    if parts.path.strip("/"):
        options["database"] = unquote(parts.path.lstrip("/"))
    return path or (host, options["port"]), options


def _socket(place: tuple[str, int] | str, seconds: float) -> socket.socket:
    if isinstance(place, tuple):
        sock = socket.create_connection(place, seconds)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    else:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.settimeout(seconds)
        sock.connect(place)
    sock.settimeout(None)
    return sock


@contextmanager
def _shut_after(sock: socket.socket, seconds: float) -> Iterator[threading.Event]:
    """Shuts the socket where the block takes longer: PyMySQL bounds the first greeting by nothing of its own."""
    was_shut = threading.Event()
    second = sock.dup()  # TLS takes the first over

    def shut() -> None:
        was_shut.set()
        with suppress(OSError):
            second.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, shut)
    timer.daemon = True
    timer.start()
    try:
        yield was_shut
    finally:
        timer.cancel()
        timer.join()
        second.close()
