"""Records as they should not be: every reason for quarantine, delivered once, twice, and in two formats."""

import csv
import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from demonstration.population import Population
from demonstration.week_span import WeekSpan

SESSION_COLUMNS = ("session_id", "user_id", "started_at", "ended_at", "ip_address", "platform")
DirtyRow = dict[str, str | bool | None]


@dataclass(frozen=True, slots=True)
class SessionDirt:
    """Bad session records, with good ones on the very edge between them.

    `rows` fit a table; `texts` hold a time that only text can hold; `csv_lines` and `json_lines` parse as nothing.
    """

    rows: list[DirtyRow]
    texts: list[DirtyRow]
    csv_lines: list[str]
    json_lines: list[str]


def make_session_dirt(population: Population, span: WeekSpan) -> SessionDirt:
    """The same few dozen records for any size of population, spread over its people and the span's days."""
    users = population.user_id.to_pylist()
    rows: list[DirtyRow] = []
    texts: list[DirtyRow] = []

    def record(kind: str, number: int, **changed: str | None) -> DirtyRow:
        start = _first_morning(span) + timedelta(days=number % span.days, seconds=number * 61)
        return {
            "session_id": f"odd-{kind}-{number:03d}",
            "user_id": users[(number * 37 + 11) % len(users)],
            "started_at": _utc(start),
            "ended_at": _utc(start + timedelta(minutes=9)),
            "ip_address": "77.1.9.9",
            "platform": "ios",
            **changed,
        }

    for number in range(4):
        for missing in ("session_id", "user_id", "started_at"):
            rows.append(record(f"without-{missing[:4]}", number, **{missing: None}))
        rows.append(record("backwards", number, ended_at=_utc(_first_morning(span) - timedelta(days=9 + number))))
        rows.append(
            record("endless", number, ended_at=_utc(_first_morning(span) + timedelta(days=span.days + 2 + number)))
        )
        future = span.as_of + timedelta(microseconds=1, days=number)
        rows.append(record("future", number, started_at=_utc(future), ended_at=_utc(future + timedelta(hours=1))))
    for number, address in enumerate(("999.1.2.3", "gateway.example", "77.1.9", "2a10:::7", "77.1.9.9:443")):
        rows.append(record("address", number, ip_address=address))
    rows.append(record("backwards-nowhere", 9, ended_at=_utc(_first_morning(span) - timedelta(days=3)), ip_address="x"))
    rows.append(record("at-as-of", 0, started_at=_utc(span.as_of), ended_at=_utc(span.as_of)))  # not in the future
    rows.append(record("no-address", 1, ip_address=None))  # fine
    rows.append(record("nobody", 2, user_id="0009999999"))  # fine as a record; the gate knows no such user
    rows.append(record("nobody", 3, user_id="usr_ffffffff"))
    for number, moment in enumerate(
        ("2026-10-01T10:00:00", "2026-10-01", "infinity", "yesterday", "2026-02-30T10:00:00Z", "1790000000")
    ):
        texts.append(record("time", number, started_at=moment))
    texts.append(record("time", 7, ended_at="2026-10-01T10:00:00"))
    texts.append(record("time", 8, started_at="soon", ip_address="nowhere"))
    texts.append(record("time-nobody", 9, user_id=None, started_at="soon"))  # missing_field comes first
    csv_lines = [
        "odd-fields-001,only-three,fields",
        f"odd-fields-002,{users[3 % len(users)]},2026-10-02T08:00:00Z,2026-10-02T08:10:00Z,77.1.9.9,ios,one too many",
        "odd-fields-003",
    ]
    json_lines = [
        '{"session_id": "odd-json-001", "user_id": ',
        '{"session_id": "odd-json-002" "user_id": "x"}',
        "odd-json-003: not JSON at all",
    ]
    return SessionDirt(rows, texts, csv_lines, json_lines)


def consent_dirt(population: Population, span: WeekSpan) -> tuple[list[DirtyRow], list[DirtyRow]]:
    """Bad ledger entries of readable users: those a table can hold, and those it cannot."""
    users = population.user_id.to_pylist()
    within = _first_morning(span) + timedelta(days=span.days // 2)

    def entry(number: int, **changed: str | bool | None) -> DirtyRow:
        return {
            "user_id": users[(number * 53 + 29) % len(users)],
            "purpose": "analytics",
            "granted": True,
            "policy_version": "2024-02-19",
            "recorded_at": _utc(within + timedelta(hours=number)),
            **changed,
        }

    rows = [
        entry(1, purpose=None),
        entry(2, purpose="newsletter"),
        entry(3, granted=None),
        entry(4, recorded_at=None),  # denied from ever
        entry(5, purpose="marketing", granted=False),
    ]
    texts = [
        entry(6, granted="maybe"),
        entry(7, recorded_at="2026-09-01T10:00:00"),  # denied from ever
        entry(8, recorded_at="last week"),
        entry(9, purpose="parental", granted="perhaps"),
    ]
    return rows, texts


def user_dirt(population: Population) -> tuple[list[DirtyRow], list[DirtyRow], list[str]]:
    """Bad rows of `users`: those that a table can hold, those it cannot, and lines that parse as nothing.

    They name people of their own, and people of the population whom they make unknown.
    """
    users = population.user_id.to_pylist()
    names: DirtyRow = {"first_name": "Zwelemiquinta", "last_name": "Braxoralotte", "email": "braxora@mail9.example"}
    plain: DirtyRow = {
        "country": "NL", "birth_date": "1990-01-01", "registered_at": "2025-01-01T10:00:00Z", "closed_at": None,
        **names,
    }  # fmt: skip
    rows: list[DirtyRow] = [
        {"user_id": None, **plain},
        {"user_id": "usr_odd00001", **plain},
        {"user_id": "usr_odd00001", **plain, "country": "BE"},
        {"user_id": users[41 % len(users)], **plain, "birth_date": "1971-07-07"},
    ]
    texts: list[DirtyRow] = [
        {"user_id": "usr_odd00002", **plain, "closed_at": "2026-01-01"},
        {"user_id": "usr_odd00003", **plain, "registered_at": "2025-01-01T10:00:00"},
    ]
    return rows, texts, ["usr_odd00004,too,few"]


def as_csv_lines(rows: list[DirtyRow], columns: tuple[str, ...]) -> str:
    """Rows as RFC 4180 text without a header."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n", extrasaction="ignore")
    writer.writerows({name: "" if row[name] is None else row[name] for name in columns} for row in rows)
    return text.getvalue()


def as_json_lines(rows: list[DirtyRow]) -> str:
    """Rows as JSON lines."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _first_morning(span: WeekSpan) -> datetime:
    """Ten o'clock UTC of the first day."""
    return span.as_of - timedelta(days=span.days + 3, hours=-4)


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
