"""What a step counted, as lines of its task's log: sections, sources, reasons and numbers; never a row or a name."""

from typing import Any

from home.register.register import Register
from home.run import Run

Counts = dict[str, dict[str, Any]]

#: What may stand in a log and in an asset event. Notes are left out: they name delivered files.
SECTIONS = (
    "gate",
    "reports",
    "quarantine",
    "still_open",
    "removed",
    "export",
    "settled",
    "destroyed",
    "releases",
    "deliveries",
    "requests",
    "seconds",
)


def counts_of(run: Run) -> Counts:
    """All that the register holds of the run's counts so far, section by section and name by name."""
    if not run.home.register.exists():
        return {}
    with Register(run.home) as register:
        counts = register.counts(run.run_id)
    return {section: counts[section] for section in SECTIONS if counts.get(section)}


def lines_of_counts(before: Counts, after: Counts) -> list[str]:
    """One line for each name whose counts are new or changed, such as `gate app: passed 310, denied 12`."""
    return [
        f"{section} {name}: {_told(counts)}"
        for section, names in after.items()
        for name, counts in names.items()
        if before.get(section, {}).get(name) != counts
    ]


def _told(counts: Any) -> str:
    if isinstance(counts, dict):
        return ", ".join(f"{reason} {number}" for reason, number in sorted(counts.items())) or "none"
    return ", ".join(map(str, counts)) or "none" if isinstance(counts, list) else str(counts)
