"""`cmn airflow`: Airflow's own scheduler and pages on this machine, reachable from this machine alone.

What `airflow standalone` would start, but for what it cannot be told: its log servers listen on every address, and it
keeps 32 workers for a pool of one slot. The logs lie on this machine, so that the pages read them without a server.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from command.airflow.airflow_home import DAGS_FOLDER
from home.layout import PRIVATE_DIRECTORY
from home.settings.settings import Settings, load_settings
from refusals.errors import UsageError

THIS_MACHINE = "127.0.0.1"
#: Tasks at once: the pool has one slot, and the second is for what may come that needs none.
PARALLELISM = 2
SECONDS_TO_END = 30

PROCESSES = {
    "api-server": ("api-server", "--host", THIS_MACHINE),
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
    "triggerer": ("triggerer", "--skip-serve-logs"),
}


def airflow_command(options: argparse.Namespace) -> int:
    """Runs until it is stopped (Ctrl-C, SIGTERM) or one of its processes ends; 0 when it was stopped.

    Raises:
        UsageError: the config cannot be used, or the metadata database cannot be made.
    """
    settings = load_settings(options.config)
    environment = server_environment(settings, options.port, os.environ)
    folder = Path(environment["AIRFLOW_HOME"])
    settings.home.make()
    folder.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
    logs = folder / "processes"
    logs.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
    with _stopped_by_signal() as stopped:
        print(f"preparing Airflow's metadata in {folder}", file=sys.stderr)
        if _call(("db", "migrate"), environment, logs / "db-migrate.log").wait() != 0:
            raise UsageError(f"Airflow's metadata cannot be made: see {logs / 'db-migrate.log'}")
        running = {
            name: _call(words, environment, logs / f"{name}.log") for name, words in PROCESSES.items() if not stopped
        }
        try:
            print(
                f"pages: http://{THIS_MACHINE}:{environment['AIRFLOW__API__PORT']} in a minute; user admin, password in"
                f" {folder / 'simple_auth_manager_passwords.json.generated'}; logs in {logs}; Ctrl-C ends it"
            )
            sys.stdout.flush()
            while not stopped:
                if ended := [name for name, process in running.items() if process.poll() is not None]:
                    print(f"cmn: Airflow's {ended[0]} has ended: see {logs / ended[0]}.log", file=sys.stderr)
                    return 1
                time.sleep(0.2)
            return 0
        finally:
            _end(running)


def server_environment(settings: Settings, port: int, given: Mapping[str, str]) -> dict[str, str]:
    """The environment of Airflow's processes: what is `given` stands, but for where they listen."""
    pages = f"http://{THIS_MACHINE}:{port}"
    defaults = {
        "AIRFLOW_HOME": str(settings.home.restricted.absolute() / "airflow-server"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS_FOLDER),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": str(PARALLELISM),
        "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FOLDER_PERMISSIONS": "0o700",
        "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FILE_PERMISSIONS": "0o600",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }
    ours = {
        "CMN_CONFIG": str(settings.file.absolute()),
        "PYTHONSAFEPATH": "1",  # a folder `policy` where the command is called is not ours
        "AIRFLOW__API__HOST": THIS_MACHINE,
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": pages,
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{pages}/execution/",
        "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_HOST": THIS_MACHINE,
    }
    return {**defaults, **given, **ours}


def _call(words: tuple[str, ...], environment: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 - this interpreter, and words of our own
            [sys.executable, "-P", "-m", "airflow", *words],
            env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip


@contextmanager
def _stopped_by_signal() -> Iterator[list[int]]:
    """A list that is empty until somebody asks this process to end."""
    asked: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        asked.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(running: Mapping[str, subprocess.Popen[bytes]]) -> None:
    """Asks all to end, each with what it has started, and ends by force what does not."""
    for process in running.values():
        _signal(process, signal.SIGTERM)
    until = time.monotonic() + SECONDS_TO_END
    for process in running.values():
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0.1, until - time.monotonic()))
        _signal(process, signal.SIGKILL)


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
