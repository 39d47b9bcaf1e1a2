"""A PostgreSQL server as a source: its tables described, and their records as CSV that the server itself writes.

asyncpg, since it tells the SQLSTATE of every error, those of connecting too, and bounds each wait. `COPY` sends one
message a record; they are joined as they come, and nothing here looks into them.
"""

import asyncio
import ssl
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import TimeoutError as NoAnswer
from contextlib import suppress
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import asyncpg

from home.settings.settings import AppSource
from home.sql import Sql, joined, quoted, sql_file
from ingestion.databases.server_errors import postgres_refusal, silent, unreached
from ingestion.databases.server_types import ServerColumn, postgres_text
from refusals.errors import Refusal, UsageError

BLOCK_BYTES = 4 * 1024 * 1024
BLOCKS_AHEAD = 2
#: The server's own timeout comes first, so that its code is told; this is how much longer the client waits.
GRACE_SECONDS = 5
#: Options of libpq that asyncpg does not know, and would send to the server.
_NOT_SENT = {"connect_timeout", "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count",
             "tcp_user_timeout", "channel_binding", "gssencmode", "client_encoding", "fallback_application_name",
             "load_balance_hosts", "requirepeer", "sslcompression", "sslsni"}  # fmt: skip

T = TypeVar("T")


class PostgresServer:
    """An open connection in one read-only transaction, so that all tables are read as of one moment."""

    column_text = staticmethod(postgres_text)

    def __init__(self, shown: str, source: AppSource) -> None:
        """Connects.

        Raises:
            UsageError: the URL's options cannot be read.
            InputRefused: the server lets the reader not in.
            SourceUnavailable: nobody answers, or the server is busy, starting or stopping.
        """
        self._shown = shown
        self._source = source
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="postgres", daemon=True)
        self._thread.start()
        self._connection: asyncpg.Connection | None = None
        try:
            self._connect()
        except BaseException:
            self.close()
            raise

    def _connect(self) -> None:
        seconds = self._source.connect_timeout_seconds
        try:
            self._connection = self._wait(
                asyncpg.connect(_url_for_asyncpg(self._source.database or ""), timeout=seconds, statement_cache_size=0),
                seconds + GRACE_SECONDS,
            )
        except (asyncpg.ClientConfigurationError, ValueError):
            raise UsageError(f"{self._shown}: setting 'app.database' has an option that cannot be read") from None
        except TimeoutError:
            raise silent(self._shown, "app.connect_timeout_seconds", seconds) from None
        except ssl.SSLError as error:
            raise unreached(self._shown, f"TLS: {error.reason or type(error).__name__}") from None
        except OSError as error:
            raise unreached(self._shown, error.strerror or type(error).__name__) from None
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise self._refusal(self._shown, error) from None
        # Set, not sent when connecting: a pooler between refuses parameters that it does not know.
        self._told(
            self._shown,
            Sql(f"""
            set statement_timeout = {int(self._source.statement_timeout_seconds * 1000)};
            set lock_timeout = {int(self._source.lock_timeout_seconds * 1000)};
            set timezone = 'UTC'; set datestyle = 'ISO, YMD'; set client_encoding = 'UTF8';
            begin isolation level repeatable read read only
            """),
        )

    def columns(self, table: str) -> tuple[str, list[ServerColumn]]:
        """The schema in which the table is found, and its columns; none: there is no such table."""
        schema = self._source.schema_name
        name = f"{quoted(schema)}.{quoted(table)}" if schema else quoted(table)
        columns = sql_file("ingestion.databases", "postgres_columns")
        connection = self._open()
        rows = self._asked(f"{self._shown}: table {table}", lambda: connection.fetch(columns, name))
        return (rows[0][0] if rows else ""), [ServerColumn(*tuple(row)[1:]) for row in rows]

    def records(self, schema: str, table: str, expressions: Sequence[Sql]) -> Iterator[bytes]:
        """The table's records: blocks of whole lines of CSV, every value quoted, null as nothing.

        Raises:
            InputRefused: the table may not be read, or a value is none that can be written.
            SourceUnavailable: the server broke off, or fell silent.
        """
        where = f"{self._shown}: table {table}"
        query = Sql(f"select {joined(expressions)} from {quoted(schema)}.{quoted(table)}")
        blocks: asyncio.Queue[bytes | BaseException | None] = asyncio.Queue(BLOCKS_AHEAD)
        copying = asyncio.run_coroutine_threadsafe(_copied(self._open(), query, blocks), self._loop)
        try:
            while (block := self._asked(where, blocks.get)) is not None:
                if isinstance(block, BaseException):
                    raise self._refusal(where, block) from None
                yield block
        finally:
            if not copying.done():
                copying.cancel()
                self._abandon()

    def close(self) -> None:
        """Ends the transaction and the connection; a server that does not answer is left alone."""
        if self._connection is not None:
            with suppress(Exception):
                self._wait(self._connection.close(timeout=GRACE_SECONDS), 2 * GRACE_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _told(self, where: str, statements: Sql) -> None:
        connection = self._open()
        self._asked(where, lambda: connection.execute(statements))

    def _asked(self, where: str, question: Callable[[], Coroutine[Any, Any, T]]) -> T:
        seconds = self._source.statement_timeout_seconds
        try:
            return self._wait(question(), seconds + GRACE_SECONDS)
        except TimeoutError:
            self._abandon()
            raise silent(where, "app.statement_timeout_seconds", seconds) from None
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            raise self._refusal(where, error) from None

    def _wait(self, coroutine: Coroutine[Any, Any, T], seconds: float) -> T:
        waited = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return waited.result(seconds)
        except NoAnswer:
            waited.cancel()
            raise

    def _open(self) -> asyncpg.Connection:
        if self._connection is None or self._connection.is_closed():
            raise postgres_refusal(self._shown, "08003")
        return self._connection

    def _abandon(self) -> None:
        if self._connection is not None:
            self._loop.call_soon_threadsafe(self._connection.terminate)

    def _refusal(self, where: str, error: BaseException) -> Refusal:
        if isinstance(error, asyncpg.PostgresError):
            return postgres_refusal(where, error.sqlstate)
        if isinstance(error, OSError):
            return postgres_refusal(where, "08006")
        return postgres_refusal(where, None)


async def _copied(
    connection: asyncpg.Connection, query: Sql, blocks: "asyncio.Queue[bytes | BaseException | None]"
) -> None:
    """Puts blocks of the query's CSV, then None or the error that ended it."""
    parts: list[bytes] = []
    size = 0

    async def keep(data: bytes) -> None:
        nonlocal size
        parts.append(data)
        size += len(data)
        if size >= BLOCK_BYTES:
            await blocks.put(b"".join(parts))
            parts.clear()
            size = 0

    try:
        await connection.copy_from_query(query, output=keep, format="csv", force_quote=True)
        if parts:
            await blocks.put(b"".join(parts))
        await blocks.put(None)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        await blocks.put(error)


def _url_for_asyncpg(url: str) -> str:
    parts = urlsplit(url)
    kept = [(name, value) for name, value in parse_qsl(parts.query) if name not in _NOT_SENT]
    return urlunsplit(parts._replace(query=urlencode(kept)))
