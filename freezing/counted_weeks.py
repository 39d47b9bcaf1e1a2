"""The note that counting leaves for freezing: which weeks the warehouse holds, and of how many records."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from home.atomic_file import sha256_of, write_private
from home.layout import Home
from refusals.errors import Refusal


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
    warehouse = sha256_of(home.warehouse) if home.warehouse.is_file() else None
    note = {"run_id": counted.run_id, "records": records, "warehouse": warehouse}
    write_private(_path(home), json.dumps({**note, "sha256": _digest(note)}).encode())


def counted_weeks(home: Home, run_id: str) -> CountedWeeks:
    """The note of this run.

    Raises:
        Refusal: this run has not counted, another has counted since, or the counts were damaged.
    """
    note = _note(home)
    warehouse = sha256_of(home.warehouse) if home.warehouse.is_file() else None
    if note["run_id"] != run_id or warehouse != note["warehouse"]:
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


def _note(home: Home) -> dict[str, Any]:
    """What the note says; one that is missing or damaged is no run's."""
    nobodys: dict[str, Any] = {"run_id": None, "records": {}, "warehouse": None}
    try:
        note = json.loads(_path(home).read_bytes())
        digest = note.pop("sha256")
    except (OSError, ValueError, KeyError, AttributeError):
        return nobodys
    return note if digest == _digest(note) else nobodys


def _digest(note: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(note, sort_keys=True).encode()).hexdigest()


def _path(home: Home) -> Path:
    return home.warehouse.with_name("counted_weeks.json")
