"""The audit of a release: together with the marts and with every release before it, over the frozen cells."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from anonymisation.audit.atoms import PERSONS, Atom, AtomCounts, Interval, PublishedFigure
from anonymisation.audit.audit import NAMED_IN_A_REFUSAL, audit
from anonymisation.audit.leak import Leak
from anonymisation.cells.disclosure import Rules
from refusals.errors import PublicationRefused
from releases.due.earlier_tables import PublishedTables
from releases.due.frozen_cells import FrozenCells
from releases.due.release_figures import FiguresOfMart
from releases.ledger.release import Resource
from releases.ledger.release_id import ReleaseId


@dataclass(frozen=True, slots=True)
class Audited:
    """What was looked at: figures of the release, figures that had left before, and how many checks of each kind."""

    figures: int
    earlier_figures: int
    checked: dict[str, int]
    unproven: tuple[str, ...]


def audit_figures(  # noqa: PLR0917
    release: ReleaseId,
    mart: str,
    resources: Sequence[Resource],
    weeks: Sequence[date],
    earlier: Iterable[PublishedTables],
    frozen: FrozenCells,
    rules: Rules,
) -> Audited:
    """Whether a release may leave beside all that left before.

    `earlier`: releases of the same mart. Figures without a week in common say nothing together, so those that touch
    none of its weeks are not asked for. Checked are: that each figure is exactly the sum of whole frozen rows; that
    each is about at least k persons under today's rules; that no sum or difference with earlier figures, of whatever
    version, is about fewer (`anonymisation/audit/audit.py`).

    Raises:
        PublicationRefused: something leaks; the message names the figures that tell it.
    """
    before = [one for one in earlier if one.weeks & set(weeks)]
    touched = frozenset(weeks).union(*(one.weeks for one in before)) & set(frozen.weeks(mart))
    figures = FiguresOfMart(mart, frozen, sorted(touched))
    new = figures.of_release(str(release), {one.name: one.table for one in resources}, weeks)
    old = [figures.of_release(str(one.id), one.tables, one.weeks) for one in before]
    truth = {**figures.marts.truth, **{atom: counts for told in old for atom, counts in told.truth.items()}}
    known = _once([*figures.marts.figures, *(figure for told in old for figure in told.figures)])
    report = audit(_once([*known, *new.figures]), truth, rules)
    leaks = [*_about_too_few(new.figures, rules), *_unlike_their_rows([*known, *new.figures], truth)]
    if report.leaks:
        already = set(audit(known, truth, rules).leaks)
        leaks += [leak for leak in report.leaks if leak not in already]
    if leaks:
        named = "; ".join(leak.sentence() for leak in leaks[:NAMED_IN_A_REFUSAL])
        more = f"; and {len(leaks) - NAMED_IN_A_REFUSAL} more" if len(leaks) > NAMED_IN_A_REFUSAL else ""
        raise PublicationRefused(f"audit of {release}: {named}{more}: nothing was published")
    checked = {**report.checked, "sums of whole frozen rows": len(new.figures) + len(known)}
    return Audited(len(new.figures), len(known), dict(sorted(checked.items())), report.unproven)


def _once(figures: Iterable[PublishedFigure]) -> list[PublishedFigure]:
    """Without those that say again what one before them says of the same persons."""
    told: dict[tuple[frozenset[tuple[Atom, int]], frozenset[tuple[str, Interval]]], PublishedFigure] = {}
    for figure in figures:
        told.setdefault((frozenset(figure.coefficients.items()), frozenset(figure.values.items())), figure)
    return list(told.values())


def _about_too_few(figures: Iterable[PublishedFigure], rules: Rules) -> list[Leak]:
    """Figures about fewer than k persons under today's rules, whatever the week was frozen under."""
    return [
        Leak(figure.name, "determined", PERSONS, ((figure.name, 1),))
        for figure in figures
        if figure.values[PERSONS][0] < rules.k
    ]


def _unlike_their_rows(figures: Iterable[PublishedFigure], truth: Mapping[Atom, AtomCounts]) -> list[Leak]:
    """Figures that are not what the frozen rows that they cover add up to: the difference is about somebody."""
    found = []
    for figure in figures:
        for measure, (value, _) in sorted(figure.values.items()):
            if value != sum(truth[atom].of(measure) * times for atom, times in figure.coefficients.items()):
                named = ((figure.name, 1), ("the frozen rows that it covers", -1))
                found.append(Leak("who was added or removed", "determined", measure, named))
    return found
