"""Parts of which a person can be in several: who is in none, in several, in one and not in another."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import combinations

from auditor.blocks import blocks_fit
from auditor.finding import Report
from auditor.form import Form
from auditor.person_sets import CONTRADICT, AuditLimits
from auditor.programme import AskedSum, Programme, not_shown_open
from auditor.told import OutsiderRow, whole_of
from auditor.week_atoms import PointsBox, signatures_of
from auditor.world import Follows, World

OUTSIDE = "a union less a part"
SEVERAL = "those in several parts"
NESTED = "a part less a part within it"
OVERLAP = "parts that overlap"
#: So many pieces have at most a thousand ways in which a person can be in them: all are looked at.
ALL_PATTERNS = 10


@dataclass(frozen=True)
class DividedRows:
    """The parts of one set of persons. `pieces`: the finest stretches, each as the rows that hold it (bits)."""

    rows: tuple[OutsiderRow, ...]
    total: Follows | None
    pieces: tuple[int, ...]
    is_whole: bool

    def of(self, row: int) -> frozenset[int]:
        """The pieces of a row."""
        return frozenset(n for n, bits in enumerate(self.pieces) if bits >> row & 1)


def divisions(rows: Iterable[OutsiderRow], form: Form, core: World, report: Report) -> list[DividedRows]:
    """Every division along an axis of which a person can be in several parts; parts that contradict are findings."""
    by_union: dict[tuple[str, tuple[date, ...], PointsBox], dict[frozenset[object], OutsiderRow]] = {}
    for row in rows:
        if row.part is None or row.persons is None or form.axis[row.form.axis].each != "several":
            continue
        same = by_union.setdefault((row.form.axis, row.weeks, row.box), {}).setdefault(row.part, row)
        if same.persons != row.persons:
            difference = abs((same.persons or 0) - row.persons)
            named = [one.named(one.form.persons) for one in (same, row)]
            report.add(CONTRADICT, "whoever was added or removed", (difference, difference), named)
    found = []
    for (_, weeks, box), parts in by_union.items():
        chosen = tuple(parts.values())
        axis = form.axis[chosen[0].form.axis]
        covered = frozenset[object]().union(*parts)
        is_whole = covered == whole_of(axis)
        pieces = tuple(signatures_of([(part,) for part in parts]))
        found.append(DividedRows(chosen, core.persons(weeks, box), pieces, is_whole))
    return found


def audit_parts(division: DividedRows, report: Report, limits: AuditLimits) -> None:
    """Who is where among the parts of one union."""
    report.checked["divided unions"] += 1
    before = len(report.findings)
    _by_differences(division, report, limits)
    if len(report.findings) > before or _is_open(division, limits):
        return
    if len(division.pieces) > ALL_PATTERNS or not _by_patterns(division, report, limits):
        first = division.rows[0]
        how_many = "four" if _any_three_are_open(division, limits) else "three"
        report.open.append(f"{how_many} and more overlapping parts, around {first.named(first.form.persons)}")


def _any_three_are_open(division: DividedRows, limits: AuditLimits) -> bool:
    """Whether of every three parts such a table fits, whatever the others are, who must still cover everybody."""
    users = [row.persons or 0 for row in division.rows]
    if division.total is None or any(bits.bit_count() > 1 for bits in division.pieces):
        return False
    total, everyone = division.total.persons, sum(users)
    return all(
        blocks_fit(three, total, limits.promise.k, is_whole=False) and everyone - sum(three) >= total - max(three)
        for three in sorted(set(combinations(sorted(users), 3)))
    )


def _by_differences(division: DividedRows, report: Report, limits: AuditLimits) -> None:
    rows, total = division.rows, division.total
    wholes = [_Whole(division.of(n), row.persons or 0, (row.named(row.form.persons),)) for n, row in enumerate(rows)]
    if total is not None:
        for row in rows:
            _difference(OUTSIDE, (total.persons, total.named), row, report, limits)
        if division.is_whole:
            wholes.append(_Whole(frozenset(range(len(division.pieces))), total.persons, total.named))
    for whole in wholes:
        inside = [n for n in range(len(rows)) if division.of(n) < whole.pieces]
        for n in inside:
            _difference(NESTED, (whole.persons, whole.named), rows[n], report, limits)
        disjoint = [rows[n] for n in _partition(whole.pieces, [(n, division.of(n)) for n in inside])]
        if disjoint:
            _surplus(whole, disjoint, report, limits)


@dataclass(frozen=True)
class _Whole:
    pieces: frozenset[int]
    persons: int
    named: tuple[str, ...]


def _difference(
    kind: str, whole: tuple[int, tuple[str, ...]], row: OutsiderRow, report: Report, limits: AuditLimits
) -> None:
    """What is left of a set without a part that lies within it."""
    persons, named = whole
    left = persons - (row.persons or 0)
    told = [*named, row.named(row.form.persons)]
    if left < 0:
        report.add(CONTRADICT, row.key, (-left, -left), told)
    elif limits.is_few(left, left):
        report.add(kind, row.key, (left, left), told)


def _surplus(whole: _Whole, parts: Sequence[OutsiderRow], report: Report, limits: AuditLimits) -> None:
    """Parts that make up a set, added up: whoever is in several is counted as often."""
    surplus = sum(row.persons or 0 for row in parts) - whole.persons
    least = -(-surplus // (len(parts) - 1))
    told = [*whole.named, *(row.named(row.form.persons) for row in parts)]
    if surplus < 0:
        report.add(CONTRADICT, parts[0].key, (-surplus, -surplus), told)
    elif limits.is_few(least, surplus):
        report.add(SEVERAL, parts[0].key, (least, surplus), told)


def _partition(whole: frozenset[int], parts: Sequence[tuple[int, frozenset[int]]]) -> list[int]:
    """Parts without a piece in common that make up the whole, the largest first; none where they do not."""
    chosen, left = [], set(whole)
    for n, pieces in sorted(parts, key=lambda one: -len(one[1])):
        if pieces and pieces <= left and pieces != whole:
            chosen.append(n)
            left -= pieces
    return [] if left else chosen


def _programme(division: DividedRows, patterns: Sequence[frozenset[int]], k: int) -> tuple[Programme, list[int]]:
    many = sum(row.persons or 0 for row in division.rows)
    programme = Programme()
    variables = [programme.variable(0, many, gapped=k) for _ in patterns]
    for n, row in enumerate(division.rows):
        of = division.of(n)
        inside = {v: 1.0 for v, pattern in zip(variables, patterns, strict=True) if pattern & of}
        programme.row(inside, row.persons or 0, row.persons or 0, row.named(row.form.persons))
    if division.total is not None:
        everyone = dict.fromkeys(variables, 1.0)
        programme.row(everyone, division.total.persons, division.total.persons, *division.total.named)
    return programme, variables


def _is_open(division: DividedRows, limits: AuditLimits) -> bool:
    """Whether a made-up table fits in which whoever is in the same parts is nobody or at least k persons.

    Then no set at all, of those that parts define, is held between one and k - 1.
    """
    users = [row.persons or 0 for row in division.rows]
    if all(bits.bit_count() == 1 for bits in division.pieces):
        total = sum(users) if division.total is None else division.total.persons
        if blocks_fit(users, total, limits.promise.k, is_whole=division.is_whole):
            return True
    if len(division.pieces) > ALL_PATTERNS:
        return False
    numbers = range(len(division.pieces))
    none = [] if division.is_whole else [frozenset[int]()]
    some = [frozenset([n]) for n in numbers] + [frozenset(pair) for pair in combinations(numbers, 2)]
    patterns = list(dict.fromkeys([*none, *some, frozenset(numbers)]))
    return bool(_programme(division, patterns, limits.promise.k)[0].has_open_world(limits.seconds))


def _by_patterns(division: DividedRows, report: Report, limits: AuditLimits) -> bool:
    """The same with every pattern; where no such table is, bounds. Whether the question is settled."""
    numbers = range(len(division.pieces))
    patterns = [
        frozenset(n for n in numbers if bits >> n & 1) for bits in range(int(division.is_whole), 1 << len(numbers))
    ]
    programme, variables = _programme(division, patterns, limits.promise.k)
    if programme.has_open_world(limits.seconds):
        return True
    amount, named = programme.contradiction(limits.seconds)
    if amount:
        report.add(CONTRADICT, division.rows[0].key, (round(amount), round(amount)), named)
        return True
    settled = False
    rows = [division.of(n) for n in range(len(division.rows))]
    tests: list[tuple[str, Callable[[frozenset[int]], bool]]] = [
        *((OVERLAP, _is_in([a, b], [])) for a, b in combinations(rows, 2)),
        *((OVERLAP, _is_in([a], [b])) for a in rows for b in rows if a != b),
        *((OVERLAP, _is_in([], [a, b])) for a, b in combinations(rows, 2)),
        *((SEVERAL, partial(_is_in_so_many, least)) for least in range(2, len(numbers) + 1)),
    ]
    targets = [
        AskedSum(kind, division.rows[0].key, {v: 1.0 for v, p in zip(variables, patterns, strict=True) if holds(p)})
        for kind, holds in tests
    ]
    for target in not_shown_open(programme, targets, limits.promise.k, limits.seconds):
        between = programme.between(target.sums, limits.seconds)
        report.checked["linear programmes"] += 2
        if between and limits.is_few(between.least, between.most):
            report.add(target.kind, target.about, (between.least, between.most), between.rows)
            settled = True
    return settled


def _is_in(these: Sequence[frozenset[int]], not_those: Sequence[frozenset[int]]) -> Callable[[frozenset[int]], bool]:
    return lambda pattern: all(pattern & one for one in these) and not any(pattern & one for one in not_those)


def _is_in_so_many(least: int, pattern: frozenset[int]) -> bool:
    return len(pattern) >= least
