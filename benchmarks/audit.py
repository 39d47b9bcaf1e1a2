"""The release audit over a year of weeks of the demonstration's size: what it checks, what it finds, what it takes.

Every week: the choice of its cells under the minimality attack, the core cube over its leaf cells, and the side marts
over its persons. Then everything that left together: 52 weeks of cells, and a sum of whole cells a quarter. Last, a
table whose small cells were merely withheld, for what the linear programmes get back of it.
"""

import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial

import numpy as np

from anonymisation.audit.atoms import AtomCounts, PublishedFigure, atoms_of_leaf_cells, figures_of_cells
from anonymisation.audit.audit import audit, audit_release
from anonymisation.audit.count_step import CountStep
from anonymisation.audit.minutes import MINUTE_US
from anonymisation.cells.disclosure import Rules
from anonymisation.cells.leaf_cell import Cell, LeafCell
from anonymisation.cells.minimality_merging import try_choice
from anonymisation.cells.recoding import members_of, recode
from anonymisation.cells.unions import finest_unions
from anonymisation.hierarchies.hierarchy import ordered_bands, region_hierarchy
from anonymisation.sides.person_slots import Division, PersonSlots, numbered_by_slots
from anonymisation.sides.side_audit import Side, SideMarts
from anonymisation.sides.side_choice import choose_sides

WEEKS, PERSONS = 52, 9_500
RULES = Rules(10, 10)
STEP = CountStep(10)
AGES = ["0-15", "16-17", "18-24", "25-34", "35-44", "45-54", "55-64", "65+"]
FIRST_YEARS = [0, 16, 18, 25, 35, 45, 55, 65]
AGE_WEIGHTS = np.array([1.2, 1.5, 14, 24, 21, 17, 13, 8.3])
REGION_WEIGHTS = {
    "NL-ZH": 370, "NL-NH": 290, "NL-NB": 260, "NL-GE": 210, "NL-UT": 140, "NL-OV": 120, "NL-LI": 110, "NL-FR": 65,
    "NL-GR": 59, "NL-DR": 50, "NL-FL": 43, "NL-ZE": 38, "NL-?": 40, "BE-VLG": 80, "BE-BRU": 18, "BE-WAL": 20,
    "DE-NW": 40, "DE-NI": 20, "FR-IDF": 30, "GB-ENG": 50, "TR-34": 25, "SR-PM": 30, "ES-MD": 8, "??": 20,
}  # fmt: skip
HOUR_STARTS = [
    *range(0, 24, 4),
    *range(24, 48, 6),
]  # parts of the day told of every union: weekdays in six, weekends in four
LENGTH_PARTS = 4
HIERARCHIES = (region_hierarchy(), ordered_bands(AGES, FIRST_YEARS))


