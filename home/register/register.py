"""The register of runs: what was done, when, with which counts. Never a row of anyone.

One SQLite file. It holds what must outlive a run: the days ingested, the days an operator accepted as empty, the sizes
of the last snapshots, how many records were delivered a day and dropped by the gate a week, the deliveries that an
operator accepted, each run's counts, seconds and outcome, and what every state file must be (`home/state.py`).
"""

import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any

from home.disk import full_disk_told
from home.layout import Home
from home.register.delivery_notes import DeliveryNotes
from home.register.register_file import register_open
from home.sql import Sql, identifier, joined
from home.state import settle
from home.weeks.week_states import complete_weeks, monday_of, settled_weeks
from refusals.errors import Refusal, Stopped

if TYPE_CHECKING:
    from home.run import Run


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


class Register(DeliveryNotes):
    """The register of one home; a context manager whose changes are kept when the block ends well."""

    _db: sqlite3.Connection

    def __init__(self, home: Home) -> None:
        self._home = home
        self._transaction = register_open(home, writing=True)

    def __enter__(self) -> "Register":
        """Begins one transaction.

        Raises:
            StateDamaged, AnotherRunHoldsTheLock, OSError: see home.register_file.
        """
        self._db = self._transaction.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._transaction.__exit__(kind, error, trace)

    # Runs

    def start_run(self, run: "Run") -> None:
        """Notes that a run began; a run of several DAGs begins once."""
        self._db.execute(
            "insert or ignore into runs (run_id, first_day, last_day, as_of, started_at) values (?, ?, ?, ?, ?)",
            (run.run_id, str(run.first_day), str(run.last_day), run.as_of.isoformat(), _now()),
        )

    def finish_run(self, run_id: str, exit_code: int, message: str, step: str = "") -> None:
        """Notes how a run ended. `message` is an error's own line, or empty; `step`: which step failed, if one did.

        The first failure's exit code stays, and every failure's line: that the run went on afterwards does not undo it.
        """
        self._db.execute(
            "update runs set finished_at = ?, exit_code = coalesce(nullif(exit_code, 0), ?),"
            " message = case when coalesce(message, '') in ('', ?) then ? else message || ' | ' || ? end"
            " where run_id = ? and not (? = 0 and coalesce(exit_code, 0) <> 0)",
            (_now(), exit_code, message, message, message, run_id, exit_code),
        )
        if exit_code:
            self._db.execute("insert or ignore into failed_steps values (?, ?)", (run_id, step))

    def forget_failure(self, run_id: str, step: str) -> None:
        """A step that failed was tried again and went well: its failure is not the run's outcome any more.

        Where other steps failed too, the outcome stays.
        """
        failed = self._db.execute("select step from failed_steps where run_id = ?", (run_id,)).fetchall()
        if failed == [(step,)]:
            self._db.execute("delete from failed_steps where run_id = ?", (run_id,))
            self._db.execute(
                "update runs set finished_at = null, exit_code = null, message = null where run_id = ?", (run_id,)
            )

    def add_counts(self, run_id: str, section: str, name: str, counts: Any) -> None:
        """Keeps one section's counts of a run, such as `gate`, `app`, {reason: number}."""
        row = self._db.execute("select counts from runs where run_id = ?", (run_id,)).fetchone()
        every = json.loads(row[0])
        every.setdefault(section, {})[name] = counts
        self._db.execute("update runs set counts = ? where run_id = ?", (json.dumps(every), run_id))

    def counts(self, run_id: str) -> dict[str, dict[str, Any]]:
        """All counts of a run, by section and name; empty where it has not begun."""
        row = self._db.execute("select counts from runs where run_id = ?", (run_id,)).fetchone()
        found: dict[str, dict[str, Any]] = json.loads(row[0]) if row else {}
        return found

    def add_to_counts(self, run_id: str, section: str, name: str, counts: dict[str, int]) -> None:
        """Adds to one section's counts of a run, so that a step that was cut off and repeated tells all it did."""
        before = self.counts(run_id).get(section, {}).get(name, {})
        after = {key: before.get(key, 0) + count for key, count in counts.items()}
        self.add_counts(run_id, section, name, before | after)

    def add_releases(self, run_id: str, releases: Iterable[str]) -> None:
        """Keeps which releases a run published, in order, beside those it has published already."""
        before = self.run(run_id)["counts"].get("releases", {}).get("published", [])
        self.add_counts(run_id, "releases", "published", [*before, *releases])

    def first_day_asked_for(self) -> date | None:
        """The earliest day that any run was to cover."""
        (day,) = self._db.execute("select min(first_day) from runs").fetchone()
        return None if day is None else date.fromisoformat(day)

    def has_run(self, run_id: str) -> bool:
        """Whether it began."""
        return bool(self._db.execute("select 1 from runs where run_id = ?", (run_id,)).fetchone())

    def run(self, run_id: str) -> dict[str, Any]:
        """One run's row, its counts parsed."""
        return next(iter(self._runs(Sql("where run_id = ?"), (run_id,))))

    def last_runs(self, most: int) -> list[dict[str, Any]]:
        """The latest runs, newest first."""
        return self._runs(Sql("order by started_at desc, rowid desc limit ?"), (most,))

    def _runs(self, rest: Sql, values: tuple[Any, ...]) -> list[dict[str, Any]]:
        columns = ("run_id", "first_day", "last_day", "as_of", "started_at", "finished_at", "exit_code", "message")
        rows = self._db.execute(f"select {joined(map(identifier, columns))}, counts from runs {rest}", values)
        return [{**dict(zip(columns, row, strict=False)), "counts": json.loads(row[-1])} for row in rows]

    # Days

    def cover_days(self, source: str, days: Iterable[date], ingested: Iterable[date]) -> None:
        """Notes which days a run reads, and which of them are thereby ingested; once ingested, a day stays so."""
        done = set(ingested)
        self._db.executemany(
            "insert into covered_days values (?, ?, ?)"
            " on conflict do update set is_ingested = max(is_ingested, excluded.is_ingested)",
            [(source, str(day), int(day in done)) for day in days],
        )

    def covered_days(self, source: str) -> list[date]:
        """Every day that a run of this source has read, or set out to read."""
        return self._days(Sql("select day from covered_days where source = ? order by day"), source)

    def ingested_days(self, source: str) -> list[date]:
        """The days that count towards freezing their week."""
        return self._days(Sql("select day from covered_days where source = ? and is_ingested order by day"), source)

    def open_weeks(self, source: str) -> list[date]:
        """The Mondays of weeks that a run has read, or set out to read, and that are not settled."""
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
        return self._days(Sql("select day from accepted_empty_days where source = ? order by day"), source)

    def _days(self, query: Sql, source: str) -> list[date]:
        return [date.fromisoformat(day) for (day,) in self._db.execute(query, (source,))]

    # Snapshots and coverage

    def snapshot_rows(self, name: str) -> int | None:
        """How many rows the last accepted snapshot of `users` or `consents` had."""
        row = self._db.execute("select delivered_rows from snapshots where name = ?", (name,)).fetchone()
        return None if row is None else int(row[0])

    def keep_snapshot_rows(self, name: str, delivered_rows: int) -> None:
        """Keeps the size of a snapshot that was accepted."""
        self._db.execute(
            "insert into snapshots values (?, ?) on conflict do update set delivered_rows = excluded.delivered_rows",
            (name, delivered_rows),
        )

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

    Raises:
        DiskFull: what ended the step, or the keeping of its outcome, is a full disk.
    """
    try:
        with full_disk_told(run.home, step):
            settle(run.home)
            with Register(run.home) as register:
                register.start_run(run)
            for listener in step_listeners:
                listener(step)
            begun = time.monotonic()
            yield
            with Register(run.home) as register:
                register.add_counts(run.run_id, "seconds", step, round(time.monotonic() - begun, 3))
                register.forget_failure(run.run_id, step)
    except BaseException as error:
        keep_failure(run, error, step)
        raise


def keep_failure(run: "Run", error: BaseException, step: str = "") -> None:
    """Keeps how a step ended or, without one, the run, where no step of its has told already.

    Where the register cannot take it, the error at hand is what counts: it is not lost for another.
    """
    told = str(error) if isinstance(error, Refusal | Stopped) else type(error).__name__
    with suppress(sqlite3.Error, OSError, Refusal), Register(run.home) as register:
        if step or register.run(run.run_id)["finished_at"] is None:
            line = f"{step}: {told}" if step else told
            register.finish_run(run.run_id, getattr(error, "exit_code", 1), line, step)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
