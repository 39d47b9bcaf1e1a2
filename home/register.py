"""The register of runs: what was done, when, with which counts. Never a row of anyone.

One SQLite file. It holds what must outlive a run: the days ingested, the days an operator accepted as empty, the sizes
of the last snapshots, how many records the gate dropped a week, and each run's counts, seconds and outcome.
"""

import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any

from home.layout import PRIVATE_FILE, Home
from home.weeks import complete_weeks, monday_of, settled_weeks
from policy.errors import Refusal

if TYPE_CHECKING:
    from home.run import Run

_SCHEMA = """
create table if not exists runs (
    run_id text primary key, first_day text not null, last_day text not null, as_of text not null,
    started_at text not null, finished_at text, exit_code integer, message text, counts text not null default '{}'
) strict;
create table if not exists covered_days (source text, day text, is_ingested integer, primary key (source, day)) strict;
create table if not exists accepted_empty_days (source text, day text, primary key (source, day)) strict;
create table if not exists snapshots (name text primary key, delivered_rows integer) strict;
create table if not exists dropped_by_week (
    source text, week text, records integer, persons integer, delivered integer, is_whole integer,
    primary key (source, week)
) strict;
"""


@dataclass(frozen=True, slots=True)
class Dropped:
    """What the gate dropped in a week, of how many records delivered.

    `is_whole`: the run saw everything that is stored of the week delivered again, and no fewer records than any run
    before it. Where earlier deliveries have left the drop folder, what was dropped of them is known to nobody (dropped
    records are stored in no form), and the number is too low.
    """

    records: int
    persons: int
    delivered: int
    is_whole: bool