class Week:
    """Made-up persons of one week, and what is published of them."""

    def __init__(self, number: int) -> None:
        draw = np.random.default_rng(number)
        regions, weights = list(REGION_WEIGHTS), np.array(list(REGION_WEIGHTS.values()), dtype=float)
        self.region = draw.choice(len(regions), PERSONS, p=weights / weights.sum())
        self.age = draw.choice(len(AGES), PERSONS, p=AGE_WEIGHTS / AGE_WEIGHTS.sum())
        person = np.repeat(np.arange(PERSONS), draw.geometric(0.28, PERSONS))
        duration = (draw.lognormal(6, 1.3, len(person)) * 1e6).astype(np.int64).clip(max=6 * 60 * MINUTE_US)
        self.block = f"app week {number}"
        self.leaves = self._leaves(regions, person, duration)
        self.recode = partial(recode, hierarchies=HIERARCHIES, rules=RULES, aligned=True)
        started = time.process_time()
        self.choice = try_choice(self.leaves, self.recode(self.leaves) or [], self.recode, HIERARCHIES, RULES)
        self.seconds_of_choice = time.process_time() - started
        self.cells = self.choice.cells
        self.atoms = atoms_of_leaf_cells(self.block, self.leaves, ("sessions",))
        self.figures = figures_of_cells(self.block, "usage", self.cells, self.atoms, ("sessions",), MINUTE_US)
        self.marts = self._marts(regions, person, duration, draw)

    def _leaves(self, regions: list[str], person: np.ndarray, duration: np.ndarray) -> list[LeafCell]:
        sessions, measure = np.bincount(person), np.bincount(person, duration).astype(np.int64)
        key = self.region * len(AGES) + self.age
        leaves = []
        for code in np.unique(key):
            held = np.sort(measure[key == code])[::-1]
            top = [*held[:2].tolist(), 0]
            often = [*np.sort(sessions[key == code])[::-1][:2].tolist(), 0]
            codes = (regions[code // len(AGES)], AGES[code % len(AGES)])
            count = (int(sessions[key == code].sum()),)
            leaves.append(LeafCell(codes, len(held), int(held.sum()), top[0], top[1], count, ((often[0], often[1]),)))
        return leaves

    def _marts(
        self, regions: list[str], person: np.ndarray, duration: np.ndarray, draw: np.random.Generator
    ) -> SideMarts:
        described = [tuple(group.leaves for group in cell.groups) for cell in self.cells]
        members = members_of(described, [leaf.codes for leaf in self.leaves])
        cell_of = {self.leaves[leaf].codes: number for number, inside in enumerate(members) for leaf in inside}
        cell = np.array([cell_of[regions[r], AGES[a]] for r, a in zip(self.region, self.age, strict=True)])
        position = (draw.normal(15, 5, len(person)).astype(np.int64) % 24) + 24 * (draw.random(len(person)) < 2 / 7)
        hour = np.searchsorted(HOUR_STARTS, position, side="right") - 1
        length = np.searchsorted([1, 5, 15], duration // MINUTE_US, side="right")
        slots = PersonSlots(person, cell[person], (hour, length), np.ones_like(person), duration)
        numbers = {id(one): number for number, one in enumerate(self.cells)}

        def divisions(dimension: int, parts: int) -> list[Division]:
            unions = finest_unions(self.cells, dimension)
            return [_division(u.group.label, sorted(numbers[id(c)] for c in u.cells), parts) for u in unions]

        names = [", ".join(group.label for group in one.groups) for one in self.cells]
        sides = [Side(divisions(0, len(HOUR_STARTS))), Side(divisions(1, LENGTH_PARTS))]
        return SideMarts(self.cells, names, sides, numbered_by_slots(slots), STEP)


def _division(name: str, cells: list[int], parts: int) -> Division:
    return Division(name, tuple(cells), tuple(f"{name}, part {part}" for part in range(parts)))


def quarters(weeks: list[Week]) -> list[PublishedFigure]:
    """A release: everyone, a quarter each, summed over whole cells."""
    figures = []
    for first in range(0, len(weeks), 13):
        inside = weeks[first : first + 13]
        cells: list[Cell] = [cell for week in inside for cell in week.cells]
        total = sum(cell.persons for cell in cells)
        atoms = {atom: 1 for week in inside for atom in week.atoms}
        figures.append(PublishedFigure(f"release quarter {first // 13 + 1}", atoms, {"persons": (total, total)}))
    return figures


def withheld() -> tuple[list[PublishedFigure], dict[tuple[str, ...], AtomCounts]]:
    """150 regions x 11 ages with margins, the cells under ten left out: what no recoding here does."""
    draw = np.random.default_rng(1)
    table = 1 + draw.poisson(
        np.outer(draw.lognormal(4.7, 0.7, 150), [1.5, 1.4, 1.3, 1.2, 1.1, 1, 0.9, 0.7, 0.5, 0.4, 0.3])
    )
    truth: dict[tuple[str, ...], AtomCounts] = {
        ("w", str(r), str(a)): AtomCounts(int(n)) for (r, a), n in np.ndenumerate(table)
    }
    told = {f"cell {r} {a}": [(r, a)] for (r, a), n in np.ndenumerate(table) if n >= RULES.k}
    told |= {f"region {r}": [(r, a) for a in range(table.shape[1])] for r in range(table.shape[0])}
    told |= {f"age {a}": [(r, a) for r in range(table.shape[0])] for a in range(table.shape[1])}
    figures = []
    for name, places in told.items():
        total = int(sum(table[place] for place in places))
        figures.append(
            PublishedFigure(name, {("w", str(r), str(a)): 1 for r, a in places}, {"persons": (total, total)})
        )
    return figures, truth


def main(say: Callable[[str], None] = print) -> int:
    """Prints what was checked and how long each step took."""
    spent: dict[str, float] = defaultdict(float)
    weeks, undivided, parts, small, merged, unproven = [], 0, 0, 0, 0, 0
    for number in range(WEEKS):
        week = Week(number)
        started = time.monotonic()
        audit_release(week.figures, (), week.atoms, RULES)
        spent["cells"] += time.monotonic() - started
        started = time.monotonic()
        undivided += len(choose_sides(week.marts, RULES).not_divided)
        spent["side marts"] += time.monotonic() - started
        parts += sum(len(side.divisions) for side in week.marts.sides)
        spent["choice"] += week.seconds_of_choice
        small, merged = small + week.choice.small, merged + week.choice.merged
        unproven += week.choice.unproven
        weeks.append(week)
    say(f"{WEEKS} weeks of {PERSONS:,} persons, {sum(len(week.cells) for week in weeks):,} cells")
    say(f"core cubes           {spent['cells']:8.1f} s   no leak")
    say(f"side marts           {spent['side marts']:8.1f} s   {undivided} of {parts} unions told undivided")
    say(
        f"choice of cells      {spent['choice']:8.1f} s   of {small} small merged leaves {merged} merged further,"
        f" {unproven} left unproven"
    )
    atoms = {atom: counts for week in weeks for atom, counts in week.atoms.items()}
    report = audit_release(quarters(weeks), [figure for week in weeks for figure in week.figures], atoms, RULES)
    checked = ", ".join(f"{count:,} {what}" for what, count in sorted(report.checked.items()))
    say(f"year and quarters    {report.seconds:8.1f} s   no leak; {checked}; unproven {len(report.unproven)}")
    figures, truth = withheld()
    report = audit(figures, truth, RULES)
    few = {"/".join(atom) for atom, counts in truth.items() if counts.persons < RULES.k}
    back = few & {leak.about for leak in report.leaks}
    say(f"cells merely withheld{report.seconds:8.1f} s   {len(back)} of {len(few)} got back by margins")
    return 0
