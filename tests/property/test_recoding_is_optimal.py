"""The dynamic programme against every partition of its family, made one by one from raw persons."""

from collections.abc import Sequence
from itertools import pairwise, product

from hypothesis import given, settings
from hypothesis import strategies as st

from anonymisation.anchor_grid import AnchorGrid
from anonymisation.block_optimum import BlockOptimum
from anonymisation.disclosure import Rules
from anonymisation.hierarchy import OrderedBands, Tree
from anonymisation.quality import gcp
from anonymisation.recoding import recode
from anonymisation.side_blocks import SideBlocks
from tests.person_weeks import PersonWeek, is_anonymous, leaf_cells_of

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
Partition = list[tuple[tuple[str, ...], tuple[str, ...]]]


class Family:
    """All partitions that docs and docstring allow, found by trying; shares no code with the recoding."""

    def __init__(self, persons: Sequence[PersonWeek], rules: Rules) -> None:
        self.persons, self.rules = persons, rules

    def measures(self, nodes: Sequence[str], bands: Sequence[str]) -> list[int]:
        leaves = {leaf for node in nodes for leaf in TREE.nodes[node].leaves}
        return [p.measure for p in self.persons if p.codes[0] in leaves and p.codes[1] in bands]

    def is_safe(self, nodes: Sequence[str], bands: Sequence[str]) -> bool:
        return is_anonymous(self.measures(nodes, bands), self.rules.k, self.rules.dominance_p)

    def partitions(self, nodes: tuple[str, ...], bands: tuple[str, ...], is_rest: bool = False) -> list[Partition]:
        found: list[Partition] = []
        if not self.measures(nodes, bands):
            return [[]]
        if self.is_safe(nodes, bands):
            found.append([(nodes, bands)])
        for cut in range(1, len(bands)):
            young = self.partitions(nodes, bands[:cut], is_rest)
            old = self.partitions(nodes, bands[cut:], is_rest)
            found.extend(left + right for left, right in product(young, old))
        children = TREE.nodes[nodes[0]].children
        if not is_rest and children:
            found.extend(self.split(children, bands))
        return found

    def split(self, children: tuple[str, ...], bands: tuple[str, ...]) -> list[Partition]:
        alone = [child for child in children if self.is_safe((child,), bands)]
        while alone:
            rest = tuple(child for child in children if child not in alone)
            if not self.measures(rest, bands) or self.is_safe(rest, bands):
                ways = [self.partitions((child,), bands) for child in alone]
                ways.append(self.partitions(rest, bands, is_rest=True))
                return [[cell for part in choice for cell in part] for choice in product(*ways)]
            alone.remove(min(alone, key=lambda child: (len(self.measures((child,), bands)), child)))
        return []

    def loss(self, partition: Partition) -> float:
        """GCP by its definition, from the persons in each cell."""
        lost = 0.0
        for nodes, bands in partition:
            leaves = sum(len(TREE.nodes[node].leaves) for node in nodes)
            persons = len(self.measures(nodes, bands))
            lost += persons * ((leaves - 1) / (len(TREE.leaves) - 1) + (len(bands) - 1) / (len(BANDS.leaves) - 1)) / 2
        return lost / len(self.persons)


CODES = st.tuples(st.sampled_from(TREE.leaves), st.sampled_from(BANDS.leaves))
PERSONS = st.builds(PersonWeek, CODES, st.one_of(st.integers(0, 9), st.sampled_from([1, 500])))


@settings(max_examples=150)
@given(st.lists(PERSONS, min_size=1, max_size=24), st.integers(2, 4), st.sampled_from([0, 10, 50]))
def test_no_partition_of_the_family_loses_less(persons, k, p):
    rules = Rules(k, p)
    family = Family(persons, rules)
    every = family.partitions(("all",), BANDS.leaves)
    cells = recode(leaf_cells_of(persons), (TREE, BANDS), rules, aligned=False)
    if cells is None:
        assert every == []
    else:
        least = min(map(family.loss, every))
        assert abs(gcp(cells, (TREE, BANDS)) - least) < 1e-12


class Grids:
    """All grids (ways to cut the ages x ways to group the regions), with their loss by height in the hierarchy."""

    def __init__(self, persons: Sequence[PersonWeek], rules: Rules) -> None:
        self.family = Family(persons, rules)

    def fits(self, nodes: Sequence[str], intervals: Sequence[Sequence[str]]) -> bool:
        return all(not self.family.measures(nodes, i) or self.family.is_safe(nodes, i) for i in intervals)

    def span(self, bands: Sequence[str]) -> int:
        """Bands from the first to the last one with a person: empty ends are empty blocks."""
        held = [number for number, band in enumerate(bands) if self.family.measures(("all",), (band,))]
        return held[-1] - held[0] + 1 if held else 1

    def region_losses(self, node: str, height: int, intervals: Sequence[Sequence[str]]) -> list[float]:
        persons = len(self.family.measures((node,), BANDS.leaves))
        children = TREE.nodes[node].children
        losses = [persons * height / 2] if self.fits((node,), intervals) else []
        alone = [c for c in children if self.family.measures((c,), BANDS.leaves) and self.fits((c,), intervals)]
        while alone:
            rest = [child for child in children if child not in alone]
            there = len(self.family.measures(rest, BANDS.leaves)) if rest else 0
            if not there or self.fits(rest, intervals):
                of_rest = there * ((height - 1) + (len(rest) - 1) / max(1, len(children) - 1)) / 2
                ways = [self.region_losses(child, height - 1, intervals) for child in alone]
                return losses + [of_rest + sum(choice) for choice in product(*ways)]
            alone.remove(min(alone, key=lambda c: (len(self.family.measures((c,), BANDS.leaves)), c)))
        return losses

    def least(self) -> float:
        found = []
        for cuts in ((), (1,), (2,), (1, 2)):
            bounds = [0, *cuts, 3]
            intervals = [BANDS.leaves[first:end] for first, end in pairwise(bounds)]
            ages = sum(len(self.family.measures(("all",), i)) * (self.span(i) - 1) / 2 for i in intervals)
            found += [ages + loss for loss in self.region_losses("all", 2, intervals)]
        return min(found)


@settings(max_examples=100)
@given(st.lists(PERSONS, min_size=6, max_size=24), st.integers(2, 4), st.sampled_from([0, 10]))
def test_no_grid_of_safe_blocks_loses_less(persons, k, p):
    rules, everyone = Rules(k, p), [person.measure for person in persons]
    if not is_anonymous(everyone, k, p):
        return
    sides = SideBlocks([BANDS], [{person.codes[1] for person in persons}])
    blocks = AnchorGrid(BlockOptimum(TREE, sides, leaf_cells_of(persons), rules)).blocks()
    lost = 0.0
    for block, side in blocks:
        (bands,) = sides.groups_of(side)
        measures = Family(persons, rules).measures(block.codes, bands)
        assert is_anonymous(measures, k, p)
        lost += len(measures) * (height_of(block.codes) / 2 + (len(bands) - 1) / 2)
    assert sum(len(Family(persons, rules).measures(b.codes, sides.groups_of(s)[0])) for b, s in blocks) == len(persons)
    assert abs(lost - Grids(persons, rules).least()) < 1e-3  # heights are millionths


def height_of(codes: Sequence[str]) -> float:
    level = {"world": 2, "country": 1, "subdivision": 0}[TREE.nodes[codes[0]].level]
    siblings = len(TREE.nodes[TREE.nodes[codes[0]].parent].children) if codes != ("all",) else 1
    return level + (len(codes) - 1) / max(1, siblings - 1)
