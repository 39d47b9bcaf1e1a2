"""Which finer rows a row is the sum of."""

from collections.abc import Iterable, Sequence

from auditor.form import Sum
from auditor.told import OutsiderRow
from auditor.world import World

#: A row that tells a sum of its own, and the atoms of persons that it covers.
Finer = tuple[frozenset[int], OutsiderRow, Sum]
IN_STEPS = ("above persons", "in steps")


def finest_rows(rows: Iterable[OutsiderRow], measure: str, world: World, how: Sequence[str] = IN_STEPS) -> list[Finer]:
    """Rows that tell the measure by themselves, in one of these ways; the smallest first."""
    found = [
        (frozenset(world.atoms.of(row.weeks, row.box)), row, told)
        for row in rows
        if row.part is None and not row.form.axis
        for told in row.form.sums
        if told.measure == measure and told.told in how
    ]
    return sorted(found, key=lambda one: len(one[0]))


def cells_below(row: OutsiderRow, world: World, finest: Sequence[Finer]) -> list[tuple[OutsiderRow, Sum]] | None:
    """The finer rows that together cover a row's persons, each once; None: there are none."""
    left = {a for a in world.atoms.of(row.weeks, row.box) if a not in world.known or world.known[a].persons}
    chosen = []
    for atoms, one, told in finest:
        if atoms <= left and one is not row:
            chosen.append((one, told))
            left -= atoms
    return None if left or not chosen else chosen


def says_what_they_say(row: OutsiderRow, column: str, below: Iterable[tuple[OutsiderRow, Sum]]) -> bool:
    """Whether a row's figure is what finer rows tell, added up."""
    return int(row.values[column]) == sum(int(one.values[told.column]) for one, told in below)
