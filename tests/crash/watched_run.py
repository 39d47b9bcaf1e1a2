"""One `cmn run` in a session of its own, watched by what it shows anyway: its progress on a terminal, and its log."""

import os
import pty
import re
import select
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
import tty
from contextlib import closing
from dataclasses import dataclass
from json import loads
from pathlib import Path

from tests.end_to_end.runs import CMN, REPOSITORY, environment

PROGRESS = re.compile(r"^ *\d+\.\d s  (\w+)\r?$", re.MULTILINE)
TASK = re.compile(r"\[DAG TEST\] (starting|end task) task_id=(\w+)")
#: A shell ignores SIGINT in what it starts in the background, and all that is started there inherits it.
AS_AT_A_TERMINAL = ("env", "--default-signal=INT")
#: Where a run is while none of its steps works.
START, BETWEEN = "start", "between steps"
#: Tasks of Airflow that are no step of the register's.
PLAIN_TASKS = ("plan", "close_run")


@dataclass(frozen=True)
class Aim:
    """When to act: `seconds` after the run began or, where there is a `step`, after that step or task began."""

    seconds: float
    step: str | None = None


class WatchedRun:
    """Started when made. `look` reads what came; `signal` reaches the whole process group."""

    def __init__(
        self, arguments: list[str], home: Path, temporary: Path, command: tuple[str, ...] = (str(CMN),)
    ) -> None:
        self._home = home
        self._logs_before = set(self._logs())
        self._terminal, theirs = pty.openpty()
        tty.setraw(theirs)
        temporary.mkdir(exist_ok=True)
        self.stdout = temporary.with_name("stdout.json")
        with self.stdout.open("w") as output:
            self.process = subprocess.Popen(
                [*AS_AT_A_TERMINAL, *command, *arguments],
                stdin=subprocess.DEVNULL, stdout=output, stderr=theirs, start_new_session=True,
                cwd=REPOSITORY, env=environment() | {"TMPDIR": str(temporary)},
            )  # fmt: skip
        os.close(theirs)
        self.begun = time.monotonic()
        self._shown = ""

    def __enter__(self) -> "WatchedRun":
        return self

    def __exit__(self, *_: object) -> None:
        self.signal(signal.SIGKILL)
        self.process.wait()
        os.close(self._terminal)

    @property
    def steps(self) -> list[str]:
        """The steps that began, in order, as the terminal shows them."""
        return PROGRESS.findall(self._shown)

    @property
    def errors(self) -> str:
        """What else the terminal shows."""
        return PROGRESS.sub("", self._shown).replace("\r", "").strip()

    @property
    def task(self) -> str | None:
        """Airflow's task under way, as the log tells."""
        new = [log for log in self._logs() if log not in self._logs_before]
        told = TASK.findall(new[0].read_text(errors="replace")) if new else []
        return str(told[-1][1]) if told and told[-1][0] == "starting" else None

    def look(self, seconds: float) -> None:
        """Waits for something to be shown, that long at the most."""
        if select.select([self._terminal], [], [], seconds)[0]:
            try:
                self._shown += os.read(self._terminal, 65536).decode(errors="replace")
            except OSError:  # the other end is closed
                time.sleep(seconds)

    def is_over(self) -> bool:
        return self.process.poll() is not None

    def wait_for(self, aim: Aim) -> bool:
        """Whether the moment came before the run was over."""
        at = self.begun + aim.seconds if aim.step is None else None
        while not self.is_over():
            if at is None and (aim.step in self.steps or (aim.step in PLAIN_TASKS and self.task == aim.step)):
                at = time.monotonic() + aim.seconds
            if at is not None and time.monotonic() >= at:
                return True
            left = 0.05 if at is None else max(0.0, at - time.monotonic())
            self.look(min(left, 0.005 if aim.step in PLAIN_TASKS else 0.05))
        return False

    def signal(self, number: int, group: bool = True) -> None:
        try:
            (os.killpg if group else os.kill)(self.process.pid, number)
        except ProcessLookupError:
            return

    def ended(self) -> int:
        """Waits for the end, and reads the rest; the exit code, negative where a signal killed it."""
        while not self.is_over():
            self.look(0.05)
        self.look(0)
        return self.process.returncode

    def where(self) -> str:
        """After a kill: the step in which it fell, by terminal, log and register."""
        last = self.steps[-1] if self.steps else None
        if last is not None and last not in self._seconds():
            return last
        task = self.task
        if task in PLAIN_TASKS:
            return str(task)
        return START if last is None else BETWEEN

    def _logs(self) -> list[Path]:
        return sorted((self._home / "restricted" / "airflow" / "logs").glob("*.log"))

    def _seconds(self) -> dict[str, float]:
        """The steps that the last run in the register has done. Read from a copy: recovery is the product's to do."""
        with tempfile.TemporaryDirectory() as folder:
            for file in (self._home / "restricted").glob("register.sqlite*"):
                shutil.copy(file, folder)
            with closing(sqlite3.connect(Path(folder) / "register.sqlite")) as register:
                row = register.execute("select counts from runs order by rowid desc limit 1").fetchone()
        return dict(loads(row[0]).get("seconds", {})) if row else {}
