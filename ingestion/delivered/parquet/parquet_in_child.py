"""Child process: DuckDB over one Parquet or Avro file at a time, which is the view `delivered_parquet`."""

from typing import Any

import duckdb

from home.file_cache import NO_STALE_BYTES
from ingestion.confined.confined_child import serve
from ingestion.delivered.parquet.parquet_view import NUL, VIEW, make_view

# Whatever else the engine raises over a file whose footer it could read, it raises of the file.
OF_OUR_STATEMENT = (
    duckdb.BinderException, duckdb.CatalogException, duckdb.InterruptException, duckdb.ParserException,
)  # fmt: skip


def answer(request: dict[str, Any], descriptor: int | None) -> dict[str, Any]:
    """The rows of each of the request's statements, as JSON; or why there are none, in one word."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{int(request['memory_mebibytes'])}MiB",
        "threads": "1",
        "max_temp_directory_size": "0KB",
    }
    config |= {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false", **NO_STALE_BYTES}
    try:
        with duckdb.connect(config=config) as con:
            con.execute("set timezone = 'UTC'")
            make_view(con, int(descriptor or 0), str(request["format"]))
            footer = [sql.format(source=f"'/dev/fd/{descriptor}'", view=VIEW) for sql in request["footer"]]
            rows = [con.execute(sql).fetchall() for sql in footer]
            return {"rows": rows + [_content(con, sql) for sql in request["content"]]}
    except (duckdb.OutOfMemoryException, MemoryError):
        return {"failed": "memory"}
    except _NotOfTheFile as error:
        return {"failed": "engine", "kind": str(error)}
    except duckdb.Error as error:
        # The message quotes what was found; of it only this leaves.
        message = str(error)
        encoding, nul = "Invalid string encoding" in message, message.endswith(NUL)
        return {"failed": "encoding" if encoding else "nul" if nul else "damage"}


class _NotOfTheFile(Exception):
    """An error of the engine that our own statement made; only its class is told."""


def _content(con: duckdb.DuckDBPyConnection, sql: str) -> list[Any]:
    try:
        return con.execute(sql).fetchall()
    except duckdb.Error as error:
        if type(error) in OF_OUR_STATEMENT:
            raise _NotOfTheFile(type(error).__name__) from None
        raise


if __name__ == "__main__":
    serve(answer)