class Register:
    """The register of one home; a context manager whose changes are kept when the block ends well."""

    def __init__(self, home: Home) -> None:
        self._home = home
        new = not home.register.exists()
        # Autocommit, so that each block is one explicit transaction below.
        self._db = sqlite3.connect(home.register, timeout=30, isolation_level=None)
        if new:
            home.register.chmod(PRIVATE_FILE)
        self._db.execute("pragma secure_delete = on")
        self._db.executescript(_SCHEMA)

    def __enter__(self) -> "Register":
        self._db.execute("begin immediate")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.execute("commit" if kind is None else "rollback")
        self._db.close()

    # Runs

    def start_run(self, run: "Run") -> None:
        """Notes that a run began; a run of several DAGs begins once."""
        self._db.execute(
            "insert or ignore into runs (run_id, first_day, last_day, as_of, started_at) values (?, ?, ?, ?, ?)",
            (run.run_id, str(run.first_day), str(run.last_day), run.as_of.isoformat(), _now()),
        )

    def finish_run(self, run_id: str, exit_code: int, message: str) -> None:
        """Notes how a run ended. `message` is an error's own line, or empty.

        The first failure's exit code stays, and every failure's line: that the run went on afterwards does not undo it.
        """
        self._db.execute(
            "update runs set finished_at = ?, exit_code = coalesce(nullif(exit_code, 0), ?),"
            " message = case when coalesce(message, '') in ('', ?) then ? else message || ' | ' || ? end"
            " where run_id = ? and not (? = 0 and coalesce(exit_code, 0) <> 0)",
            (_now(), exit_code, message, message, message, run_id, exit_code),
        )

    def forget_failure(self, run_id: str, step: str) -> None:
        """A step that failed was tried again and went well: its failure is not the run's outcome any more."""
        self._db.execute(
            "update runs set finished_at = null, exit_code = null, message = null"
            " where run_id = ? and message like ? and message not like '% | %'",
            (run_id, f"{step}: %"),
        )

    def add_counts(self, run_id: str, section: str, name: str, counts: Any) -> None:
        """Keeps one section's counts of a run, such as `gate`, `app`, {reason: number}."""
        row = self._db.execute("select counts from runs where run_id = ?", (run_id,)).fetchone()
        every = json.loads(row[0])
        every.setdefault(section, {})[name] = counts
        self._db.execute("update runs set counts = ? where run_id = ?", (json.dumps(every), run_id))

    def add_releases(self, run_id: str, releases: Iterable[str]) -> None:
        """Keeps which releases a run published, in order, beside those it has published already."""
        before = self.run(run_id)["counts"].get("releases", {}).get("published", [])
        self.add_counts(run_id, "releases", "published", [*before, *releases])

    def run(self, run_id: str) -> dict[str, Any]:
        """One run's row, its counts parsed."""
        return next(iter(self._runs("where run_id = ?", (run_id,))))

    def last_runs(self, most: int) -> list[dict[str, Any]]:
        """The latest runs, newest first."""
        return self._runs("order by started_at desc, rowid desc limit ?", (most,))

    def _runs(self, rest: str, values: tuple[Any, ...]) -> list[dict[str, Any]]:
        columns = ("run_id", "first_day", "last_day", "as_of", "started_at", "finished_at", "exit_code", "message")
        rows = self._db.execute(f"select {', '.join(columns)}, counts from runs {rest}", values)
        return [{**dict(zip(columns, row, strict=False)), "counts": json.loads(row[-1])} for row in rows]

    # Days

    def cover_days(self, source: str, days: Iterable[date], ingested: Iterable[date]) -> None:
        """Notes which days a run read, and which of them are thereby ingested; once ingested, a day stays so."""
        done = set(ingested)
        self._db.executemany(
            "insert into covered_days values (?, ?, ?)"
            " on conflict do update set is_ingested = max(is_ingested, excluded.is_ingested)",
            [(source, str(day), int(day in done)) for day in days],
        )

    def covered_days(self, source: str) -> list[date]:
        """Every day that a run of this source has read."""
        return self._days("select day from covered_days where source = ? order by day", source)

    def ingested_days(self, source: str) -> list[date]:
        """The days that count towards freezing their week."""
        return self._days("select day from covered_days where source = ? and is_ingested order by day", source)

    def open_weeks(self, source: str) -> list[date]:
        """The Mondays of weeks that a run has read and that are not settled."""
        return sorted({monday_of(day) for day in self.covered_days(source)} - set(settled_weeks(self._home, source)))

    def weeks_to_freeze(self, source: str) -> list[date]:
        """The Mondays of the weeks of which every day is ingested and that are not settled yet, in order."""
        settled = settled_weeks(self._home, source)
        return [monday for monday in complete_weeks(self.ingested_days(source)) if monday not in settled]

    def accept_empty(self, source: str, days: Iterable[date]) -> None:
        """Notes that an operator says the source rightly delivered nothing for these days."""
        self._db.executemany(
            "insert or ignore into accepted_empty_days values (?, ?)", [(source, str(day)) for day in days]
        )

    def accepted_empty_days(self, source: str) -> list[date]:
        """The days that need no delivery."""
        return self._days("select day from accepted_empty_days where source = ? order by day", source)

    def _days(self, query: str, source: str) -> list[date]:
        return [date.fromisoformat(day) for (day,) in self._db.execute(query, (source,))]

    # Snapshots and coverage

    def snapshot_rows(self, name: str) -> int | None:
        """How many rows the last accepted snapshot of `users` or `consents` had."""
        row = self._db.execute("select delivered_rows from snapshots where name = ?", (name,)).fetchone()
        return None if row is None else int(row[0])

    def keep_snapshot_rows(self, name: str, delivered_rows: int) -> None:
        """Keeps the size of a snapshot that was accepted."""
        self._db.execute("insert or replace into snapshots values (?, ?)", (name, delivered_rows))

    def keep_dropped(self, source: str, weeks: Iterable[tuple[date, Dropped]]) -> None:
        """Keeps what the gate dropped of each week that a run read, in place of what an earlier run saw.

        A run that was given fewer records of a week than one before it did not see the week whole.
        """
        self._db.executemany(
            "insert into dropped_by_week values (?, ?, ?, ?, ?, ?) on conflict do update set"
            " records = excluded.records, persons = excluded.persons,"
            " is_whole = excluded.is_whole and excluded.delivered >= delivered,"
            " delivered = max(delivered, excluded.delivered)",
            [
                (source, str(week), dropped.records, dropped.persons, dropped.delivered, int(dropped.is_whole))
                for week, dropped in weeks
            ],
        )

    def dropped(self, source: str, monday: date) -> Dropped:
        """What the gate dropped in a week, as the last run that read the week saw it."""
        row = self._db.execute(
            "select records, persons, delivered, is_whole from dropped_by_week where source = ? and week = ?",
            (source, str(monday)),
        ).fetchone()
        return Dropped(row[0], row[1], row[2], bool(row[3])) if row else Dropped(0, 0, 0, is_whole=False)


#: Called with a step's name when it begins: how the command shows progress.
step_listeners: list[Callable[[str], None]] = []


@contextmanager
def recorded_step(run: "Run", step: str) -> Iterator[None]:
    """Times a step and keeps its seconds with the run; a refusal's line and exit code are kept too.

    Any other error is kept as its type alone, since its text may quote what it was working on.
    """
    with Register(run.home) as register:
        register.start_run(run)
    for listener in step_listeners:
        listener(step)
    begun = time.monotonic()
    try:
        yield
    except BaseException as error:
        refused = isinstance(error, Refusal)
        with Register(run.home) as register:
            register.finish_run(
                run.run_id,
                error.exit_code if isinstance(error, Refusal) else 1,
                f"{step}: {error}" if refused else f"{step}: {type(error).__name__}",
            )
        raise
    with Register(run.home) as register:
        register.add_counts(run.run_id, "seconds", step, round(time.monotonic() - begun, 3))
        register.forget_failure(run.run_id, step)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
