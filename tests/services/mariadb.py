"""A real MariaDB server for tests. Where none is installed (Debian: mariadb-server), its tests are skipped."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ACCOUNT = "mysql"


class MariaDb:
    """A running server, reached at 127.0.0.1 by `reader` with the password of `password`."""

    password = "reader's own"

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port

    @property
    def url(self) -> str:
        return f"mysql://reader@127.0.0.1:{self.port}/app"

    def run_sql(self, sql: str) -> subprocess.CompletedProcess[str]:
        command = ["mariadb", "--no-defaults", "-uroot", f"--socket={self.folder}/socket"]
        env = {name: value for name, value in os.environ.items() if name != "MYSQL_PWD"}
        return subprocess.run(command, input=sql, text=True, capture_output=True, check=False, env=env)


@pytest.fixture(scope="module")
def mariadb() -> Iterator[MariaDb]:
    if shutil.which("mariadbd") is None or shutil.which("mariadb-install-db") is None:
        pytest.skip("no MariaDB server is installed (apt-get install mariadb-server)")
    folder = Path(tempfile.mkdtemp(prefix="cmn-mariadb-"))
    as_account = []
    if os.geteuid() == 0:
        folder.chmod(0o755)
        shutil.chown(folder, ACCOUNT)
        as_account = [f"--user={ACCOUNT}"]
    install = ["mariadb-install-db", "--no-defaults", f"--datadir={folder}/data", "--skip-test-db"]
    subprocess.run([*install, "--auth-root-authentication-method=normal", *as_account], check=True, capture_output=True)
    port = 20_000 + os.getpid() % 10_000
    options = [
        f"--datadir={folder}/data", f"--socket={folder}/socket", f"--pid-file={folder}/pid", f"--port={port}",
        "--bind-address=127.0.0.1",
        "--default-time-zone=+05:00",  # far from UTC, so that a time read in the server's zone is seen
    ]  # fmt: skip
    process = subprocess.Popen(["mariadbd", "--no-defaults", *options, *as_account], stderr=subprocess.DEVNULL)
    server = MariaDb(folder, port)
    try:
        _wait_for(server)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(server: MariaDb) -> None:
    for _ in range(300):
        if server.run_sql("select 1").returncode == 0:
            break
        time.sleep(0.1)
    quoted = server.password.replace("'", "''")
    accounts = "".join(
        f"create user reader@'{host}' identified by '{quoted}'; grant select on app.* to reader@'{host}';"
        for host in ("127.0.0.1", "localhost")
    )
    done = server.run_sql(f"create database app character set utf8mb4; {accounts}")
    assert done.returncode == 0, done.stderr
