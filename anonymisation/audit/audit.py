"""The release audit: what can be worked out from everything that was published, taken together.

The attacker has every figure of every mart, release, week and version, and knows which persons each is about. Figures
are linear equations over atoms (`atoms.py`); atoms that no figure tells apart are one class, and figures
without a class in common can say nothing together (`atom_classes.py`). In each component:

- **Combinations** (`equations.py`). Classes that are safe by themselves are eliminated first. What is left is a basis
  of all combinations, with any coefficients, that speak of unsafe classes alone. None: no sum or difference whatever is
  about fewer than k persons, since those would all have to be in unsafe classes. That is a proof, not a search.
- **Differences** of any two figures are checked for the p % rule as well.
- **Bounds** (`bounds.py`). For every class of fewer than k persons, and every set that the caller names, two linear
  programmes a measure: the least and the most that it can be, given all figures and their rounding.

A figure that stands alone over one safe class is settled without any of this: everything smaller inside it can be
anything from nothing to the whole.
"""

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from anonymisation.audit.atom_classes import Component, components
from anonymisation.audit.atoms import Atom, AtomCounts, PublishedFigure, sum_of_atoms
from anonymisation.audit.bounds import BoundedColumns
from anonymisation.audit.equations import Combination, Elimination
from anonymisation.audit.leak import AuditReport, Leak, added, is_told
from anonymisation.cells.disclosure import Rules, is_safe, is_undominated_throughout
from refusals.errors import PublicationRefused

NAMED_IN_A_REFUSAL = 3

Targets = Iterable[tuple[str, frozenset[Atom]]]


def audit(
    figures: Sequence[PublishedFigure], truth: Mapping[Atom, AtomCounts], rules: Rules, targets: Targets = ()
) -> AuditReport:
    """Everything that these figures tell together about fewer than k persons, or about a dominated set.

    `truth`: every atom that a figure covers. `targets`: further sets by name (hierarchy nodes x intervals, …); only
    asked for where figures overlap, since elsewhere no set smaller than a figure can be bounded.

    Raises:
        InputRefused: a figure covers an unknown atom.
    """
    started = time.monotonic()
    findings = _Findings(rules)
    overlapping = []
    for component in components(figures, truth):
        findings.checked["figures"] += len(component.figures)
        if component.is_partition():
            findings.checked["settled alone"] += 1
            if not is_safe(component.counts[0], rules):
                findings.add(component, {0: 1}, {0: 1})
        else:
            overlapping.append(component)
    named = [(name, atoms) for name, atoms in targets if _is_few(truth, atoms, rules)] if overlapping else []
    for component in overlapping:
        _same_persons(component, findings)
        _combinations(component, findings)
        _bounds(component, named, truth, findings)
    return AuditReport(
        tuple(dict.fromkeys(findings.leaks)), tuple(findings.unproven), findings.checked, time.monotonic() - started
    )


def audit_release(
    release: Sequence[PublishedFigure],
    before: Sequence[PublishedFigure],
    truth: Mapping[Atom, AtomCounts],
    rules: Rules,
    targets: Targets = (),
) -> AuditReport:
    """What may leave beside everything that left before: the report, if there is no leak.

    Raises:
        PublicationRefused: something leaks; the message names the figures that combine to it.
        InputRefused: a figure covers an unknown atom.
    """
    report = audit([*before, *release], truth, rules, targets)
    if report.leaks:
        told = "; ".join(leak.sentence() for leak in report.leaks[:NAMED_IN_A_REFUSAL])
        more = len(report.leaks) - NAMED_IN_A_REFUSAL
        raise PublicationRefused(f"audit: {told}{f'; and {more} more' if more > 0 else ''}: nothing was published")
    return report


class _Findings:
    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.leaks: list[Leak] = []
        self.unproven: list[str] = []
        self.checked: Counter[str] = Counter()

    def add(self, component: Component, figures: Mapping[int, int], columns: Mapping[int, int]) -> bool:
        """A leak by every measure that all these figures have and that they tell; whether there was one."""
        shared = set.intersection(*(set(component.figures[number].values) for number in figures))
        found = False
        for measure in sorted(shared):
            low, high = added([(c, component.figures[n].values[measure]) for n, c in figures.items()])
            true = sum(c * component.counts[column].of(measure) for column, c in columns.items())
            if true < 0:
                low, high, true = -high, -low, -true
            if is_told(low, high, true, measure, self.rules):
                names = tuple((component.figures[number].name, c) for number, c in figures.items())
                self.leaks.append(Leak(_about(component, columns), "determined", measure, names))
                found = True
        return found


