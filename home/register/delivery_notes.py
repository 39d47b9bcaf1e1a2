"""What the register knows of deliveries: of which days something came, and which an operator took as they are."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime


@dataclass(frozen=True, slots=True)
class AcceptedDelivery:
    """A delivery that an operator takes although its records are bad: this content under this name, and no other."""

    source: str
    name: str
    digest: str
    why: str
    accepted_at: str


class DeliveryNotes:
    """The part of the register that is about deliveries."""

    _db: sqlite3.Connection

    def keep_delivered_days(self, source: str, days: Mapping[date, int]) -> None:
        """Notes how many records of each day were delivered, in place of what was noted before (0: a quiet day)."""
        self._db.executemany(
            "insert or replace into delivered_days values (?, ?, ?)",
            [(source, str(day), records) for day, records in days.items()],
        )

    def delivered_days(self, source: str, first_day: date, last_day: date) -> dict[date, int]:
        """The days of the interval of which something is known to have been delivered, with how many records."""
        rows = self._db.execute(
            "select day, records from delivered_days where source = ? and day between ? and ? order by day",
            (source, str(first_day), str(last_day)),
        )
        return {date.fromisoformat(day): int(records) for day, records in rows}

    def accept_delivery(self, source: str, name: str, digest: str, why: str) -> None:
        """Notes that an operator takes this content under this name; said again, the later reason stands."""
        self._db.execute(
            "insert or replace into accepted_deliveries values (?, ?, ?, ?, ?)",
            (source, name, digest, why, datetime.now(UTC).isoformat(timespec="seconds")),
        )

    def accepted_deliveries(self) -> list[AcceptedDelivery]:
        """All that were accepted, by source, name and time."""
        rows = self._db.execute(
            "select source, name, digest, why, accepted_at from accepted_deliveries order by source, name, accepted_at"
        )
        return [AcceptedDelivery(*row) for row in rows]
