"""The dynamic programme against every partition of its family, made one by one from raw persons."""

from collections.abc import Iterable, Sequence
from itertools import pairwise, product

from hypothesis import given, settings
from hypothesis import strategies as st

from anonymisation.cells.age_blocks import SideBlocks
from anonymisation.cells.anchor_grid import AnchorGrid
from anonymisation.cells.block_optimum import BlockOptimum
from anonymisation.cells.disclosure import Rules
from anonymisation.cells.quality import gcp
from anonymisation.cells.recoding import recode
from anonymisation.hierarchies.hierarchy import Hierarchy, OrderedBands, Tree, flat_categories
from tests.worlds.person_weeks import PersonWeek, are_anonymous, leaf_cells_of

TREE = Tree(
    [
        ("all", "world", None),
        ("a", "country", "all"),
        ("b", "country", "all"),
        ("c", "country", "all"),
        *((code, "subdivision", code[0]) for code in ("a1", "a2", "a3", "b1", "b2", "c1")),
    ]
)
BANDS = OrderedBands(["p", "q", "r"], [0, 10, 20])
DEVICES = flat_categories(["d", "m", "t"])
Partition = list[tuple[tuple[str, ...], ...]]


class Family:
    """All partitions that docs and docstring allow, found by trying; shares no code with the recoding.

    A side is an interval of bands, and, where there are two, devices: each of them or all.
    """

    def __init__(self, persons: Sequence[PersonWeek], rules: Rules, *, fitted: bool = False) -> None:
        self.persons, self.rules, self.fitted = persons, rules, fitted

    def inside(self, nodes: Sequence[str], *sides: Sequence[str]) -> list[PersonWeek]:
        leaves = {leaf for node in nodes for leaf in TREE.nodes[node].leaves}
        return [
            p
            for p in self.persons
            if p.codes[0] in leaves and all(code in side for code, side in zip(p.codes[1:], sides, strict=True))
        ]

    def is_safe(self, nodes: Sequence[str], *sides: Sequence[str]) -> bool:
        return are_anonymous(self.inside(nodes, *sides), self.rules.k, self.rules.dominance_p)

    def partitions(self, nodes: tuple[str, ...], *sides: tuple[str, ...], is_rest: bool = False) -> list[Partition]:
        found: list[Partition] = []
        if not self.inside(nodes, *sides):
            return [[]]
        if self.is_safe(nodes, *sides):
            found.append([(nodes, *sides)])
        bands, *kinds = sides
        for cut in range(1, len(bands)):
            young, old = (bands[:cut], *kinds), (bands[cut:], *kinds)
            if self.fitted or (self.inside(nodes, *young) and self.inside(nodes, *old)):
                found.extend(self.together(self.partitions(nodes, *part, is_rest=is_rest) for part in (young, old)))
        if kinds and len(kinds[0]) > 1:
            found.extend(self.together(self.partitions(nodes, bands, (kind,), is_rest=is_rest) for kind in kinds[0]))
        children = TREE.nodes[nodes[0]].children
        if not is_rest and children:
            found.extend(self.split(children, *sides))
        return found

    def together(self, ways: Iterable[list[Partition]]) -> list[Partition]:
        return [[cell for part in choice for cell in part] for choice in product(*ways)]

    def split(self, children: tuple[str, ...], *sides: tuple[str, ...]) -> list[Partition]:
        alone = [child for child in children if self.is_safe((child,), *sides)]
        while alone:
            rest = tuple(child for child in children if child not in alone)
            if not self.inside(rest, *sides) or self.is_safe(rest, *sides):
                ways = [self.partitions((child,), *sides) for child in alone]
                ways.append(self.partitions(rest, *sides, is_rest=True))
                return self.together(ways)
            alone.remove(min(alone, key=lambda child: (len(self.inside((child,), *sides)), child)))
        return []

    def loss(self, partition: Partition) -> float:
        """GCP by its definition, from the persons in each cell."""
        lost = 0.0
        for nodes, *sides in partition:
            leaves = sum(len(TREE.nodes[node].leaves) for node in nodes)
            covered = [(leaves, len(TREE.leaves)), *zip(map(len, sides), (3, 3), strict=False)]
            persons = len(self.inside(nodes, *sides))
            lost += persons * sum((count - 1) / (most - 1) for count, most in covered) / len(covered)
        return lost / len(self.persons)


CODES = st.tuples(st.sampled_from(TREE.leaves), st.sampled_from(BANDS.leaves))
PERSONS = st.builds(
    PersonWeek, CODES, st.one_of(st.integers(0, 9), st.sampled_from([1, 500])), st.sampled_from([1, 2, 3, 90])
)


ANYBODY = st.lists(PERSONS, min_size=1, max_size=24)


