"""Atoms that no figure tells apart, put together; and the components of figures that have a class in common."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from anonymisation.audit.atoms import Atom, AtomCounts, PublishedFigure, sum_of_atoms
from anonymisation.cells.connected import first_connected
from refusals.errors import InputRefused


@dataclass(frozen=True)
class Component:
    """Figures tied together by their classes, and by nothing to any other figure.

    `rows[figure][class]` is a coefficient; `members[class]` are its atoms, `counts[class]` what is true of it.
    """

    figures: tuple[PublishedFigure, ...]
    rows: tuple[Mapping[int, int], ...]
    members: tuple[frozenset[Atom], ...]
    counts: tuple[AtomCounts, ...]

    def is_partition(self) -> bool:
        """Whether there is nothing to combine: one figure, of one class, once."""
        return len(self.figures) == 1 and list(self.rows[0].values()) == [1]


def components(figures: Sequence[PublishedFigure], truth: Mapping[Atom, AtomCounts]) -> list[Component]:
    """In the order of the first figure of each. An atom that no figure covers is in none.

    Raises:
        InputRefused: a figure covers an atom of which nothing is known.
    """
    column_of: dict[Atom, list[tuple[int, int]]] = {}
    for number, figure in enumerate(figures):
        for atom, coefficient in figure.coefficients.items():
            if coefficient:
                column_of.setdefault(atom, []).append((number, coefficient))
    if not column_of.keys() <= truth.keys():
        raise InputRefused("audit: a figure covers persons of whom the audit was told nothing")
    classes: dict[tuple[tuple[int, int], ...], list[Atom]] = {}
    for atom, column in column_of.items():
        classes.setdefault(tuple(column), []).append(atom)
    head = _heads(len(figures), classes)
    together: dict[int, list[int]] = {}
    for number, first in enumerate(head):
        together.setdefault(first, []).append(number)
    of_component: dict[int, list[tuple[tuple[tuple[int, int], ...], list[Atom]]]] = {first: [] for first in together}
    for class_column, atoms in classes.items():
        of_component[head[class_column[0][0]]].append((class_column, atoms))
    return [
        _component([(number, figures[number]) for number in numbers], of_component[first], truth)
        for first, numbers in sorted(together.items())
    ]


def _heads(figures: int, classes: Iterable[tuple[tuple[int, int], ...]]) -> list[int]:
    """For each figure, the first figure that it is tied to."""
    classes_of: list[list[int]] = [[] for _ in range(figures)]
    for class_number, column in enumerate(classes):
        for figure, _ in column:
            classes_of[figure].append(class_number)
    return first_connected(classes_of)


def _component(
    figures: Sequence[tuple[int, PublishedFigure]],
    classes: Sequence[tuple[tuple[tuple[int, int], ...], list[Atom]]],
    truth: Mapping[Atom, AtomCounts],
) -> Component:
    place = {number: position for position, (number, _) in enumerate(figures)}
    rows: list[dict[int, int]] = [{} for _ in figures]
    for number, (column, _) in enumerate(classes):
        for figure, coefficient in column:
            rows[place[figure]][number] = coefficient
    return Component(
        tuple(figure for _, figure in figures),
        tuple(rows),
        tuple(frozenset(atoms) for _, atoms in classes),
        tuple(sum_of_atoms(truth[atom] for atom in atoms) for _, atoms in classes),
    )
