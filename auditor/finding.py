"""What the auditor found, what it could not settle, and what it did not reach."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

#: Rows that a line for people names; a machine is told all of them.
SHOWN = 6


@dataclass(frozen=True, slots=True, order=True)
class TellingRows:
    """A set of persons that published rows hold between `least` and `most`, both included, and the rows that do.

    `kind`: in which way; `about`: whom; `rows`: published rows, each with its file, key and figure.
    """

    kind: str
    about: str
    least: int
    most: int
    rows: tuple[str, ...]

    def sentence(self) -> str:
        """One line for people."""
        held = str(self.least) if self.least == self.most else f"{self.least} to {self.most}"
        more = f"; and {len(self.rows) - SHOWN} more" if len(self.rows) > SHOWN else ""
        return f"{self.kind}: {self.about}: {held}, by {'; '.join(self.rows[:SHOWN])}{more}"


@dataclass
class Report:
    """Findings in a fixed order; `open`: neither shown nor excluded; `not_reached`: not looked at, and why."""

    findings: list[TellingRows] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    not_reached: list[str] = field(default_factory=list)
    checked: Counter[str] = field(default_factory=Counter)

    def add(self, kind: str, about: str, held: tuple[int, int], rows: Iterable[str]) -> None:
        """One more finding; the same again is none."""
        finding = TellingRows(kind, about, *held, tuple(dict.fromkeys(rows)))
        if finding not in self.findings:
            self.findings.append(finding)

    def as_json(self) -> dict[str, object]:
        """For machines."""
        return {
            "findings": [
                {"kind": one.kind, "about": one.about, "least": one.least, "most": one.most, "rows": list(one.rows)}
                for one in self.findings
            ],
            "open": self.open,
            "not_reached": self.not_reached,
            "checked": dict(sorted(self.checked.items())),
        }
