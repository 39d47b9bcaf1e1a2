"""What a batch leaves in the register: counts by reason, names of files and columns; never a value."""

from collections.abc import Iterable
from datetime import date

import duckdb

from home.register.register import Register
from home.run import Run
from home.weeks.week_states import days_between
from ingestion.store.quarantine import quarantine_counts


def keep_batch_counts(
    con: duckdb.DuckDBPyConnection,
    register: Register,
    run: Run,
    source: str,
    *,
    gated: dict[str, int],
    still_open: int,
) -> None:
    """Keeps one source's outcomes with its run; needs `bad_records` and `drift_notes`."""
    register.add_counts(run.run_id, "gate", source, gated)
    register.add_counts(run.run_id, "still_open", source, still_open)
    register.add_counts(run.run_id, "quarantine", source, {})
    for quarantined, counts in quarantine_counts(con).items():
        register.add_counts(run.run_id, "quarantine", quarantined, counts)
    notes = con.execute("select distinct source, file || ': ' || note from drift_notes order by all").fetchall()
    for noted in {name for name, _ in notes}:
        register.add_counts(run.run_id, "notes", noted, [note for name, note in notes if name == noted])


def keep_days_open(run: Run, source: str) -> None:
    """Notes, before anything is read, that these days are to be read: a refusal leaves their weeks open.

    So the next scheduled run covers them again, and reports tell of them.
    """
    with Register(run.home) as register:
        register.cover_days(source, days_between(run.first_day, run.last_day), [])


def keep_awaited(register: Register, run: Run, source: str, days: Iterable[date]) -> None:
    """Keeps which days of the run were not counted as read, since nothing of them was delivered."""
    register.add_counts(run.run_id, "awaited", source, [str(day) for day in sorted(days)])


def keep_removed(run: Run, source: str, removed: dict[str, int]) -> None:
    """Keeps what re-gating took out, at once: it is gone, whatever becomes of the batch."""
    with Register(run.home) as register:
        register.add_counts(run.run_id, "removed", source, removed)
