"""Where a merged age group ends: can whoever knows the recoding conclude that somebody is in the band at its end?

The attacker excludes every week under which other rows would have been published. "Nobody is in that band" is not
excluded as soon as one week is found in which that is so and which is published as the same rows. It is looked for as
follows: whoever is in the band is put elsewhere in the same cell, so that the cell stays as it is, in several ways, and
the week is recoded again. What no such week is found for counts as told.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import pytest

from anonymisation.cells.disclosure import Rules
from anonymisation.cells.leaf_cell import Cell, LeafCell
from anonymisation.cells.recoding import recode
from tests.worlds.person_weeks import AGE_LABELS, PersonWeek, leaf_cells_of
from tests.worlds.populations import HIERARCHIES, POPULATIONS

RULES = Rules(k=10, dominance_p=10)
ENDS_TRIED = 20  # a population; drawn at random
RANDOM_WAYS = 2

Leaves = dict[tuple[str, ...], list[PersonWeek]]
Recode = Callable[[list[LeafCell]], list[Cell] | None]
recode_week = partial(recode, hierarchies=HIERARCHIES, rules=RULES)


@dataclass(frozen=True)
class End:
    """One end of one merged interval: what the cell covers (region, band), and the band at the end."""

    inside: tuple[tuple[str, str], ...]
    band: str
    neighbour: str


@dataclass(frozen=True)
class Told:
    """How many ends were tried; of each that is told, how many persons are in its band; all ends for a cell."""

    tried: int
    persons: tuple[int, ...]
    ends_a_cell: float

    @property
    def percent(self) -> float:
        return 100 * len(self.persons) / max(1, self.tried)

    def of_a_thousand_cells(self, *, most: int) -> float:
        """Ends that tell of one to `most` persons."""
        return 1000 * self.ends_a_cell * sum(count <= most for count in self.persons) / max(1, self.tried)


class Week:
    """A week whose persons may be moved; leaf cells are made anew only where somebody was moved."""

    def __init__(self, persons: list[PersonWeek]) -> None:
        self.persons: Leaves = defaultdict(list)
        for person in persons:
            self.persons[person.codes].append(person)
        self.leaf_of = {codes: leaf_cells_of(members)[0] for codes, members in self.persons.items()}

    def published(self, recoding: Recode, moved: Leaves | None = None) -> set[tuple[object, ...]]:
        """What is told of the week, were these leaves as in `moved`."""
        moved = moved or {}
        leaves = [leaf for codes, leaf in self.leaf_of.items() if codes not in moved]
        for members in moved.values():
            leaves += leaf_cells_of(members)
        return rows_of(recoding(leaves) or [])

    def in_band(self, end: End) -> int:
        return sum(len(self.persons.get(codes, ())) for codes in end.inside if codes[1] == end.band)


def rows_of(cells: list[Cell]) -> set[tuple[object, ...]]:
    return {(*(group.leaves for group in cell.groups), cell.persons, cell.measure, cell.counts) for cell in cells}


def ends_of(cells: list[Cell]) -> list[End]:
    found = []
    for cell in cells:
        regions, ages = (group.leaves for group in cell.groups)
        if len(ages) > 1:
            inside = tuple((region, age) for region in regions for age in ages)
            found += [End(inside, ages[0], ages[1]), End(inside, ages[-1], ages[-2])]
    return found


def weeks_without(week: Week, end: End, chance: random.Random) -> Iterator[Leaves]:
    """The cell's persons, placed otherwise, nobody in the band."""
    held = {codes: week.persons[codes] for codes in end.inside if codes in week.persons}
    leaving = [person for codes, members in held.items() for person in members if codes[1] == end.band]
    staying = {codes: members for codes, members in held.items() if codes[1] != end.band}
    others = [codes for codes in end.inside if codes[1] != end.band]
    by_band = Counter(codes[1] for codes, members in staying.items() for _ in members)
    fullest = max(by_band, key=lambda band: (by_band[band], band), default=end.neighbour)
    yield placed(staying, [((person.codes[0], end.neighbour), person) for person in leaving], held)
    yield placed(staying, [((person.codes[0], fullest), person) for person in leaving], held)
    for _ in range(RANDOM_WAYS):
        yield placed(staying, [(chance.choice(others), person) for person in leaving], held)
    everyone = [person for members in held.values() for person in members]
    for places in (others, list(staying) or others):
        chance.shuffle(everyone)
        yield placed({}, [(places[n % len(places)], person) for n, person in enumerate(everyone)], held)


def placed(staying: Leaves, coming: list[tuple[tuple[str, str], PersonWeek]], held: Leaves) -> Leaves:
    moved: Leaves = {codes: list(staying.get(codes, ())) for codes in held}
    for codes, person in coming:
        moved.setdefault(codes, []).append(PersonWeek(codes, person.measure, person.sessions))
    return moved


def told_by_ends(persons: list[PersonWeek], recoding: Recode, tries: int = ENDS_TRIED) -> Told:
    week, chance = Week(persons), random.Random(9)  # noqa: S311
    cells = recoding(list(week.leaf_of.values())) or []
    published, ends = week.published(recoding), ends_of(cells)
    tried = chance.sample(ends, min(tries, len(ends)))
    told = [
        week.in_band(end)
        for end in tried
        if week.in_band(end)
        and not any(week.published(recoding, moved) == published for moved in weeks_without(week, end, chance))
    ]
    return Told(len(tried), tuple(told), len(ends) / len(cells))


@pytest.fixture(scope="module")
def told() -> dict[str, Told]:
    return {name: told_by_ends(population.week(), recode_week) for name, population in POPULATIONS.items()}


@pytest.mark.parametrize("name", POPULATIONS)
def test_no_end_tells_of_a_single_person_and_next_to_none_of_fewer_than_ten(told, name):
    assert told[name].tried > 0
    assert told[name].of_a_thousand_cells(most=1) == 0
    assert told[name].of_a_thousand_cells(most=9) <= 46


def test_of_all_ends_few_tell_that_anybody_is_there(told):
    """Those that do are bands that most of their cell is in: ten and more persons, whom no other place would hide."""
    assert 100 * sum(len(one.persons) for one in told.values()) <= 26 * sum(one.tried for one in told.values())


@pytest.mark.parametrize("name", ["thin, 700 people", "120 people", "10,000 people"])
def test_intervals_that_are_fitted_to_who_came_are_found_to_tell_it(name):
    """Planted: empty bands are cut off. Then every end tells that somebody is there, and often that it is one."""
    told = told_by_ends(POPULATIONS[name].week(), partial(recode_week, fitted=True), tries=5)
    assert told.percent == 100


def test_a_single_person_in_the_youngest_band_of_the_week_is_not_told():
    """Everyone else is at least 18: with the one, and with nobody, the same rows."""
    persons = [PersonWeek(("NL-GE", band), 60, 2) for band in AGE_LABELS[2:] for _ in range(20)]
    one = PersonWeek(("NL-GE", "0-15"), 60, 2)
    other = PersonWeek(("NL-GE", "18-24"), 60, 2)
    with_one, with_none = (rows_of(recode_week(leaf_cells_of([*persons, added]))) for added in (one, other))
    assert with_one == with_none
    fitted = [rows_of(recode_week(leaf_cells_of([*persons, added]), fitted=True)) for added in (one, other)]
    assert fitted[0] != fitted[1]
