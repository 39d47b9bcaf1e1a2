"""The note that counting leaves for freezing: which weeks the warehouse holds, and of how many records."""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from home.layout import Home, write_private
from policy.errors import Refusal


@dataclass(frozen=True, slots=True)
class CountedWeeks:
    """What one run counted: by source and Monday, the records (sessions, or rows of GA4) that passed the gate."""

    run_id: str
    records: dict[str, dict[date, int]]

    def is_empty(self) -> bool:
        """Whether there is nothing to freeze."""
        return not any(self.records.values())


def keep_counted_weeks(home: Home, counted: CountedWeeks) -> None:
    """Keeps the note beside the warehouse."""
    records = {source: {str(week): rows for week, rows in weeks.items()} for source, weeks in counted.records.items()}
    write_private(_path(home), json.dumps({"run_id": counted.run_id, "records": records}).encode())


def counted_weeks(home: Home, run_id: str) -> CountedWeeks:
    """The note of this run.

    Raises:
        Refusal: this run has not counted, or another has counted since: what it would freeze may be stale.
    """
    try:
        note = json.loads(_path(home).read_text(encoding="utf-8"))
    except FileNotFoundError:
        note = {"run_id": None, "records": {}}
    if note["run_id"] != run_id or (any(note["records"].values()) and not home.warehouse.exists()):
        raise Refusal(f"{home.warehouse.name} holds no counts of run {run_id}: begin again at count_leaf_cells")
    records = {
        source: {date.fromisoformat(week): int(rows) for week, rows in weeks.items()}
        for source, weeks in note["records"].items()
    }
    return CountedWeeks(run_id, records)


def is_counted(home: Home) -> bool:
    """Whether there is a note, of whichever run."""
    return _path(home).exists()


def remove_warehouse(home: Home) -> None:
    """Removes the record-level tables and the note on them. Safe to repeat."""
    _path(home).unlink(missing_ok=True)
    for path in (home.warehouse, home.warehouse.with_name(home.warehouse.name + ".wal")):
        path.unlink(missing_ok=True)


def _path(home: Home) -> Path:
    return home.warehouse.with_name("counted_weeks.json")
