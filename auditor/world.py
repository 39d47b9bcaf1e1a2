"""What rows tell of persons together: whatever follows by taking one from another, and the sets that stay open."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from auditor.week_atoms import Atoms, PointsBox


@dataclass(frozen=True, slots=True)
class PersonsRow:
    """So many persons, each counted once a week, are in a box; `named`: the published rows that say so."""

    weeks: tuple[date, ...]
    box: PointsBox
    persons: int
    named: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Follows:
    """What follows for a set of atoms, and from which rows."""

    atoms: tuple[int, ...]
    persons: int
    named: tuple[str, ...]


class World:
    """Persons of atoms. `known`: those that follow; `contradictions`: rows that cannot be about the same persons,
    with the difference; `open`: rows of what is left, each a sum over atoms that do not follow."""

    def __init__(self, rows: Sequence[PersonsRow], boxes: Iterable[tuple[date, PointsBox]] = ()) -> None:
        self.atoms = Atoms([*((week, row.box) for row in rows for week in row.weeks), *boxes])
        self.known: dict[int, Follows] = {}
        self.contradictions: list[Follows] = []
        self.open: list[Follows] = []
        waiting = [Follows(self.atoms.of(row.weeks, row.box), row.persons, row.named) for row in rows]
        waiting.sort(key=lambda one: len(one.atoms))
        while waiting:
            left = self._pass(waiting)
            if [one.atoms for one in left] == [one.atoms for one in waiting]:
                break
            waiting = left
        self.open = waiting

    def persons(self, weeks: Iterable[date], box: PointsBox) -> Follows | None:
        """How many are in a box, where that follows."""
        atoms = self.atoms.of(weeks, box)
        told = [self.known[atom] for atom in atoms if atom in self.known]
        left = frozenset(atom for atom in atoms if atom not in self.known)
        if left:
            direct = next((one for one in self.open if frozenset(one.atoms) == left), None)
            if direct is None:
                return None
            told.append(direct)
        return Follows(atoms, sum(one.persons for one in told), _names(one.named for one in told))

    def _pass(self, waiting: list[Follows]) -> list[Follows]:
        left: dict[tuple[int, ...], Follows] = {}
        for told in waiting:
            through = [self.known[atom] for atom in told.atoms if atom in self.known]
            atoms = tuple(atom for atom in told.atoms if atom not in self.known)
            persons = told.persons - sum(one.persons for one in through)
            row = Follows(atoms, persons, _names([told.named, *(one.named for one in through)]))
            same = left.get(atoms)
            if persons < 0 or (persons and not atoms) or (same is not None and same.persons != persons):
                difference = abs(persons - (same.persons if same else 0))
                named = row.named if same is None else _names([row.named, same.named])
                self.contradictions.append(Follows(atoms, difference, named))
            elif atoms and persons == 0:
                self.known |= {atom: Follows((atom,), 0, row.named) for atom in atoms}
            elif len(atoms) == 1:
                self.known[atoms[0]] = row
            elif atoms:
                left.setdefault(atoms, row)
        return list(left.values())


def _names(named: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for one in named for name in one))
