"""What is held of a person, as they are given it: their stored rows, and what the register keeps of their requests."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from home.settings.settings import Settings
from home.weeks.week_states import records_end_at, settled_weeks
from rights.requests.request import Request
from rights.requests.request_book import RequestBook
from rights.stored_rows import Person, read_rows, weeks_of_shared_browsers

#: Columns of a stored row that say something to the person; the others are pseudonyms of the week.
TOLD: Mapping[str, tuple[str, ...]] = {
    "app": ("started_at", "ended_at", "region_code", "age_band", "platform"),
    "ga4_export": ("event_at", "file_date", "region_code", "device_category", "is_engaged", "is_view", "engagement_us"),
}
PSEUDONYMS: Mapping[str, tuple[str, ...]] = {
    "app": ("person", "session"),
    "ga4_export": ("browser", "person", "gate_persons", "session"),
}


def held_of(settings: Settings, book: RequestBook, request: Request, person: Person) -> dict[str, Any]:
    """Everything that a home holds of one person, and of nobody else: weeks with their rows, and their requests."""
    home, policy = settings.home, settings.policy
    weeks = []
    for source, monday, rows in read_rows(home, person):
        if not rows:
            continue
        ends = records_end_at(monday, policy.retention.record_weeks, policy.consent.timezone)
        weeks.append(
            {
                "source": source,
                "week": str(monday),
                "is_frozen": monday in settled_weeks(home, source),
                "kept_until": ends.astimezone(UTC).isoformat(),
                "rows": [{name: plain(row[name]) for name in TOLD[source] + PSEUDONYMS[source]} for row in rows],
            }
        )
    return {
        "weeks": weeks,
        "shared_browser_weeks": sorted({str(monday) for monday in weeks_of_shared_browsers(home, person)}),
        "requests": [
            {"request_id": one.request_id, "kind": one.kind, "received_on": str(one.received_on), "state": one.state}
            for one in book.of_person(person.user_id)
            if one.request_id != request.request_id
        ],
    }


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value if isinstance(value, str | int | float | bool | None) else _listed(value)


def _listed(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return [str(one) for one in value] if isinstance(value, list | tuple) else str(value)
