"""Sets of persons that rows tell by sums and differences: what follows, and what linear programmes hold."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from auditor.finding import Report
from auditor.form import Form, Promise
from auditor.programme import Programme
from auditor.told import OutsiderRow
from auditor.week_atoms import signatures_of
from auditor.world import Follows, PersonsRow, World

COMBINE = "rows that combine"
CONTRADICT = "rows that cannot all be about the same persons"
FEW = "a row of few persons"
#: Sums that are asked for where a world cannot be shown to be open; and of how many differences at most.
MOST_TARGETS = 400


@dataclass(frozen=True)
class AuditLimits:
    """What was promised, and how many seconds one programme, and all together, may still take."""

    promise: Promise
    left: Callable[[], float]

    @property
    def seconds(self) -> float:
        """For the next programme."""
        return min(10.0, self.left())

    def is_few(self, least: int, most: int) -> bool:
        """Whether it is proven to be one to k - 1."""
        return least >= 1 and most < self.promise.k


def core_world(rows: Sequence[OutsiderRow], report: Report, limits: AuditLimits) -> World:
    """What the rows of one population that divide along no axis tell of persons; findings go to the report."""
    telling = [row for row in rows if row.persons is not None]
    for row in telling:
        if limits.is_few(row.persons or 0, row.persons or 0):
            named = row.named(row.form.persons)
            report.add(FEW, row.key, (row.persons or 0, row.persons or 0), [named])
    whole = [as_persons(row) for row in telling if row.part is None]
    world = World([*whole, *_everybody(telling)], ((week, row.box) for row in rows for week in row.weeks))
    report.checked["rows of persons"] += len(telling)
    tell(world, report, limits)
    return world


def _everybody(rows: Sequence[OutsiderRow]) -> list[PersonsRow]:
    """Of weeks of which no row tells all persons: what the rows of a table that holds everybody add up to."""
    told = {row.weeks for row in rows if row.part is None and not any(row.box)}
    tables: dict[tuple[tuple[date, ...], str, str], list[OutsiderRow]] = {}
    for row in rows:
        if row.form.everybody and row.weeks not in told:
            tables.setdefault((row.weeks, row.place, row.form.name), []).append(row)
    found: dict[tuple[date, ...], PersonsRow] = {}
    for (weeks, place, name), its in tables.items():
        if not any(one & other for one, other in combinations(signatures_of([row.box for row in its]), 2)):
            named = f"{place} {name} {weeks[0]}, all {len(its)} rows"
            everyone = sum(row.persons or 0 for row in its)
            found.setdefault(weeks, PersonsRow(weeks, (None,) * len(its[0].box), everyone, (named,)))
    return list(found.values())


def worlds_of_axes(rows: Sequence[OutsiderRow], form: Form, core: World, report: Report, limits: AuditLimits) -> None:
    """The same with each axis of which a person is in one part, beside the totals of what is divided."""
    for name, axis in form.axis.items():
        parts = [row for row in rows if row.form.axis == name and row.part is not None and row.persons is not None]
        if axis.each == "several" or not parts:
            continue
        told = [as_persons(row, (row.part,)) for row in parts]
        for weeks, box in dict.fromkeys((row.weeks, row.box) for row in parts):
            total = core.persons(weeks, box)
            if total is not None:
                told.append(PersonsRow(weeks, (*box, None), total.persons, total.named))
        tell(World(told), report, limits)


def as_persons(row: OutsiderRow, more: tuple[frozenset[object] | None, ...] = ()) -> PersonsRow:
    """A row as what it tells of persons."""
    return PersonsRow(row.weeks, (*row.box, *more), row.persons or 0, (row.named(row.form.persons),))


def tell(world: World, report: Report, limits: AuditLimits) -> None:
    """Findings of one world."""
    for one in world.contradictions:
        report.add(CONTRADICT, "whoever was added or removed", (one.persons, one.persons), one.named)
    for one in dict.fromkeys(world.known.values()):
        if limits.is_few(one.persons, one.persons) and len(one.named) > 1:
            report.add(COMBINE, "those whom they leave over", (one.persons, one.persons), one.named)
    report.checked["sets of persons that follow"] += len(world.known)
    for rows in _components(world.open):
        report.checked["sets of rows that overlap"] += 1
        _overlapping(rows, report, limits)


def _components(rows: Sequence[Follows]) -> list[list[Follows]]:
    first: dict[int, int] = {}
    parent = list(range(len(rows)))

    def root(number: int) -> int:
        while parent[number] != number:
            number = parent[number]
        return number

    for number, row in enumerate(rows):
        for atom in row.atoms:
            one, other = sorted((root(number), root(first.setdefault(atom, number))))
            parent[other] = one
    found: dict[int, list[Follows]] = {}
    for number, row in enumerate(rows):
        found.setdefault(root(number), []).append(row)
    return list(found.values())


def _overlapping(rows: Sequence[Follows], report: Report, limits: AuditLimits) -> None:
    k, many = limits.promise.k, max(row.persons for row in rows)
    programme = Programme()
    number = {atom: programme.variable(0, many, gapped=k) for atom in sorted({a for row in rows for a in row.atoms})}
    for row in rows:
        programme.row({number[atom]: 1 for atom in row.atoms}, row.persons, row.persons, *row.named)
    is_open = programme.has_open_world(limits.seconds)
    if is_open:
        return
    amount, named = programme.contradiction(limits.seconds)
    if amount:
        report.add(CONTRADICT, "whoever was added or removed", (round(amount), round(amount)), named)
        return
    targets: dict[frozenset[int], None] = dict.fromkeys(frozenset(row.atoms) for row in rows)
    targets |= dict.fromkeys(frozenset([atom]) for atom in number)
    for one, other in combinations([frozenset(row.atoms) for row in rows], 2):
        targets |= dict.fromkeys((one - other, other - one, one & other))
    found = False
    for target in [one for one in targets if one][:MOST_TARGETS]:
        between = programme.between({number[atom]: 1 for atom in sorted(target)}, limits.seconds)
        report.checked["linear programmes"] += 2
        if between and limits.is_few(between.least, between.most):
            report.add(COMBINE, "a set that they hold", (between.least, between.most), between.rows)
            found = True
    if not found:
        report.open.append(f"persons of overlapping rows, around {rows[0].named[0]}")
