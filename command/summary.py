"""What `cmn run` and `cmn status` print: counts, weeks and seconds of a run; never a row."""

from datetime import UTC, datetime
from typing import Any

from catalogue.catalogue import FROZEN_SOURCES
from home.layout import Home
from home.register.register import Register
from home.settings.settings import Settings
from home.weeks.older_rules import counted_in_words, weeks_of_older_rules
from home.weeks.overdue import by_source, overdue_weeks
from home.weeks.week_states import settled_weeks
from rights.requests.pending import Deadline, deadlines, to_be_told
from rights.requests.request_book import RequestBook

#: Sections of a run's counts that are printed whole, by source.
SECTIONS = ("gate", "reports", "quarantine", "still_open", "removed", "export", "awaited", "notes")
NOTES_SHOWN = 3
DAYS_SHOWN = 7


def run_summary(settings: Settings, run: dict[str, Any] | None) -> dict[str, Any]:
    """One run's object as contract section 2 names its keys; of no run at all, the same with nothing in it."""
    counts = run["counts"] if run else {}
    summary = {section: counts.get(section, {}) for section in SECTIONS}
    summary["weeks"] = weeks_by_state(settings)
    summary["older_rules"] = {
        source: counted_in_words(weeks)
        for source in settings.sources
        if (weeks := weeks_of_older_rules(settings.home, source))
    }
    summary["overdue"] = by_source(overdue_weeks(settings, datetime.now(UTC)))
    summary["requests"] = requests_waiting(settings)
    summary["releases"] = counts.get("releases", {}).get("published", [])
    summary["deliveries"] = counts.get("deliveries", {})
    summary["skipped"] = {name: "not configured" for name in FROZEN_SOURCES if name not in settings.sources}
    if run:
        summary |= {
            "seconds": counts.get("seconds", {}),
            "run_id": run["run_id"],
            "from": run["first_day"],
            "to": run["last_day"],
            "as_of": run["as_of"],
        }
    return summary


def requests_waiting(settings: Settings) -> dict[str, Any]:
    """How many requests of persons are open, and whose deadline is near or has passed: by the ids of requests."""
    found = open_deadlines(settings)
    near = to_be_told(found, settings.policy.rights)
    return {
        "open": len(found),
        "near": [_told(one) for one in near if not one.is_overdue],
        "overdue": [_told(one) for one in near if one.is_overdue],
    }


def open_deadlines(settings: Settings) -> list[Deadline]:
    """The deadlines of all open requests, as of now."""
    book = RequestBook(settings.home, settings.policy, datetime.now(UTC))
    return deadlines(book.all(), book.today, settings.policy.rights)


def _told(deadline: Deadline) -> dict[str, str]:
    return {
        "request_id": deadline.request_id,
        "kind": deadline.kind,
        "waits_for": deadline.waits_for,
        "due_on": str(deadline.due_on),
    }


def weeks_by_state(settings: Settings) -> dict[str, dict[str, list[str]]]:
    """Per source, the Mondays that are frozen, withheld, open, retracted."""
    home: Home = settings.home
    result: dict[str, dict[str, list[str]]] = {}
    with Register(home) as register:
        for source in settings.sources:
            states: dict[str, list[str]] = {"frozen": [], "withheld": [], "open": [], "retracted": []}
            for monday, commit in settled_weeks(home, source).items():
                states[commit.state].append(str(monday))
            states["open"] = [str(monday) for monday in register.open_weeks(source)]
            result[source] = states
    return result


def readable(summary: dict[str, Any]) -> str:
    """The same for a person's eyes."""
    lines = [f"{source}: {_listed(outcomes)}" for source, outcomes in summary["gate"].items()]
    lines += [f"reports, {source}: {_listed(counts)}" for source, counts in summary["reports"].items()]
    lines += [f"{source}: {number} still open" for source, number in summary["still_open"].items() if number]
    for title, section in (("quarantine", "quarantine"), ("removed from the store", "removed"), ("export", "export")):
        lines += [
            f"{title}, {source}: {_listed(counts)}"
            for source, counts in summary[section].items()
            if any(counts.values())
        ]
    lines += [f"awaited, {source}: {_days_listed(days)}" for source, days in summary["awaited"].items() if days]
    for source, states in summary["weeks"].items():
        told = [f"{len(mondays)} {state}" for state, mondays in states.items() if mondays]
        lines.append(f"weeks, {source}: {', '.join(told) or 'none yet'}")
        if summary["older_rules"].get(source):
            lines.append(f"weeks, {source}: {summary['older_rules'][source]}")
    if summary["releases"]:
        lines.append(f"releases: {len(summary['releases'])} published, the last {summary['releases'][-1]}")
    lines += [f"delivered to {name}: {_listed(counts)}" for name, counts in summary["deliveries"].items()]
    for source, notes in summary["notes"].items():
        lines += [f"note, {source}: {note}" for note in notes[:NOTES_SHOWN]]
        if len(notes) > NOTES_SHOWN:
            lines.append(f"note, {source}: and {len(notes) - NOTES_SHOWN} more of them: --json has all")
    lines += [f"{source}: skipped, {why}" for source, why in summary["skipped"].items()]
    return "\n".join(lines)


def _days_listed(days: list[str]) -> str:
    shown = ", ".join(days[:DAYS_SHOWN]) + (f" and {len(days) - DAYS_SHOWN} more" if len(days) > DAYS_SHOWN else "")
    return f"nothing was delivered of {shown}: deliver it, or `cmn weeks accept-empty`"


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{reason} {number}" for reason, number in sorted(counts.items(), key=lambda item: -item[1]))
