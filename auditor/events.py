"""The linear programme of one measure: how many events there can be in each set that rows of some weeks tell of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from auditor.finer import Finer, cells_below, says_what_they_say
from auditor.form import AxisForm, Form, Sum
from auditor.person_sets import AuditLimits
from auditor.programme import MANY, AskedSum, Programme
from auditor.told import Held, OutsiderRow, held, whole_of
from auditor.week_atoms import signatures_of
from auditor.world import World

AGAIN = "those who came again"
EVENTS = "few events"
OTHERS = "few events less those of a part"
DAY = 24 * 60


@dataclass
class Events:
    """Of a measure: the programme, and the sums that it is asked for. `finest`: rows that tell it by themselves."""

    measure: str
    form: Form
    world: World
    limits: AuditLimits
    finest: Sequence[Finer]
    each_has_one: bool
    programme: Programme = field(default_factory=Programme)
    targets: list[AskedSum] = field(default_factory=list)
    _of_atom: dict[int, int] = field(default_factory=dict)

    def take(self, rows: Sequence[OutsiderRow]) -> None:
        """All that rows tell of the measure."""
        whole = [(row, told) for row in rows if row.part is None for told in row.form.sums]
        for row, told in whole:
            if told.measure == self.measure:
                self._whole_row(row, told)
        parts: dict[tuple[object, ...], list[OutsiderRow]] = {}
        for row in rows:
            if row.part is not None:
                parts.setdefault((row.form.axis, row.weeks, row.box), []).append(row)
        for divided in parts.values():
            axis = self.form.axis[divided[0].form.axis]
            if axis.sessions_each and self.measure == "sessions":
                self._by_how_often(divided, axis)
            elif any(told.measure == self.measure for told in divided[0].form.sums):
                self._divided(divided, axis)
        for row, told in whole:
            if told.part_of == self.measure:
                self._part_of(row, told)

    def _atoms(self, row: OutsiderRow) -> dict[int, float]:
        sums: dict[int, float] = {}
        for atom in self.world.atoms.of(row.weeks, row.box):
            known = self.world.known.get(atom)
            if known is not None and not known.persons:
                continue
            if atom not in self._of_atom:
                self._of_atom[atom] = self.programme.variable(known.persons if known and self.each_has_one else 0)
            sums[self._of_atom[atom]] = 1
        return sums

    def _whole_row(self, row: OutsiderRow, told: Sum) -> None:
        if row.form.axis or told.told == "as cells":
            below = cells_below(row, self.world, self.finest)
            if below is None or says_what_they_say(row, told.column, below):
                return  # it says what the rows below it say, or nobody knows what it is a sum of
        self._told(self._atoms(row), held(row, told, self.limits.promise), row, told.column)

    def _told(self, sums: Mapping[int, float], between: Held, row: OutsiderRow, column: str) -> None:
        if not sums:
            return
        least, most = between
        users, about = row.persons or 0, f"{row.key}: {self.measure}"
        events = self.programme.variable()
        if self.each_has_one:
            self.targets.append(AskedSum(AGAIN, f"{about} less persons", {events: 1}, users))
        else:
            self.targets.append(AskedSum(EVENTS, about, {events: 1}))
            if users and self.measure == "sessions":
                self.targets.append(AskedSum(AGAIN, f"{about} less persons", {events: 1}, users, 2))
        self.programme.row({**sums, events: -1}, 0, 0)
        least = max(least, users if self.each_has_one else 0)
        self.programme.row({events: 1}, least, MANY if most is None else most, row.named(column), *_persons(row))

    def _divided(self, rows: Sequence[OutsiderRow], axis: AxisForm) -> None:
        pieces = signatures_of([(row.part,) for row in rows])
        variables = [self.programme.variable() for _ in pieces]
        for place, row in enumerate(rows):
            told = next(one for one in row.form.sums if one.measure == self.measure)
            least, most = held(row, told, self.limits.promise)
            if axis.minutes_each and "minutes" in row.values:
                fewest, at_most = _by_minutes(row, axis)
                least, most = max(least, fewest), min(MANY if most is None else most, at_most)
            sums = {v: 1.0 for v, bits in zip(variables, pieces, strict=True) if bits >> place & 1}
            self._told(sums, (least, most), row, told.column)
        whole = self._atoms(rows[0])
        if whole and _is_whole(rows, axis):
            self.programme.row({**whole, **dict.fromkeys(variables, -1.0)}, 0, 0)
        total = self.world.persons(rows[0].weeks, rows[0].box)
        if self.each_has_one and whole and total is not None:
            about = f"{rows[0].form.name} {rows[0].weeks[0]}, all parts of a union: {self.measure} less persons"
            self.targets.append(AskedSum(AGAIN, about, whole, total.persons))

    def _by_how_often(self, rows: Sequence[OutsiderRow], axis: AxisForm) -> None:
        """So many persons came so often: with all of them, that bounds the sum."""
        total = self.world.persons(rows[0].weeks, rows[0].box)
        sums = self._atoms(rows[0])
        everyone = sum(row.persons or 0 for row in rows)
        if not sums or not _is_whole(rows, axis) or total is None or total.persons != everyone:
            return
        least = sum(int(row.values[axis.from_]) * (row.persons or 0) for row in rows)
        is_open = any(row.values[axis.to] is None for row in rows)
        most = MANY if is_open else sum(int(row.values[axis.to]) * (row.persons or 0) for row in rows)
        self.programme.row(sums, least, most, *(name for row in rows for name in _persons(row)))

    def _part_of(self, row: OutsiderRow, told: Sum) -> None:
        """Events that are among others: those, and the others, are nobody's or may be k persons'."""
        sums = self._atoms(row)
        if not sums:
            return
        least, most = held(row, told, self.limits.promise)
        below = cells_below(row, self.world, self.finest)
        if row.values.get(self.measure) == row.values[told.column] and below:
            least, most = sum(held(one, each, self.limits.promise)[0] for one, each in below), None
        part, others = self.programme.variable(), self.programme.variable()
        self.programme.row({**sums, part: -1, others: -1}, 0, 0)
        self.programme.row({part: 1}, least, MANY if most is None else most, row.named(told.column))
        self.targets.append(AskedSum(EVENTS, f"{row.key}: {told.measure}", {part: 1}))
        self.targets.append(AskedSum(OTHERS, f"{row.key}: {self.measure} less {told.measure}", {others: 1}))


def _persons(row: OutsiderRow) -> tuple[str, ...]:
    return (row.named(row.form.persons),) if row.form.persons else ()


def _is_whole(rows: Sequence[OutsiderRow], axis: AxisForm) -> bool:
    return frozenset[object]().union(*(row.part or () for row in rows)) == whole_of(axis)


def _by_minutes(row: OutsiderRow, axis: AxisForm) -> tuple[int, int]:
    """Sessions of a part, each of so many whole minutes, that last its minutes together (rounded half up once)."""
    minutes, shortest = int(row.values["minutes"]), int(row.values[axis.from_])
    longest = DAY if row.values[axis.to] is None else int(row.values[axis.to]) + 1
    fewest = max(0, -(-(2 * minutes - 1) // (2 * longest)))
    return fewest, (2 * minutes + 1) // (2 * shortest) if shortest else MANY