def check(persons: Sequence[PersonWeek], hierarchies: Sequence[Hierarchy], rules: Rules, *, fitted: bool) -> None:
    family = Family(persons, rules, fitted=fitted)
    every = family.partitions(("all",), *(hierarchy.leaves for hierarchy in hierarchies[1:]))
    cells = recode(leaf_cells_of(persons), hierarchies, rules, aligned=False, fitted=fitted)
    if cells is None:
        assert every == []
        return
    assert abs(gcp(cells, hierarchies) - min(map(family.loss, every))) < 1e-12


@settings(max_examples=150)
@given(ANYBODY, st.integers(2, 4), st.sampled_from([0, 10, 50]), st.booleans())
def test_no_partition_of_the_family_loses_less(persons, k, p, fitted):
    check(persons, (TREE, BANDS), Rules(k, p), fitted=fitted)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(PERSONS, st.sampled_from(DEVICES.leaves)), min_size=1, max_size=9), st.booleans())
def test_so_it_is_with_ages_and_devices(persons, fitted):
    placed = [PersonWeek((*person.codes, device), person.measure, person.sessions) for person, device in persons]
    check(placed, (TREE, BANDS, DEVICES), Rules(2, 10), fitted=fitted)


@settings(max_examples=150)
@given(ANYBODY, st.integers(2, 4), st.booleans())
def test_every_band_is_in_a_cell_whether_anybody_is_in_it_or_not(persons, k, aligned):
    cells = recode(leaf_cells_of(persons), (TREE, BANDS), Rules(k, 0), aligned=aligned)
    if cells is not None:
        assert {band for cell in cells for band in cell.groups[1].leaves} == set(BANDS.leaves)


class Grids:
    """All grids (ways to cut the ages x ways to group the regions), with their loss by height in the hierarchy."""

    def __init__(self, persons: Sequence[PersonWeek], rules: Rules) -> None:
        self.family = Family(persons, rules)

    def fits(self, nodes: Sequence[str], intervals: Sequence[Sequence[str]]) -> bool:
        return all(not self.family.inside(nodes, i) or self.family.is_safe(nodes, i) for i in intervals)

    def region_losses(self, node: str, height: int, intervals: Sequence[Sequence[str]]) -> list[float]:
        persons = len(self.family.inside((node,), BANDS.leaves))
        children = TREE.nodes[node].children
        losses = [persons * height / 2] if self.fits((node,), intervals) else []
        alone = [c for c in children if self.family.inside((c,), BANDS.leaves) and self.fits((c,), intervals)]
        while alone:
            rest = [child for child in children if child not in alone]
            there = len(self.family.inside(rest, BANDS.leaves)) if rest else 0
            if not there or self.fits(rest, intervals):
                of_rest = there * ((height - 1) + (len(rest) - 1) / max(1, len(children) - 1)) / 2
                ways = [self.region_losses(child, height - 1, intervals) for child in alone]
                return losses + [of_rest + sum(choice) for choice in product(*ways)]
            alone.remove(min(alone, key=lambda c: (len(self.family.inside((c,), BANDS.leaves)), c)))
        return losses

    def least(self) -> float:
        found = []
        for cuts in ((), (1,), (2,), (1, 2)):
            bounds = [0, *cuts, 3]
            intervals = [BANDS.leaves[first:end] for first, end in pairwise(bounds)]
            if not all(self.family.inside(("all",), i) for i in intervals):
                continue
            ages = sum(len(self.family.inside(("all",), i)) * (len(i) - 1) / 2 for i in intervals)
            found += [ages + loss for loss in self.region_losses("all", 2, intervals)]
        return min(found)


@settings(max_examples=100)
@given(st.lists(PERSONS, min_size=6, max_size=24), st.integers(2, 4), st.sampled_from([0, 10]))
def test_no_grid_of_safe_blocks_loses_less(persons, k, p):
    rules = Rules(k, p)
    if not are_anonymous(persons, k, p):
        return
    sides = SideBlocks([BANDS], [{person.codes[1] for person in persons}])
    blocks = AnchorGrid(BlockOptimum(TREE, sides, leaf_cells_of(persons), rules)).blocks()
    lost = 0.0
    for block, side in blocks:
        (bands,) = sides.groups_of(side)
        inside = Family(persons, rules).inside(block.codes, bands)
        assert are_anonymous(inside, k, p)
        lost += len(inside) * (height_of(block.codes) / 2 + (len(bands) - 1) / 2)
    assert sum(len(Family(persons, rules).inside(b.codes, sides.groups_of(s)[0])) for b, s in blocks) == len(persons)
    assert abs(lost - Grids(persons, rules).least()) < 1e-3  # heights are millionths


def height_of(codes: Sequence[str]) -> float:
    level = {"world": 2, "country": 1, "subdivision": 0}[TREE.nodes[codes[0]].level]
    siblings = len(TREE.nodes[TREE.nodes[codes[0]].parent].children) if codes != ("all",) else 1
    return level + (len(codes) - 1) / max(1, siblings - 1)