def _is_few(truth: Mapping[Atom, AtomCounts], atoms: Iterable[Atom], rules: Rules) -> bool:
    return 0 < sum(truth[atom].persons for atom in atoms if atom in truth) < rules.k


def _about(component: Component, columns: Mapping[int, int]) -> str:
    atoms = sorted(atom for column in columns for atom in component.members[column])
    first = "/".join(atoms[0])
    return first if len(atoms) == 1 else f"{first} and {len(atoms) - 1} more"


def _same_persons(component: Component, findings: _Findings) -> None:
    """Two figures over the same atoms that differ: a version with somebody more or less, who is the difference."""
    known: dict[tuple[tuple[int, int], ...], PublishedFigure] = {}
    for figure, row in zip(component.figures, component.rows, strict=True):
        other = known.setdefault(tuple(sorted(row.items())), figure)
        for measure in sorted(figure.values.keys() & other.values.keys()):
            one, two = figure.values[measure], other.values[measure]
            if one[1] < two[0] or two[1] < one[0]:
                named = ((figure.name, 1), (other.name, -1))
                findings.leaks.append(Leak("who was added or removed between versions", "determined", measure, named))


def _combinations(component: Component, findings: _Findings) -> None:
    rules, counts = findings.rules, component.counts
    safe = {column for column, count in enumerate(counts) if is_safe(count, rules)}
    present = {column for column, count in enumerate(counts) if count.persons}
    rows = [{column: value for column, value in row.items() if column in present} for row in component.rows]
    basis = Elimination(rows, safe).beyond_first()
    findings.checked["combinations beyond safe classes"] += len(basis)
    for combination in basis:
        if _is_unsafe(component, combination, rules):
            findings.add(component, combination.figures, combination.columns)
    supports = [set(combination.columns) for combination in basis]
    if len(basis) > 1 and any(one & other for one, other in combinations(supports, 2)):
        findings.unproven.append(
            f"further combinations of {len(basis)} that overlap, around {component.figures[0].name}"
        )
    of_class: dict[int, list[int]] = {}
    for number, row in enumerate(rows):
        for column in row:
            of_class.setdefault(column, []).append(number)
    for one, other in sorted({pair for numbers in of_class.values() for pair in combinations(numbers, 2)}):
        difference = {
            c: value
            for c in rows[one].keys() | rows[other].keys()
            if (value := rows[one].get(c, 0) - rows[other].get(c, 0))
        }
        findings.checked["differences of two figures"] += 1
        pair = Combination({one: 1, other: -1}, difference)
        if _is_unsafe(component, pair, rules):
            findings.add(component, pair.figures, pair.columns)


def _is_unsafe(component: Component, combination: Combination, rules: Rules) -> bool:
    """Whether those whom the combination is about are few; or it is the sum over a set that one of them dominates."""
    about = sum_of_atoms(component.counts[column] for column in combination.columns)
    if 0 < about.persons < rules.k:
        return True
    is_a_set = len(set(combination.columns.values())) == 1
    return is_a_set and not is_undominated_throughout(about, rules)


def _bounds(
    component: Component,
    named: Sequence[tuple[str, frozenset[Atom]]],
    truth: Mapping[Atom, AtomCounts],
    findings: _Findings,
) -> None:
    rules = findings.rules
    single = [
        (_about(component, {column: 1}), component.members[column])
        for column, count in enumerate(component.counts)
        if 0 < count.persons < rules.k
    ]
    everywhere = frozenset[Atom]().union(*component.members)
    wanted = {atoms & everywhere: name for name, atoms in [*named, *single] if atoms & everywhere}
    if not wanted:
        return
    for measure in sorted({name for figure in component.figures for name in figure.values}):
        telling = [n for n, figure in enumerate(component.figures) if measure in figure.values]
        columns = BoundedColumns(
            [component.rows[n] for n in telling],
            [component.figures[n].values[measure] for n in telling],
            len(component.members),
        )
        for atoms, name in wanted.items():
            # A part of a class can be nothing of it, and be all of it.
            least = {column: 1 for column, members in enumerate(component.members) if members <= atoms}
            most = {column: 1 for column, members in enumerate(component.members) if members & atoms}
            bound = columns.of(least, most)
            findings.checked["linear programmes"] += 2
            if is_told(bound.low, bound.high, sum(truth[atom].of(measure) for atom in atoms), measure, rules):
                names = tuple((component.figures[telling[number]].name, 0) for number in bound.figures)
                findings.leaks.append(Leak(name, "bounded", measure, names))
